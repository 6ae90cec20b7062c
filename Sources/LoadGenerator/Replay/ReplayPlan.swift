// What a role needs to play its part of a trace: its sessions, the streams of its figures, and requests laid out from the trace
// with the names and versions that hold in this run.

internal import Statistics
internal import Workload

final class ReplayPlan {
    let script: ReplayScript
    let book: ReplayBook
    let replay: Replay
    /// Sessions of the trace, by the role's clients.
    let sessions: [Int]
    /// By kind of operation.
    private let streams: [Int16]
    /// Laid out anew for each request; keeps its memory.
    @exclusivity(unchecked) private var builder = FrameBuilder()
    private let root: [UInt8]

    init(_ script: ReplayScript, _ book: ReplayBook, _ replay: Replay, builder: inout PlanBuilder, role: Int) {
        self.script = script
        self.book = book
        self.replay = replay
        sessions = script.sessions[role]
        var streams = [Int16](repeating: -1, count: 16)
        for session in sessions {
            for index in script.requests[session] {
                let kind = script.trace.operations[index].kind
                guard let measured = kind.measured, streams[Int(kind.rawValue)] < 0 else { continue }
                streams[Int(kind.rawValue)] = builder.stream(measured, role: role)
            }
        }
        self.streams = streams
        root = Array(replay.root.utf8)
    }

    var isAsFastAsItGets: Bool { replay.speed == .max }

    func stream(of kind: TraceOperation.Kind) -> Int16 { streams[Int(kind.rawValue)] }

    /// A slot that the request needs and that is still open; nil if it can go out.
    func obstacle(_ index: Int) -> Int32? {
        for place in index...(index + script.trace.operations[index].parts) {
            let links = script.links[place]
            if book.isOpen(links.name) { return links.name }
            if book.isOpen(links.version) { return links.version }
        }
        return nil
    }

    /// The request as a frame whose length and xid are still to be filled in; valid inside of `body`.
    func withFrame<Result>(_ index: Int, filler: [UInt8], _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let operation = script.trace.operations[index]
        builder.begin(opCode: operation.kind.opCode)
        if operation.kind == .multi {
            for part in (index + 1)..<(index + 1 + operation.parts) {
                builder.appendHead(script.trace.operations[part].kind.opCode, isEnd: false, error: -1)
                append(part, filler)
            }
            builder.appendHead(MultiWire.error, isEnd: true, error: -1)
        } else {
            append(index, filler)
        }
        return builder.bytes.withUnsafeBytes(body)
    }

    private func append(_ index: Int, _ filler: [UInt8]) {
        let operation = script.trace.operations[index]
        if operation.kind.hasPath { appendPath(operation, script.links[index]) }
        switch operation.kind {
        case .create:
            builder.append(buffer: filler[..<operation.size])
            builder.appendOpenACL()
            builder.append(operation.mode.rawValue)
        case .set:
            builder.append(buffer: filler[..<operation.size])
            builder.append(version(of: operation, script.links[index]))
        case .delete, .check: builder.append(version(of: operation, script.links[index]))
        case .exists, .get, .list: builder.append(flag: operation.watches)
        case .sync, .multi, .close: break
        }
    }

    private func appendPath(_ operation: TraceOperation, _ links: ReplayLinks) {
        let recorded = operation.path.utf8
        guard links.name >= 0 else { return builder.append(root, recorded[...]) }
        if case .name(let name) = book.slot(links.name) {
            book.accounting.names += 1
            builder.append(name, recorded.dropFirst(Int(links.nameCount)))
        } else {
            book.accounting.untold += 1
            builder.append(root, recorded[...])
        }
    }

    /// Where nothing is known of the recorded one, a request that was carried out goes out for any version.
    private func version(of operation: TraceOperation, _ links: ReplayLinks) -> Int32 {
        guard operation.version >= 0 else { return -1 }
        guard links.version >= 0 else {
            book.accounting.unknownVersions += 1
            return operation.outcome?.error == 0 ? -1 : operation.version
        }
        if case .version(let version) = book.slot(links.version) {
            book.accounting.versions += 1
            return version
        }
        book.accounting.untold += 1
        return operation.version
    }
}

extension FrameBuilder {
    /// A path in two pieces; the root of the tree stands for nothing where another one comes before it.
    fileprivate mutating func append(_ begin: [UInt8], _ rest: Substring.UTF8View) {
        let isRoot = !begin.isEmpty && rest.elementsEqual("/".utf8)
        append(Int32(begin.count + (isRoot ? 0 : rest.count)))
        append(bytes: begin)
        if !isRoot { append(bytes: rest) }
    }
}

extension TraceOperation.Kind {
    var opCode: Int32 {
        switch self {
        case .create: OpCode.create
        case .delete: OpCode.delete
        case .exists: OpCode.exists
        case .get: OpCode.getData
        case .set: OpCode.setData
        case .list: OpCode.getChildren
        case .sync: OpCode.sync
        case .check: OpCode.check
        case .multi: OpCode.multi
        case .close: OpCode.closeSession
        }
    }

    /// What it is called in results; the end of a session is none of them.
    var measured: OperationKind? {
        switch self {
        case .create: .create
        case .delete: .delete
        case .exists: .exists
        case .get: .get
        case .set: .set
        case .list: .list
        case .sync: .sync
        case .check: .check
        case .multi: .multi
        case .close: nil
        }
    }

    /// The kind of a request with this op code, if traces have it.
    init?(opCode: Int32) {
        guard let kind = Self.allCases.first(where: { $0.opCode == opCode }) else { return nil }
        self = kind
    }
}
