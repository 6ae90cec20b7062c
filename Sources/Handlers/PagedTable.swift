// A table of rows of one fixed size, in pages that never move: the place where replicated state lives. Rows are named by number,
// number 0 stands for none, and which number a row gets follows from the history alone, so it is the same on every member. A row
// may own byte strings; one of them, or one word, may be the key under which it is found. Marks for snapshots and the undo of a
// multi are kept by TableSpace, which must hear of every change beforehand: read through `row`, write through `change`.

import CLinux

/// Where in a row a byte string hangs: its address, and its length (u32; `none` means there is no string, not even an empty one).
public struct BlobField: Sendable {
    @inlinable public static var none: UInt32 { .max }

    public let address: Int
    public let length: Int

    @inlinable public init(address: Int, length: Int) {
        self.address = address
        self.length = length
    }
}

package enum KeyKind: Sendable {
    case none
    /// The first byte string of the row.
    case blob
    /// The eight bytes at this offset.
    case word(Int)
}

public final class PagedTable {
    @usableFromInline static let shift = 9
    @usableFromInline static let rowsPerPage = 1 << shift
    static let isLive: UInt8 = 1
    static let isMarked: UInt8 = 2

    @usableFromInline let stride: Int
    @exclusivity(unchecked) @usableFromInline var pages: UnsafeMutablePointer<UnsafeMutableRawPointer>
    @exclusivity(unchecked) @usableFromInline var rowLimit: UInt32 = 1
    /// A snapshot or a multi wants to hear of changes.
    @exclusivity(unchecked) @usableFromInline var guarded = false

    unowned(unsafe) let space: TableSpace
    /// Held by itself, because a table may outlive its space at the end.
    private let heap: ByteHeap
    let number: UInt8
    let blobs: [BlobField]
    let key: KeyKind
    @usableFromInline let hashKey: UInt64
    private let index: HashIndex?
    @exclusivity(unchecked) private var pageCount = 0
    @exclusivity(unchecked) private var pageCapacity = 8
    @exclusivity(unchecked) private(set) var freeHead: UInt32 = 0
    @exclusivity(unchecked) private var used = 0

    /// What a mark must equal to count as set; it flips with every snapshot, so none has to be cleared.
    @exclusivity(unchecked) private var currentMark: UInt8 = 0
    @exclusivity(unchecked) private var snapshotLimit: UInt32 = 1
    @exclusivity(unchecked) private var cursor: UInt32 = 1

    init(space: TableSpace, number: UInt8, stride: Int, blobs: [BlobField], key: KeyKind) {
        precondition(stride >= 8 && stride % 8 == 0, "rows are made of whole words")
        self.space = space
        heap = space.heap
        self.number = number
        self.stride = stride
        self.blobs = blobs
        self.key = key
        hashKey = space.hashKey
        if case .none = key { index = nil } else { index = HashIndex() }
        pages = .allocate(capacity: pageCapacity)
        addPage()
    }

    deinit {
        for i in 1..<rowLimit where isLive(i) { releaseBlobs(i) }
        for i in 0..<pageCount { pages[i].deallocate() }
        pages.deallocate()
    }

    // MARK: Rows

    @inlinable @inline(__always)
    func place(_ number: UInt32) -> UnsafeMutableRawPointer {
        pages[Int(number >> UInt32(PagedTable.shift))] + Int(number & UInt32(PagedTable.rowsPerPage - 1)) * stride
    }

    /// A row to read from.
    @inlinable @inline(__always)
    public func row(_ number: UInt32) -> UnsafeRawPointer {
        precondition(number < rowLimit, "a row number beyond the table")
        return UnsafeRawPointer(place(number))
    }

    /// A row to write to, after a snapshot or a multi in progress has seen it as it was.
    @inlinable @inline(__always)
    public func change(_ number: UInt32) -> UnsafeMutableRawPointer {
        precondition(number < rowLimit, "a row number beyond the table")
        if guarded { willChange(number) }
        return place(number)
    }

    @inline(__always)
    func state(_ number: UInt32) -> UnsafeMutablePointer<UInt8> {
        let page = pages[Int(number >> UInt32(PagedTable.shift))]
        let offset = PagedTable.rowsPerPage * stride + Int(number & UInt32(PagedTable.rowsPerPage - 1))
        return (page + offset).assumingMemoryBound(to: UInt8.self)
    }

