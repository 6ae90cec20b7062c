// The same records applied once more, by a tree made of dictionaries that shares no code with the one that is tested: what every
// request must have answered, and what each path held after every zxid.

package import Batch
import ClientProtocol
import Jute

package struct ReferenceTree {
    package struct Znode: Equatable, Sendable {
        package var value: UInt64
        package var version: Int32 = 0
        /// The session that an ephemeral znode goes with; 0 for others.
        package var owner: Int64 = 0
    }

    /// What a record came to.
    struct Outcome {
        var session: Int64
        var xid: Int32
        var type: Int32
        var error: Int32
        var version: Int32 = 0
        var created = ""
        /// Of a multi: whether its parts were done.
        var isDone = true
    }

    private struct Owner: Equatable {
        var server: UInt32
        var run: UInt64
    }

    /// Written by a process of a server: a record of another process of it does not speak for the session.
    private var sessions: [Int64: Owner] = [:]
    package private(set) var znodes: [String: Znode] = [:]
    /// Of sessions that are over.
    private(set) var ends: [Int64: UInt64] = [:]
    /// Sequence numbers go on from the first one seen.
    private var nextSequence: Int?
    private var childrenMade = 0
    private(set) var outcomes: [UInt64: Outcome] = [:]
    /// By path, oldest first: what it held from this zxid on.
    private(set) var versions: [String: [(zxid: UInt64, znode: Znode?)]] = [:]

    package init() {}

    package mutating func apply(_ batch: SealedBatch) {
        var reader = RecordReader(batch.requests.bytes)
        for index in 0..<batch.count {
            guard let head = try? reader.next() else { return }
            let zxid = batch.firstZxid.advanced(by: index).rawValue
            let body = reader.body.withUnsafeBytes { Array($0) }
            outcomes[zxid] = apply(head, body, zxid)
        }
    }

    private mutating func apply(_ head: RequestHead, _ body: [UInt8], _ zxid: UInt64) -> Outcome {
        var outcome = Outcome(session: head.session, xid: head.xid, type: head.type, error: 0)
        let owner = Owner(server: head.origin.server, run: head.origin.run)
        switch head.type {
        case OpCode.createSession:
            if sessions[head.session] != nil { outcome.error = ErrorCode.nodeExists } else { sessions[head.session] = owner }
        case OpCode.attachSession:
            if sessions[head.session] == nil { outcome.error = ErrorCode.sessionExpired } else { sessions[head.session] = owner }
        case OpCode.closeSession:
            outcome.error = judge(head, owner)
            // An expiry is the leader's own record, of no process.
            if outcome.error == 0 || outcome.error == ErrorCode.sessionMoved && head.origin.run == 0 {
                outcome.error = 0
                endSession(head.session, zxid)
            }
        case OpCode.create, OpCode.delete, OpCode.setData, OpCode.multi:
            outcome.error = judge(head, owner)
            if outcome.error == 0 { body.withUnsafeBytes { write(head, $0.bytes, zxid, &outcome) } }
        default: break
        }
        return outcome
    }

    private func judge(_ head: RequestHead, _ owner: Owner) -> Int32 {
        guard let known = sessions[head.session] else { return ErrorCode.sessionExpired }
        return known == owner ? 0 : ErrorCode.sessionMoved
    }

    private mutating func endSession(_ session: Int64, _ zxid: UInt64) {
        sessions[session] = nil
        ends[session] = zxid
        for path in znodes.filter({ $0.value.owner == session }).map(\.key).sorted() { put(path, nil, zxid) }
    }

    private mutating func put(_ path: String, _ znode: Znode?, _ zxid: UInt64) {
        znodes[path] = znode
        versions[path, default: []].append((zxid, znode))
    }

    private mutating func write(_ head: RequestHead, _ body: RawSpan, _ zxid: UInt64, _ outcome: inout Outcome) {
        var reader = JuteReader(body)
        do {
            switch head.type {
            case OpCode.create: try create(&reader, head.session, zxid, &outcome)
            case OpCode.delete:
                let (path, version) = (try text(&reader), try reader.int())
                outcome.error = check(path, version)
                if outcome.error == 0 { put(path, nil, zxid) }
            case OpCode.setData:
                let (path, value, version) = (try text(&reader), try value(&reader), try reader.int())
                outcome.error = set(path, value, version, zxid)
                outcome.version = znodes[path]?.version ?? 0
            default: try multi(&reader, zxid, &outcome)
            }
        } catch {
            outcome.error = ErrorCode.marshallingError
        }
    }

    private func text(_ reader: inout JuteReader) throws(JuteError) -> String {
        String(decoding: try reader.copiedBuffer() ?? [], as: UTF8.self)
    }

    private func value(_ reader: inout JuteReader) throws(JuteError) -> UInt64 {
        Operation.value(in: try reader.copiedBuffer() ?? [])
    }

    private func check(_ path: String, _ version: Int32) -> Int32 {
        guard let znode = znodes[path] else { return ErrorCode.noNode }
        return version == -1 || version == znode.version ? 0 : ErrorCode.badVersion
    }

    private mutating func set(_ path: String, _ value: UInt64, _ version: Int32, _ zxid: UInt64) -> Int32 {
        let error = check(path, version)
        guard error == 0, var znode = znodes[path] else { return error }
        znode.value = value
        znode.version += 1
        put(path, znode, zxid)
        return 0
    }

    private mutating func create(_ reader: inout JuteReader, _ session: Int64, _ zxid: UInt64, _ outcome: inout Outcome)
        throws(JuteError)
    {
        var path = try text(&reader)
        let value = try value(&reader)
        for _ in 0..<(try reader.int()) {
            _ = try reader.int()
            _ = try reader.copiedBuffer()
            _ = try reader.copiedBuffer()
        }
        let flags = try reader.int()
        if flags & 2 != 0 {
            let number = (nextSequence ?? 0) + childrenMade
            let digits = String(number)
            path += String(repeating: "0", count: max(0, 10 - digits.count)) + digits
        }
        guard znodes[path] == nil else {
            outcome.error = ErrorCode.nodeExists
            return
        }
        childrenMade += 1
        outcome.created = path
        put(path, Znode(value: value, owner: flags & 1 != 0 ? session : 0), zxid)
    }

    private mutating func multi(_ reader: inout JuteReader, _ zxid: UInt64, _ outcome: inout Outcome) throws(JuteError) {
        var parts: [(path: String, value: UInt64, version: Int32)] = []
        while true {
            let (_, isEnd, _) = (try reader.int(), try reader.boolean(), try reader.int())
            if isEnd { break }
            parts.append((try text(&reader), try value(&reader), try reader.int()))
        }
        let before = znodes
        for part in parts {
            guard check(part.path, part.version) == 0, var znode = znodes[part.path] else {
                znodes = before
                outcome.isDone = false
                return
            }
            znode.value = part.value
            znode.version += 1
            znodes[part.path] = znode
        }
        for path in Set(parts.map(\.path)).sorted() { put(path, znodes[path], zxid) }
    }

    /// Where the tree under test begins to count is its own choice; how it goes on is not.
    mutating func beginSequences(at number: Int) { nextSequence = number }

    /// What the path held once everything up to `zxid` was applied.
    func znode(_ path: String, at zxid: UInt64) -> Znode? {
        guard let list = versions[path] else { return nil }
        let place = ReferenceTree.place(behind: zxid, in: list)
        return place == 0 ? nil : list[place - 1].znode
    }

    /// The first change of the path behind `zxid`.
    func change(of path: String, behind zxid: UInt64) -> UInt64? {
        guard let list = versions[path] else { return nil }
        let place = ReferenceTree.place(behind: zxid, in: list)
        return place < list.count ? list[place].zxid : nil
    }

    /// How many changes happened up to `zxid`.
    private static func place(behind zxid: UInt64, in list: [(zxid: UInt64, znode: Znode?)]) -> Int {
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle].zxid <= zxid { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The znodes that were there once everything up to `zxid` was applied.
    func names(at zxid: UInt64) -> Set<String> { Set(versions.keys.filter { znode($0, at: zxid) != nil }) }
}
