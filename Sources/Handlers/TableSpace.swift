// All tables of one state, and what concerns them together: the heap of their byte strings, the rolling digest, the undo of a
// multi, and the snapshot that is encoded while changes go on. Rows are encoded once each, as they were when the snapshot began:
// those about to change first, the others some per turn. Layout of the stream: docs/FORMAT.md; here it is only items
//
//   u32 length of what follows, u8 kind, u8 table, u16 zero, u32 row number, content
//   kind 1 live row: the row with its addresses zeroed, then its byte strings in order    kind 2 free row: u32 next free row
//   kind 3 table: u32 row limit, u32 head of the free list, u32 row size     kind 4 end: u64 sum of the items' digests, u64 items

package import Jute

package struct SnapshotError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Owner of the tables. Fields of tables, heap, index and tree are marked `@exclusivity(unchecked)`: one thread owns them all, no
/// access to a field lasts into another one, and the runtime's check took more than half of the time of every apply.
public final class TableSpace {
    package let hashKey: UInt64
    package let heap = ByteHeap()
    @exclusivity(unchecked) public var digest = StateDigest()
    @exclusivity(unchecked) package private(set) var tables: [PagedTable] = []
    /// A record is being applied: only then may handlers change their tables.
    @exclusivity(unchecked) package var isChanging = false
    @exclusivity(unchecked) var undo = UndoLog()
    @exclusivity(unchecked) package private(set) var isEncoding = false

    /// Encoded and not handed out yet: rows that were about to change, and what exceeds the last piece.
    @exclusivity(unchecked) private var early = ByteBuffer(capacity: 4096)
    /// Rule B1: how much may wait there, in bytes, when rows change faster than the snapshot's pieces are taken.
    package var earlyLimit = 32 << 20
    package var encodedBytes: Int { early.count }
    /// More would have had to wait than may: the snapshot is no longer whole and has to be given up.
    @exclusivity(unchecked) package private(set) var isOverfull = false
    /// A piece is not smaller than this, whatever the budget.
    private static let smallestPiece = 4096
    @exclusivity(unchecked) private var encodingTable = 0
    @exclusivity(unchecked) private var sum: UInt64 = 0
    @exclusivity(unchecked) private var items: UInt64 = 0
    private var limits: [(limit: UInt32, free: UInt32)] = []

    /// - Parameter hashKey: decides where rows lie in the indexes and nothing that anyone can see.
    package init(hashKey: UInt64 = UInt64.random(in: UInt64.min...UInt64.max)) { self.hashKey = hashKey }

    package func makeTable(stride: Int, blobs: [BlobField] = [], key: KeyKind = .none) -> PagedTable {
        precondition(tables.count < 255, "a state has at most 255 tables")
        let table = PagedTable(space: self, number: UInt8(tables.count), stride: stride, blobs: blobs, key: key)
        tables.append(table)
        return table
    }

    // Changes and results roll into the digest. Rooms above call these and do not reach for `digest` itself.

    @inlinable @inline(__always)
    public func note(_ a: UInt64, _ b: UInt64) { digest.add(a, b) }

    @inlinable @inline(__always)
    public func note(bytes: UnsafeRawBufferPointer) { digest.add(bytes: bytes) }

    @inlinable public func note(bytes: RawSpan) { digest.add(bytes: bytes) }

    private func updateGuards() {
        let guarded = isEncoding || undo.isActive
        for table in tables { table.guarded = guarded }
    }

    // MARK: Multi

    package func beginMulti() {
        undo.begin()
        updateGuards()
    }

    package func commitMulti() {
        undo.commit(tables, heap)
        updateGuards()
    }

    package func rollBackMulti() {
        undo.rollBack(tables, heap)
        updateGuards()
    }

    // MARK: Snapshot

    package func beginSnapshot() {
        precondition(!isEncoding && !undo.isActive, "a snapshot begins between two records, and alone")
        isEncoding = true
        isOverfull = false
        encodingTable = 0
        sum = 0
        items = 0
        limits = tables.map { ($0.limit, $0.freeHead) }
        for table in tables { table.beginSnapshot() }
        updateGuards()
        for table in tables { encodeTable(table) }
    }

