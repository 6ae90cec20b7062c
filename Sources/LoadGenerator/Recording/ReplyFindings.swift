// What of a reply goes into a trace beside its error and its zxid: the name that was given, the version that came back, and
// those of each part of a multi.

internal import Workload

struct ReplyFindings {
    enum Finding {
        case name(UnsafeRawBufferPointer)
        case version(Int32)
    }

    /// Said of a reply that could not be read: the protocol's code for it.
    static let unreadable: Int32 = -5
    private let kind: TraceOperation.Kind
    private let body: UnsafeRawBufferPointer
    let isReadable: Bool

    /// `parts` is what the multi consisted of, see `PartsMark`: a reader of the trace expects findings of just these.
    init(_ kind: TraceOperation.Kind, parts: PartsMark, _ body: UnsafeRawBufferPointer) {
        self.kind = kind
        self.body = body
        var found = PartsMark()
        isReadable = Self.walk(kind, body, parts: &found) { _ in } && found == parts
    }

    /// In the order of the request's parts.
    func each(_ take: (Finding) -> Void) {
        var parts = PartsMark()
        _ = Self.walk(kind, body, parts: &parts, take)
    }

    private static func walk(
        _ kind: TraceOperation.Kind, _ body: UnsafeRawBufferPointer, parts: inout PartsMark, _ take: (Finding) -> Void
    ) -> Bool {
        guard kind == .multi else { return one(kind, body, take) }
        var reply = MultiReply(body)
        while let head = reply.head() {
            if head.isEnd { return true }
            guard let part = TraceOperation.Kind(opCode: head.type), let finding = reply.finding(of: part),
                one(part, finding, take)
            else { return false }
            parts.add(part)
        }
        return false
    }

    private static func one(_ kind: TraceOperation.Kind, _ body: UnsafeRawBufferPointer, _ take: (Finding) -> Void) -> Bool {
        switch kind {
        case .create:
            guard body.count > 4, body.count == 4 + Int(body.int32(at: 0)),
                case let name = UnsafeRawBufferPointer(rebasing: body[4...]), TraceFormat.isPath(name)
            else { return false }
            take(.name(name))
        case .set, .exists:
            guard body.count == ZnodeStat.byteCount else { return false }
            take(.version(ZnodeStat(body, at: 0).version))
        case .get:
            guard body.count >= 4 + ZnodeStat.byteCount else { return false }
            take(.version(ZnodeStat(body, at: body.count - ZnodeStat.byteCount).version))
        case .delete, .list, .sync, .check, .multi, .close: break
        }
        return true
    }
}

/// Tells apart what multis consist of, in one number: their parts' kinds in their order.
struct PartsMark: Equatable {
    private var mark: UInt64 = 0

    mutating func add(_ part: TraceOperation.Kind) { mark = mark &* 31 &+ UInt64(part.rawValue) }
}
