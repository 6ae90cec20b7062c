// Bytes of a multi: the heads between its parts, and the parts of its reply, cut out one after the other.

enum MultiWire {
    /// The type of a part that failed, and of the end.
    static let error: Int32 = -1
    /// Length, xid and op code of the frame.
    static let requestHeadCount = 12
    /// Type, whether it is the end, error.
    static let headCount = 9
    static let statCount = 68

    /// What the server answers for the parts behind the one that failed.
    static let notTried: Int32 = -2
}

extension RequestKind {
    /// The type of a part of this kind; a part that only looks whether a znode is there is a check.
    var partType: Int32 {
        switch self {
        case .create: OpCode.create
        case .set: OpCode.setData
        default: OpCode.check
        }
    }
}

/// The body of a multi's reply.
struct MultiReply {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next part's head; nil where the bytes end.
    @inline(__always) mutating func head() -> (type: Int32, isEnd: Bool, error: Int32)? {
        guard let head = take(MultiWire.headCount) else { return nil }
        return (head.int32(at: 0), head[4] != 0, head.int32(at: 5))
    }

    /// A text with its length in front, as the body of a create's reply is.
    mutating func takeText() -> UnsafeRawBufferPointer? {
        guard bytes.count - position >= 4 else { return nil }
        return take(4 + max(0, Int(bytes.int32(at: position))))
    }

    @inline(__always) mutating func number() -> Int32? { take(4)?.int32(at: 0) }

    @inline(__always) mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, bytes.count - position >= count else { return nil }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
    }

    /// Whether the end of the list stands here, and nothing behind it.
    @inline(__always) mutating func isOver() -> Bool {
        guard let last = head() else { return false }
        return last.type == MultiWire.error && last.isEnd && position == bytes.count
    }
}