    private func encodeTable(_ table: PagedTable) {
        let start = early.count
        beginItem(kind: 3, table: table.number, number: 0)
        let (limit, free) = limits[Int(table.number)]
        early.append(littleEndian: limit)
        early.append(littleEndian: free)
        early.append(littleEndian: UInt32(table.stride))
        endItem(start)
    }

    private func beginItem(kind: UInt8, table: UInt8, number: UInt32) {
        early.append(littleEndian: UInt32(0))
        early.append(byte: kind)
        early.append(byte: table)
        early.append(littleEndian: UInt16(0))
        early.append(littleEndian: number)
    }

    private func endItem(_ start: Int) {
        early.put(littleEndian: UInt32(early.count - start - 4), at: start)
        sum &+= Mix.bytes(UnsafeRawBufferPointer(rebasing: early.bytes[(start + 4)...]), seed: 1)
        items &+= 1
    }

    func encodeRow(_ table: PagedTable, _ number: UInt32, isLive: Bool) {
        if isOverfull { return }
        let start = early.count
        beginItem(kind: isLive ? 1 : 2, table: table.number, number: number)
        let row = table.place(number)
        if isLive {
            let image = early.count
            early.append(UnsafeRawBufferPointer(start: row, count: table.stride))
            for field in table.blobs {
                early.put(littleEndian: UInt64(0), at: image + field.address)
                early.append(table.blob(number, field))
            }
        } else {
            early.append(littleEndian: row.load(as: UInt32.self))
        }
        endItem(start)
        guard early.count > earlyLimit else { return }
        isOverfull = true
        early.removeAll()
        early.shrink(to: 1 << 20)
    }

    /// Encodes at least one item and hands out about `budget` bytes, cut anywhere. True when the snapshot is complete.
    package func encodeSnapshot(budget: Int, into buffer: inout ByteBuffer) -> Bool {
        precondition(isEncoding && !isOverfull, "no snapshot has begun, or it has to be given up")
        while encodingTable < tables.count, early.count < budget {
            if tables[encodingTable].encodeRows(until: { self.early.count >= budget }) { encodingTable += 1 }
        }
        if isOverfull { return false }
        let done = encodingTable == tables.count && early.count < budget
        if done {
            let (total, count) = (sum, items)
            let start = early.count
            beginItem(kind: 4, table: 0, number: 0)
            early.append(littleEndian: total)
            early.append(littleEndian: count)
            endItem(start)
            isEncoding = false
            updateGuards()
        }
        // Rule B1: what had to be encoded early goes out by the budget, too, so that no turn copies a mountain.
        let count = done ? early.count : min(early.count, max(budget, TableSpace.smallestPiece))
        buffer.append(UnsafeRawBufferPointer(rebasing: early.bytes[..<count]))
        early.consume(count)
        early.shrink(to: 1 << 20)
        return done
    }

    /// Gives a begun snapshot up.
    package func abandonSnapshot() {
        guard isEncoding else { return }
        for table in tables { table.abandonSnapshot() }
        isEncoding = false
        early.removeAll()
        early.shrink(to: 1 << 20)
        updateGuards()
    }

    /// Digest over every row as a snapshot would hold it. Walks the whole state: for tests and tools.
    package func wholeDigest() -> UInt64 {
        precondition(!isEncoding && !undo.isActive, "the whole is digested while nothing else goes on")
        beginSnapshot()
        var sink = ByteBuffer(capacity: 1 << 16)
        while !encodeSnapshot(budget: 1 << 16, into: &sink) { sink.removeAll() }
        return sum
    }

    // MARK: Restore

    /// - Parameter bytes: the most that the stream has, or its file. Tables get memory for no more rows than stand in so many
    ///   bytes, whatever their heads announce.
    package func beginRestore(bytes: Int) {
        abandonSnapshot()
        rowsLeft = bytes / TableSpace.smallestRow
        for table in tables { table.removeEverything() }
        sum = 0
        items = 0
        described = 0
    }

    private var described = 0
    /// Rows that what is restored may still announce.
    private var rowsLeft = 0
    /// Bytes of the shortest row of a stream, a free one, with its length.
    private static let smallestRow = 16

