// Reads a snapshot chunk by chunk and tests every byte of it. Loading a start, verifying what was just written and judging what
// was received go through the same code.

import Batch
import CLinux

package final class SnapshotReader {
    package private(set) var info: SnapshotInfo
    private let window: FileWindow
    private let name: String
    private var offset = blockSize
    private var chunks: UInt64 = 0
    private var payload: UInt64 = 0
    private var digest: UInt64
    private var isAtEnd = false
    /// Small enough that reading it, beside requests, is a matter of a few hundred microseconds.
    private static let windowStep = 256 << 10

    package convenience init(_ info: SnapshotInfo, on disk: any Disk) throws(SnapshotError) {
        try self.init(info, on: disk, under: info.name)
    }

    init(_ expected: SnapshotInfo?, on disk: any Disk, under name: String) throws(SnapshotError) {
        self.name = name
        do {
            let file = try disk.open(name, .existing)
            disk.forgetCached(file)
            window = FileWindow(disk: disk, file: file, size: try disk.size(file), step: SnapshotReader.windowStep)
            let block = Block()
            guard try disk.readAll(file, at: 0, into: block.mutableBytes) == blockSize, let found = SnapshotInfo(decoding: block)
            else {
                throw SnapshotError.damaged(name: name, offset: 0, reason: "its head can't be read")
            }
            info = found
            digest = found.zxid.rawValue
        } catch {
            throw SnapshotError(error)
        }
        if let expected {
            guard info.zxid == expected.zxid, info.batchCRC == expected.batchCRC else {
                throw .damaged(name: name, offset: 0, reason: "it is a snapshot of another batch")
            }
            info.isReceived = expected.isReceived
        }
    }

    /// The next chunk, valid until the next call; nil behind the last one, when all that was promised has been read.
    package func next() throws(SnapshotError) -> UnsafeRawBufferPointer? {
        if isAtEnd { return nil }
        do {
            guard let p = try window.bytes(at: offset, count: SnapshotLayout.chunkHead) else {
                throw damaged("it ends without an end")
            }
            let length = Int(p.load(UInt32.self, at: 0))
            if length == 0 {
                try readEnd()
                return nil
            }
            guard length <= SnapshotLayout.maxChunk,
                let chunk = try window.bytes(at: offset, count: SnapshotLayout.chunkHead + length)
            else { throw damaged("a chunk passes its end") }
            let bytes = UnsafeRawBufferPointer(start: chunk + SnapshotLayout.chunkHead, count: length)
            let crc = chunk.load(UInt32.self, at: 4)
            guard crc == SnapshotLayout.crc(head: chunk, payload: bytes) else { throw damaged("a chunk has a wrong checksum") }
            offset += SnapshotLayout.chunkHead + length
            chunks += 1
            payload += UInt64(length)
            digest = SnapshotLayout.digest(digest, chunkLength: length, crc: crc)
            return bytes
        } catch {
            throw SnapshotError(error)
        }
    }

    private func readEnd() throws {
        guard let p = try window.bytes(at: offset, count: SnapshotLayout.endSize), window.size == offset + SnapshotLayout.endSize
        else {
            throw damaged("its end is not where the file ends")
        }
        let rest = UnsafeRawBufferPointer(start: p + 8, count: SnapshotLayout.endSize - 8)
        guard p.load(UInt32.self, at: 4) == SnapshotLayout.crc(head: p, payload: rest) else {
            throw damaged("its end has a wrong checksum")
        }
        guard p.load(UInt64.self, at: 8) == chunks, p.load(UInt64.self, at: 16) == payload, p.load(UInt64.self, at: 24) == digest
        else {
            throw damaged("its end counts other chunks than there are")
        }
        isAtEnd = true
        info.bytes = window.size
        info.digest = digest
    }

    private func damaged(_ reason: String) -> SnapshotError { .damaged(name: name, offset: offset, reason: reason) }

    /// Reads the whole file.
    /// - Returns: what it is, with size and digest.
    package static func verify(_ info: SnapshotInfo?, on disk: any Disk, under name: String? = nil) throws(SnapshotError)
        -> SnapshotInfo
    {
        let reader = try SnapshotReader(info, on: disk, under: name ?? info!.name)
        while try reader.next() != nil {}
        return reader.info
    }
}