    package func isLive(_ number: UInt32) -> Bool {
        number > 0 && number < rowLimit && state(number).pointee & PagedTable.isLive != 0
    }

    /// Rows in use.
    package var count: Int { used }

    /// Numbers below this one have been in use.
    package var limit: UInt32 { rowLimit }

    /// A fresh row, all zeros.
    package func allocate() -> UInt32 {
        let number: UInt32
        if freeHead != 0 {
            number = freeHead
            if guarded { encodeIfDue(number) }
            let place = place(number)
            freeHead = place.load(as: UInt32.self)
            place.storeBytes(of: 0, as: UInt32.self)
        } else {
            precondition(rowLimit < UInt32.max, "a table holds at most 2^32 - 2 rows")
            number = rowLimit
            if Int(number >> UInt32(PagedTable.shift)) >= pageCount { addPage() }
            rowLimit += 1
        }
        state(number).pointee = PagedTable.isLive | currentMark
        for field in blobs { place(number).storeBytes(of: BlobField.none, toByteOffset: field.length, as: UInt32.self) }
        used += 1
        if guarded { space.undo.allocated(self, number) }
        return number
    }

    /// Gives a row and its byte strings back; in a multi, only when that has succeeded. It must have left the index before.
    package func free(_ number: UInt32) {
        precondition(isLive(number), "a row was freed twice")
        if guarded, space.undo.isActive {
            space.undo.freed(self, number)
        } else {
            discard(number, releasing: true)
        }
    }

    func discard(_ number: UInt32, releasing: Bool) {
        if guarded { encodeIfDue(number) }
        if releasing { releaseBlobs(number) }
        let place = place(number)
        place.initializeMemory(as: UInt8.self, repeating: 0, count: stride)
        place.storeBytes(of: freeHead, as: UInt32.self)
        freeHead = number
        state(number).pointee &= ~PagedTable.isLive
        used -= 1
    }

