// Reads a file front to back through one buffer, so that a segment is walked with few calls whatever the size of its batches.

import Batch

final class FileWindow {
    private let disk: any Disk
    let file: DiskFile
    let size: Int
    private var buffer: Block
    private var start = 0
    private var count = 0
    static let step = 1 << 20

    /// Reads `step` bytes at a time, or what is asked for if that is more.
    init(disk: any Disk, file: DiskFile, size: Int, step: Int = FileWindow.step) {
        self.disk = disk
        self.file = file
        self.size = size
        buffer = Block(count: min(step, max(roundedUpToBlock(size), blockSize)))
    }

    /// Bytes at `offset`, valid until the next call; nil if the file ends before.
    func bytes(at offset: Int, count wanted: Int) throws(DiskError) -> UnsafeRawPointer? {
        guard offset + wanted <= size else { return nil }
        if offset < start || offset + wanted > start + count {
            let from = offset & ~(blockSize - 1)
            let needed = roundedUpToBlock(offset + wanted - from)
            if buffer.count < needed { buffer = Block(count: needed) }
            start = from
            count = 0
            let room = UnsafeMutableRawBufferPointer(start: buffer.base, count: min(buffer.count, size - from))
            count = try disk.readAll(file, at: from, into: room)
            guard offset + wanted <= start + count else { return nil }
        }
        return UnsafeRawPointer(buffer.base + (offset - start))
    }
}
