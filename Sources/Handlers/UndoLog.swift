// What a multi has changed so far, so that it can be taken back as if it had never been tried. Rows are kept as images; memory
// and rows that the multi gave up stay allocated until it has succeeded.

import Jute

package struct UndoLog: ~Copyable {
    private enum Kind: UInt8 {
        case image, allocated, freed, made, replaced, entered, left
    }

    private struct Entry {
        var kind: Kind
        var table: UInt8 = 0
        var number: UInt32 = 0
        /// Hash, or length of a byte string, or place of an image.
        var value: Int = 0
        var place: UnsafeMutableRawPointer? = nil
    }

    package private(set) var isActive = false
    private var entries: [Entry] = []
    private var images = ByteBuffer(capacity: 4096)

    init() {}

    mutating func begin() {
        precondition(!isActive, "a multi inside a multi")
        isActive = true
    }

    @inline(__always)
    private mutating func note(_ entry: Entry) {
        if isActive { entries.append(entry) }
    }

    mutating func willChange(_ table: PagedTable, _ number: UInt32) {
        guard isActive else { return }
        let offset = images.count
        images.append(UnsafeRawBufferPointer(start: table.place(number), count: table.stride))
        entries.append(Entry(kind: .image, table: table.number, number: number, value: offset))
    }

    mutating func allocated(_ table: PagedTable, _ number: UInt32) {
        note(Entry(kind: .allocated, table: table.number, number: number))
    }

    mutating func freed(_ table: PagedTable, _ number: UInt32) {
        note(Entry(kind: .freed, table: table.number, number: number))
    }

    mutating func made(_ place: UnsafeMutableRawPointer, _ length: Int) { note(Entry(kind: .made, value: length, place: place)) }

    mutating func replaced(_ place: UnsafeMutableRawPointer, _ length: Int) {
        note(Entry(kind: .replaced, value: length, place: place))
    }

    mutating func entered(_ table: PagedTable, _ number: UInt32, _ hash: UInt32) {
        note(Entry(kind: .entered, table: table.number, number: number, value: Int(hash)))
    }

    mutating func left(_ table: PagedTable, _ number: UInt32, _ hash: UInt32) {
        note(Entry(kind: .left, table: table.number, number: number, value: Int(hash)))
    }

    /// Keeps everything and carries out what was put off.
    mutating func commit(_ tables: [PagedTable], _ heap: ByteHeap) {
        isActive = false
        for entry in entries {
            switch entry.kind {
            case .freed: tables[Int(entry.table)].discard(entry.number, releasing: true)
            case .replaced: heap.release(entry.place!, entry.value)
            case .image, .allocated, .made, .entered, .left: break
            }
        }
        clear()
    }

    /// Takes everything back, newest first.
    mutating func rollBack(_ tables: [PagedTable], _ heap: ByteHeap) {
        isActive = false
        for entry in entries.reversed() {
            let table = tables[Int(entry.table)]
            switch entry.kind {
            case .image:
                table.place(entry.number).copyMemory(from: images.bytes.baseAddress! + entry.value, byteCount: table.stride)
            case .allocated: table.discard(entry.number, releasing: false)
            case .made: heap.release(entry.place!, entry.value)
            case .entered: table.unfile(entry.number, hash: UInt32(entry.value))
            case .left: table.file(entry.number, hash: UInt32(entry.value))
            case .freed, .replaced: break
            }
        }
        clear()
    }

    private mutating func clear() {
        entries.removeAll(keepingCapacity: true)
        images.removeAll()
        images.shrink(to: 1 << 20)
    }
}
