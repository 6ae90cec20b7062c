// The tables that the state machine lends to request handlers. What a handler keeps in them is replicated state: it is in
// snapshots, comes back with them, and every change of it enters the digest that members compare.

/// Rows of some words, each with bytes of its own and, if the shape says so, a key.
public struct TableShape: Sendable {
    public var words: Int
    public var isKeyed: Bool

    public init(words: Int, isKeyed: Bool = false) {
        precondition(words >= 0 && words <= 64, "a row has at most 64 words")
        self.words = words
        self.isKeyed = isKeyed
    }
}

public final class Table {
    /// Names a row as long as it is in the table. 0 is never a row, so it can stand for none.
    public typealias Row = UInt32

    private static let key = BlobField(address: 0, length: 16)
    private static let bytes = BlobField(address: 8, length: 20)
    private static let firstWord = 24

    private let rows: PagedTable
    private let space: TableSpace
    private let words: Int
    private let isKeyed: Bool

    package init(_ shape: TableShape, in space: TableSpace) {
        self.space = space
        words = shape.words
        isKeyed = shape.isKeyed
        rows = space.makeTable(
            stride: Table.firstWord + 8 * shape.words, blobs: [Table.key, Table.bytes], key: shape.isKeyed ? .blob : .none)
    }

    public var count: Int { rows.count }

    private func judge(_ row: Row) { precondition(rows.isLive(row), "a handler used row \(row), which is not in its table") }

    private func note(_ row: Row, _ a: UInt64, _ b: UInt64) {
        precondition(space.isChanging, "a handler changed its tables outside of apply")
        space.note(UInt64(rows.number) << 56 | UInt64(row) << 8 | a, b)
    }

    /// A new row without a key: all words 0, no bytes.
    public func insert() -> Row {
        precondition(!isKeyed, "a keyed table takes a row with its key")
        let row = rows.allocate()
        note(row, 1, 0)
        return row
    }

    /// A new row under `key`, or nil if the key is taken.
    public func insert(key: RawSpan) -> Row? {
        precondition(isKeyed, "this table has no keys")
        return key.withUnsafeBytes { key in
            let hash = rows.hash(key)
            guard rows.find(key, hash: hash) == 0 else { return nil }
            let row = rows.allocate()
            rows.setBlob(row, Table.key, key)
            rows.enter(row, hash: hash)
            note(row, 2, UInt64(key.count))
            space.note(bytes: key)
            return row
        }
    }

    public func find(_ key: RawSpan) -> Row? {
        precondition(isKeyed, "this table has no keys")
        let row = key.withUnsafeBytes { rows.find($0, hash: rows.hash($0)) }
        return row == 0 ? nil : row
    }

    public func remove(_ row: Row) {
        judge(row)
        note(row, 3, 0)
        if isKeyed { rows.leave(row) }
        rows.free(row)
    }

    public subscript(row: Row, word: Int) -> UInt64 {
        get {
            judge(row)
            precondition(word >= 0 && word < words, "a row of this table has \(words) words")
            return rows.row(row).load(fromByteOffset: Table.firstWord + 8 * word, as: UInt64.self)
        }
        set {
            judge(row)
            precondition(word >= 0 && word < words, "a row of this table has \(words) words")
            note(row, 4 + UInt64(word), newValue)
            rows.change(row).storeBytes(of: newValue, toByteOffset: Table.firstWord + 8 * word, as: UInt64.self)
        }
    }

    public func setBytes(_ row: Row, _ bytes: RawSpan) {
        judge(row)
        note(row, 128, UInt64(bytes.byteCount))
        space.note(bytes: bytes)
        bytes.withUnsafeBytes { rows.setBlob(row, Table.bytes, $0) }
    }

    /// The row's bytes, valid until the row changes or goes.
    public func withBytes<Result>(_ row: Row, _ body: (RawSpan) -> Result) -> Result {
        judge(row)
        return body(rows.blob(row, Table.bytes).bytes)
    }

    public func withKey<Result>(_ row: Row, _ body: (RawSpan) -> Result) -> Result {
        judge(row)
        return body(rows.blob(row, Table.key).bytes)
    }

    /// Digest of everything in the table.
    public var digest: UInt64 {
        var sum: UInt64 = UInt64(rows.count)
        for row in 1..<rows.limit where rows.isLive(row) {
            var one = Mix.bytes(rows.blob(row, Table.key), seed: UInt64(row))
            one = Mix.bytes(rows.blob(row, Table.bytes), seed: one)
            sum &+= Mix.bytes(UnsafeRawBufferPointer(start: rows.row(row) + Table.firstWord, count: 8 * words), seed: one)
        }
        return sum
    }
}
