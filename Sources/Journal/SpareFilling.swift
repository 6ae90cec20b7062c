// Prepares one segment: zeros past the page cache in steps of one mebibyte, as far as the file is not filled yet, then the
// identity, all of it flushed. A file that was in use before is not zeroed again: its frames are void by their use number.

import Batch
import Glibc
import Rules

final class SpareFilling {
    static let step = 1 << 20

    let name: String
    private let disk: any Disk
    private let isNew: Bool
    private let size: Int
    private let identity: SegmentIdentity
    private var file: DiskFile?
    private var filled = 0
    private var zeros: Block?

    init(disk: any Disk, name: String, isNew: Bool, size: Int, identity: SegmentIdentity) {
        self.disk = disk
        self.name = name
        self.isNew = isNew
        self.size = max(roundedUpToBlock(size), Segment.headSize)
        self.identity = identity
    }

    /// - Returns: true when the file is full.
    func step() throws(DiskError) -> Bool {
        if file == nil {
            let opened = try disk.open(name, isNew ? .newDirect : .existingDirect)
            filled = isNew ? 0 : try disk.size(opened) & ~(blockSize - 1)
            file = opened
        }
        guard let file, filled < size else { return true }
        let block = zeros ?? Block(count: SpareFilling.step)
        zeros = block
        let count = min(SpareFilling.step, size - filled)
        try disk.writeAll(file, at: filled, UnsafeRawBufferPointer(start: block.base, count: count))
        filled += count
        return filled >= size
    }

    /// Rule D11, its first half: zeros, identity and name are durable; the journal has the epoch file name the use.
    func finish() throws(DiskError) -> SpareSegment {
        // Opened again without the direct flag: the journal writes through the page cache, where a small flush is as quick.
        let file = try disk.open(name, .existing)
        let block = Block()
        var identity = identity
        identity.filled = try disk.size(file)
        identity.encode(into: block, at: 0)
        try disk.writeAll(file, at: 0, block.bytes)
        try disk.flush(file)
        #if QUORATE_MUTANTS
        if !Mutant.isOn(.segmentUnflushed) { try disk.flushDirectory() }
        #else
        try disk.flushDirectory()
        #endif
        self.file = nil
        return SpareSegment(file: file, identity: identity, size: identity.filled)
    }

    /// A new file that did not come to be only takes room.
    func abandon() {
        file = nil
        if isNew { try? disk.remove(name) }
    }
}
