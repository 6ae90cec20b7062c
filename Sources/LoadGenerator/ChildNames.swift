// Walks over the names in the reply to a getChildren, without making a string of any of them.

/// Where each child's name stands in the reply's body.
struct ChildNames {
    private let body: UnsafeRawBufferPointer
    private var position = 4
    private var left: Int
    /// True once the reply has turned out to be none.
    private(set) var isMalformed = false

    init(_ body: UnsafeRawBufferPointer) {
        self.body = body
        left = body.count >= 4 ? Int(body.int32(at: 0)) : 0
        isMalformed = body.count < 4 || left < 0
    }

    mutating func next() -> Range<Int>? {
        guard left > 0, !isMalformed else { return nil }
        guard position + 4 <= body.count, case let length = Int(body.int32(at: position)), length >= 0,
            position + 4 + length <= body.count
        else {
            isMalformed = true
            return nil
        }
        left -= 1
        defer { position += 4 + length }
        return (position + 4)..<(position + 4 + length)
    }
}
