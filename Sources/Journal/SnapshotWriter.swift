// Writes an own snapshot under a temporary name, chunk by chunk as the loop hands them over, and makes it a start: flushed,
// read back, named, the name flushed (rule D9). It runs on the background thread and syncs in small portions, so that no flush
// of the log waits for a mountain.

package import Batch
import Glibc
import Rules

package final class SnapshotWriter {
    private let disk: any Disk
    private let file: DiskFile
    private let info: SnapshotInfo
    private var offset = blockSize
    private var chunks: UInt64 = 0
    private var payload: UInt64 = 0
    private var digest: UInt64
    private var unsynced = 0
    private var reader: SnapshotReader?
    private static let syncStep = 1 << 20

    /// Begins a snapshot of the state behind `zxid`, which is durable and the end of a batch: one that the log holds, or behind
    /// which the log begins.
    package init(disk: any Disk, logDisk: any Disk, map: LogMap, zxid: Zxid) throws(SnapshotError) {
        do {
            let batch = try LogLookup(disk: logDisk, map: map).batch(endingAt: zxid)
            guard let info = batch.map({ SnapshotInfo(zxid, $0) }) ?? map.start(at: zxid).map(SnapshotInfo.init(inPlaceOf:))
            else {
                throw SnapshotError.noBatch(zxid: zxid.rawValue)
            }
            self.info = info
            self.disk = disk
            digest = zxid.rawValue
            file = try disk.open(SnapshotInfo.writingName, .replacing)
            let block = Block()
            info.encode(into: block)
            try disk.writeAll(file, at: 0, block.bytes)
        } catch {
            throw SnapshotError(error)
        }
    }

    /// All is written; what is left is to read it back.
    package var isSealed: Bool { reader != nil }

    /// Bytes written so far.
    package var bytes: Int { offset }

    /// Writes one chunk, or several if `bytes` are too many for one.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(SnapshotError) {
        var rest = bytes
        while !rest.isEmpty {
            try appendChunk(UnsafeRawBufferPointer(rebasing: rest.prefix(SnapshotLayout.maxChunk)))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(SnapshotLayout.maxChunk))
        }
    }

    private func appendChunk(_ bytes: UnsafeRawBufferPointer) throws(SnapshotError) {
        do {
            let head = UnsafeMutableRawPointer.allocate(byteCount: SnapshotLayout.chunkHead, alignment: 8)
            defer { head.deallocate() }
            head.store(UInt32(bytes.count), at: 0)
            let crc = SnapshotLayout.crc(head: head, payload: bytes)
            head.store(crc, at: 4)
            let pieces = UnsafeMutableBufferPointer<iovec>.allocate(capacity: 2)
            defer { pieces.deallocate() }
            pieces[0] = iovec(iov_base: head, iov_len: SnapshotLayout.chunkHead)
            pieces[1] = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
            try disk.writeAll(file, at: offset, pieces)
            offset += SnapshotLayout.chunkHead + bytes.count
            chunks += 1
            payload += UInt64(bytes.count)
            digest = SnapshotLayout.digest(digest, chunkLength: bytes.count, crc: crc)
            unsynced += bytes.count
            if unsynced >= SnapshotWriter.syncStep {
                unsynced = 0
                try disk.flush(file)
            }
        } catch {
            throw .disk(error)
        }
    }

    /// Writes the end and flushes it all. Now it can be read back.
    package func seal() throws(SnapshotError) {
        do {
            let end = Block()
            end.base.store(chunks, at: 8)
            end.base.store(payload, at: 16)
            end.base.store(digest, at: 24)
            let rest = UnsafeRawBufferPointer(start: end.base + 8, count: SnapshotLayout.endSize - 8)
            end.base.store(SnapshotLayout.crc(head: end.base, payload: rest), at: 4)
            try disk.writeAll(file, at: offset, UnsafeRawBufferPointer(start: end.base, count: SnapshotLayout.endSize))
            try disk.flush(file)
            reader = try SnapshotReader(info, on: disk, under: SnapshotInfo.writingName)
        } catch {
            throw SnapshotError(error)
        }
    }

    /// Rule D9: reads back, in steps of about `bytes`, what is on the device; the snapshot gets its name when all of it is right.
    /// - Returns: what it is, or nil while there is more to read.
    package func check(bytes: Int) throws(SnapshotError) -> SnapshotInfo? {
        guard let reader else { preconditionFailure("a snapshot is read back before it is sealed") }
        #if QUORATE_MUTANTS
        if Mutant.isOn(.unverifiedStart) {
            var unread = reader.info
            unread.digest = digest
            return try name(unread)
        }
        #endif
        var seen = 0
        while seen < bytes {
            guard let chunk = try reader.next() else { return try name(reader.info) }
            seen += chunk.count
        }
        return nil
    }

    private func name(_ verified: SnapshotInfo) throws(SnapshotError) -> SnapshotInfo {
        demand(verified.digest == digest, "Rule D9: a snapshot reads back with another digest")
        do {
            try disk.rename(SnapshotInfo.writingName, to: info.name)
            try disk.flushDirectory()
        } catch {
            throw .disk(error)
        }
        return verified
    }

    /// Gives up; what was written is removed.
    package func abandon() throws(SnapshotError) {
        do {
            try disk.remove(SnapshotInfo.writingName)
        } catch {
            throw .disk(error)
        }
    }
}

extension SnapshotInfo {
    fileprivate init(_ zxid: Zxid, _ batch: LogLookup.Found) {
        self.init(
            zxid: zxid, epoch: batch.epoch, batchCRC: batch.batchCRC, chain: batch.chain, wallTime: batch.wallTime,
            logTime: batch.logTime)
    }

    /// An own snapshot where the log begins: the batch itself is gone, but `start`, whose file was damaged since, told of it.
    fileprivate init(inPlaceOf start: SnapshotInfo) {
        self.init(
            zxid: start.zxid, epoch: start.epoch, batchCRC: start.batchCRC, chain: start.chain, wallTime: start.wallTime,
            logTime: start.logTime)
    }
}

extension SnapshotError {
    /// Errors on the way of a snapshot are its own or the disk's.
    init(_ error: any Error) {
        if let error = error as? SnapshotError {
            self = error
        } else if let error = error as? DiskError {
            self = .disk(error)
        } else {
            preconditionFailure("an error of no known kind on the way of a snapshot: \(error)")
        }
    }
}