    private func addPage() {
        if pageCount == pageCapacity {
            let larger = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: pageCapacity * 2)
            larger.update(from: pages, count: pageCount)
            pages.deallocate()
            pages = larger
            pageCapacity *= 2
        }
        let size = PagedTable.rowsPerPage * (stride + 1)
        let page = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        page.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        (pages + pageCount).initialize(to: page)
        pageCount += 1
    }

    // MARK: Byte strings

    @inlinable @inline(__always)
    public func blob(_ number: UInt32, _ field: BlobField) -> UnsafeRawBufferPointer {
        let row = row(number)
        let length = row.load(fromByteOffset: field.length, as: UInt32.self)
        if length == 0 || length == BlobField.none { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(
            start: row.load(fromByteOffset: field.address, as: UnsafeRawPointer.self), count: Int(length))
    }

    package func hasBlob(_ number: UInt32, _ field: BlobField) -> Bool {
        row(number).load(fromByteOffset: field.length, as: UInt32.self) != BlobField.none
    }

    /// Puts a copy of `bytes` in the place of what the row had; nil leaves it without one.
    package func setBlob(_ number: UInt32, _ field: BlobField, _ bytes: UnsafeRawBufferPointer?) {
        let row = change(number)
        let oldLength = row.load(fromByteOffset: field.length, as: UInt32.self)
        let old = oldLength == BlobField.none ? 0 : Int(oldLength)
        let new = bytes?.count ?? 0
        precondition(new < Int(BlobField.none), "a byte string beyond 4 GiB")
        let inMulti = guarded && space.undo.isActive
        if inMulti || ByteHeap.capacity(for: old) != ByteHeap.capacity(for: new) {
            if old > 0 {
                let place = row.load(fromByteOffset: field.address, as: UnsafeMutableRawPointer.self)
                if inMulti { space.undo.replaced(place, old) } else { heap.release(place, old) }
            }
            row.storeBytes(of: 0, toByteOffset: field.address, as: UInt.self)
            if new > 0 {
                let place = heap.allocate(new)
                if inMulti { space.undo.made(place, new) }
                row.storeBytes(of: place, toByteOffset: field.address, as: UnsafeMutableRawPointer.self)
            }
        }
        if new > 0, let from = bytes?.baseAddress {
            row.load(fromByteOffset: field.address, as: UnsafeMutableRawPointer.self).copyMemory(from: from, byteCount: new)
        }
        row.storeBytes(of: bytes == nil ? BlobField.none : UInt32(new), toByteOffset: field.length, as: UInt32.self)
    }

    private func releaseBlobs(_ number: UInt32) {
        let place = place(number)
        for field in blobs {
            let length = place.load(fromByteOffset: field.length, as: UInt32.self)
            guard length > 0, length != BlobField.none else { continue }
            heap.release(place.load(fromByteOffset: field.address, as: UnsafeMutableRawPointer.self), Int(length))
        }
    }

    // MARK: Keys

    @inlinable @inline(__always)
    public func hash(_ key: UnsafeRawBufferPointer) -> UInt32 { UInt32(truncatingIfNeeded: Mix.bytes(key, seed: hashKey) >> 32) }

    @inlinable @inline(__always)
    public func hash(word: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: Mix.word(word, seed: hashKey) >> 32) }

    /// The row whose key is `key`, or 0.
    package func find(_ key: UnsafeRawBufferPointer, hash: UInt32) -> UInt32 {
        let field = blobs[0]
        var candidates = index!.candidates(hash)
        while true {
            let number = candidates.next()
            if number == 0 { return 0 }
            let row = place(number)
            if row.load(fromByteOffset: field.length, as: UInt32.self) == UInt32(truncatingIfNeeded: key.count),
                equal(row.load(fromByteOffset: field.address, as: UnsafeRawPointer?.self), key)
            {
                return number
            }
        }
    }

    /// The first of three passes over keys that will be looked for soon: their buckets. Each pass reads what the one before
    /// fetched.
    @inline(__always)
    package func prefetchBucket(_ hash: UInt32) { index!.prefetch(hash) }

    /// The second: the row that is filed under the hash, most likely the right one. 0 if there is none.
    @inline(__always)
    package func prefetchRow(_ hash: UInt32) -> UInt32 {
        var candidates = index!.candidates(hash)
        let number = candidates.next()
        guard number != 0 else { return 0 }
        let row = place(number)
        quorate_prefetch(row)
        if stride > 64 { quorate_prefetch(row + 64) }
        return number
    }

    /// The third: the beginnings of one of the row's byte strings.
    @inline(__always)
    package func prefetchBlob(_ number: UInt32, _ field: BlobField) {
        let bytes = blob(number, field)
        guard let start = bytes.baseAddress else { return }
        quorate_prefetch(start)
        if bytes.count > 64 { quorate_prefetch(start + 64) }
        if bytes.count > 48 { quorate_prefetch(start + min(bytes.count, 129) - 1) }
    }

    /// The row whose key word is `word`, or 0.
    package func find(word: UInt64) -> UInt32 {
        guard case .word(let offset) = key else { preconditionFailure("this table has no key word") }
        var candidates = index!.candidates(hash(word: word))
        while true {
            let number = candidates.next()
            if number == 0 || place(number).load(fromByteOffset: offset, as: UInt64.self) == word { return number }
        }
    }

    @inline(__always)
    private func equal(_ a: UnsafeRawPointer?, _ b: UnsafeRawBufferPointer) -> Bool {
        let count = b.count
        guard count > 0, let a, let b = b.baseAddress else { return count == 0 }
        var i = 0
        while i + 8 <= count {
            if a.loadUnaligned(fromByteOffset: i, as: UInt64.self) != b.loadUnaligned(fromByteOffset: i, as: UInt64.self) {
                return false
            }
            i += 8
        }
        while i < count {
            if a.load(fromByteOffset: i, as: UInt8.self) != b.load(fromByteOffset: i, as: UInt8.self) { return false }
            i += 1
        }
        return true
    }

    private func keyHash(_ number: UInt32) -> UInt32 {
        if case .word(let offset) = key { return hash(word: place(number).load(fromByteOffset: offset, as: UInt64.self)) }
        return hash(blob(number, blobs[0]))
    }

    /// As `enter` and `leave`, but unnoticed by a multi: for its own undoing.
    func file(_ number: UInt32, hash: UInt32) { index!.insert(hash, number) }

    func unfile(_ number: UInt32, hash: UInt32) { index!.remove(hash, number) }

    /// Files a row under its key, which must be in the row already.
    package func enter(_ number: UInt32, hash: UInt32) {
        index!.insert(hash, number)
        if guarded { space.undo.entered(self, number, hash) }
    }

    package func enter(_ number: UInt32) { enter(number, hash: keyHash(number)) }

    package func leave(_ number: UInt32, hash: UInt32) {
        index!.remove(hash, number)
        if guarded { space.undo.left(self, number, hash) }
    }

    package func leave(_ number: UInt32) { leave(number, hash: keyHash(number)) }

    // MARK: Snapshot and undo

    @usableFromInline
    func willChange(_ number: UInt32) {
        encodeIfDue(number)
        space.undo.willChange(self, number)
    }

    private func encodeIfDue(_ number: UInt32) {
        guard space.isEncoding, number < snapshotLimit, state(number).pointee & PagedTable.isMarked != currentMark else { return }
        encode(number)
    }

    private func encode(_ number: UInt32) {
        let state = state(number)
        space.encodeRow(self, number, isLive: state.pointee & PagedTable.isLive != 0)
        state.pointee = state.pointee & ~PagedTable.isMarked | currentMark
    }

    func beginSnapshot() {
        currentMark ^= PagedTable.isMarked
        snapshotLimit = rowLimit
        cursor = 1
    }

    /// Encodes unmarked rows until `enough` says so. False while some are left.
    func encodeRows(until enough: () -> Bool) -> Bool {
        while cursor < snapshotLimit {
            if enough() { return false }
            if state(cursor).pointee & PagedTable.isMarked != currentMark { encode(cursor) }
            cursor += 1
        }
        return true
    }

    /// Marks everything, as if it had been encoded.
    func abandonSnapshot() {
        for number in 1..<snapshotLimit { state(number).pointee = state(number).pointee & ~PagedTable.isMarked | currentMark }
        cursor = snapshotLimit
    }

    /// Empties the table before a restore.
    func removeEverything() {
        for number in 1..<rowLimit where isLive(number) {
            if index != nil { leave(number) }
            releaseBlobs(number)
        }
        for i in 0..<pageCount {
            pages[i].initializeMemory(as: UInt8.self, repeating: 0, count: PagedTable.rowsPerPage * (stride + 1))
        }
        rowLimit = 1
        freeHead = 0
        used = 0
        currentMark = 0
        snapshotLimit = 1
        cursor = 1
    }

    func prepareRestore(limit: UInt32, freeHead: UInt32) {
        snapshotLimit = limit
        self.freeHead = freeHead
    }

    /// The memory of row `number` during a restore; nil if the number is out of range or was restored before.
    func restorePlace(_ number: UInt32, isLive: Bool) -> UnsafeMutableRawPointer? {
        guard number > 0, number < snapshotLimit else { return nil }
        while Int(number >> UInt32(PagedTable.shift)) >= pageCount { addPage() }
        let state = state(number)
        guard state.pointee & PagedTable.isMarked == 0 else { return nil }
        state.pointee = PagedTable.isMarked | (isLive ? PagedTable.isLive : 0)
        if isLive { used += 1 }
        rowLimit = max(rowLimit, number + 1)
        return place(number)
    }

    /// Closes a restore: all rows must be there, and the free list must be whole. False if not.
    func finishRestore() -> Bool {
        guard rowLimit == snapshotLimit else { return false }
        for number in 1..<rowLimit where state(number).pointee & PagedTable.isMarked == 0 { return false }
        var free = 0
        var next = freeHead
        while next != 0 {
            guard next < rowLimit, state(next).pointee & PagedTable.isLive == 0, free < Int(rowLimit) else { return false }
            free += 1
            next = place(next).load(as: UInt32.self)
        }
        guard free + used == Int(rowLimit) - 1 else { return false }
        currentMark = PagedTable.isMarked
        if index != nil { for number in 1..<rowLimit where isLive(number) { enter(number) } }
        return true
    }
}