    /// Takes one whole item. True for the last.
    package func restore(item: RawSpan) throws(SnapshotError) -> Bool {
        guard item.byteCount >= 8 else { throw SnapshotError("an item of \(item.byteCount) bytes is too short") }
        let kind = item.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
        let table = Int(item.unsafeLoad(fromByteOffset: 1, as: UInt8.self))
        let number = UInt32(littleEndian: item.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let content = item.extracting(8..<item.byteCount)
        if kind == 4 {
            guard table == 0, number == 0, item.unsafeLoadUnaligned(fromByteOffset: 2, as: UInt16.self) == 0 else {
                throw SnapshotError("the last item is malformed")
            }
            try finishRestore(content)
            return true
        }
        guard table < tables.count else { throw SnapshotError("table \(table) is not known here; is a request handler missing?") }
        sum &+= item.withUnsafeBytes { Mix.bytes($0, seed: 1) }
        items &+= 1
        switch kind {
        case 1: try restoreRow(tables[table], number, content)
        case 2:
            guard content.byteCount == 4, let place = tables[table].restorePlace(number, isLive: false) else {
                throw SnapshotError("free row \(number) of table \(table) is malformed or comes twice")
            }
            place.storeBytes(
                of: UInt32(littleEndian: content.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self)), as: UInt32.self)
        case 3: try restoreTable(tables[table], content)
        default: throw SnapshotError("an item of kind \(kind) is not known here")
        }
        return false
    }

    private func restoreTable(_ table: PagedTable, _ content: RawSpan) throws(SnapshotError) {
        guard content.byteCount == 12, described == Int(table.number) else {
            throw SnapshotError("the head of table \(table.number) is malformed or out of order")
        }
        let limit = UInt32(littleEndian: content.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self))
        let free = UInt32(littleEndian: content.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let stride = UInt32(littleEndian: content.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt32.self))
        guard stride == UInt32(table.stride), limit > 0 else {
            throw SnapshotError("table \(table.number) has rows of \(stride) bytes in the snapshot and of \(table.stride) here")
        }
        guard Int(limit) - 1 <= rowsLeft else {
            throw SnapshotError("table \(table.number) announces \(limit - 1) rows, for which the snapshot is too short")
        }
        rowsLeft -= Int(limit) - 1
        described += 1
        table.prepareRestore(limit: limit, freeHead: free)
    }

    private func restoreRow(_ table: PagedTable, _ number: UInt32, _ content: RawSpan) throws(SnapshotError) {
        var total = table.stride
        guard content.byteCount >= total, let place = table.restorePlace(number, isLive: true) else {
            throw SnapshotError("row \(number) of table \(table.number) is malformed or comes twice")
        }
        content.withUnsafeBytes { place.copyMemory(from: $0.baseAddress!, byteCount: table.stride) }
        // Until its strings are there the row must not claim any.
        var lengths: [UInt32] = []
        for field in table.blobs {
            lengths.append(place.load(fromByteOffset: field.length, as: UInt32.self))
            place.storeBytes(of: BlobField.none, toByteOffset: field.length, as: UInt32.self)
            place.storeBytes(of: 0, toByteOffset: field.address, as: UInt64.self)
        }
        for (field, length) in zip(table.blobs, lengths) where length != BlobField.none {
            guard content.byteCount - total >= Int(length) else {
                throw SnapshotError("row \(number) of table \(table.number) is cut short")
            }
            content.extracting(total..<total + Int(length)).withUnsafeBytes { table.setBlob(number, field, $0) }
            total += Int(length)
        }
        guard total == content.byteCount else {
            throw SnapshotError("row \(number) of table \(table.number) has \(content.byteCount - total) bytes too many")
        }
    }

    private func finishRestore(_ content: RawSpan) throws(SnapshotError) {
        guard content.byteCount == 16, described == tables.count else {
            throw SnapshotError("the snapshot ends before its tables do")
        }
        let total = UInt64(littleEndian: content.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self))
        let count = UInt64(littleEndian: content.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt64.self))
        guard total == sum, count == items else { throw SnapshotError("the digest of the whole does not fit its rows") }
        for table in tables where !table.finishRestore() {
            throw SnapshotError("rows of table \(table.number) are missing")
        }
    }
}
