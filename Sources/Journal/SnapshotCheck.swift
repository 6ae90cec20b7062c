// Checks the bytes of a snapshot file while they pass in pieces that are cut anywhere: each chunk's checksum, and at the end that
// there were as many chunks as the end says. Reading a whole file chunk by chunk is SnapshotReader's business.

import CLinux

struct SnapshotCheck {
    /// What the file's end says, whose own checksum was tested before.
    struct End {
        var chunks: UInt64
        var payload: UInt64
        var digest: UInt64
    }

    private let name: String
    private let size: Int
    private let end: End
    private var digest: UInt64
    private var chunks: UInt64 = 0
    private var payload: UInt64 = 0
    /// Where in the file the next byte lies.
    private var offset = 0
    private var chunkOffset = 0
    /// The head of the chunk, as far as it has passed.
    private var head: UInt64 = 0
    private var headCount = 0
    /// Bytes of the chunk that are still to come.
    private var left = 0
    private var crc: UInt32 = 0
    private var isAtEnd = false

    /// `size` is that of the file in bytes.
    init(name: String, zxid: UInt64, size: Int, end: End) {
        self.name = name
        self.size = size
        self.end = end
        digest = zxid
    }

    /// Takes the next bytes of the file; the block at its head is not looked at.
    mutating func take(_ piece: UnsafeRawBufferPointer) throws(SnapshotError) {
        var place = 0
        while place < piece.count, !isAtEnd {
            var count = 1
            if offset < blockSize {
                count = min(blockSize - offset, piece.count - place)
            } else if headCount < SnapshotLayout.chunkHead {
                if headCount == 0 { chunkOffset = offset }
                head |= UInt64(piece[place]) << UInt64(8 * headCount)
                headCount += 1
                if headCount == SnapshotLayout.chunkHead { try beginChunk() }
            } else {
                count = min(left, piece.count - place)
                crc = quorate_crc32c(crc, piece.baseAddress! + place, count)
                left -= count
                if left == 0 { try endChunk() }
            }
            place += count
            offset += count
        }
    }

    private mutating func beginChunk() throws(SnapshotError) {
        let length = UInt32(truncatingIfNeeded: head)
        if length == 0 {
            isAtEnd = true
            guard chunks == end.chunks, payload == end.payload, digest == end.digest else {
                throw damaged("its end counts other chunks than there are")
            }
            return
        }
        guard chunkOffset + SnapshotLayout.chunkHead + Int(length) + SnapshotLayout.endSize <= size else {
            throw damaged("a chunk passes its end")
        }
        left = Int(length)
        var bytes = length.littleEndian
        crc = quorate_crc32c(0, &bytes, 4)
    }

    private mutating func endChunk() throws(SnapshotError) {
        guard crc == UInt32(truncatingIfNeeded: head >> 32) else { throw damaged("a chunk has a wrong checksum") }
        let length = UInt32(truncatingIfNeeded: head)
        chunks += 1
        payload += UInt64(length)
        digest = SnapshotLayout.digest(digest, chunkLength: Int(length), crc: crc)
        head = 0
        headCount = 0
    }

    private func damaged(_ reason: String) -> SnapshotError { .damaged(name: name, offset: chunkOffset, reason: reason) }
}
