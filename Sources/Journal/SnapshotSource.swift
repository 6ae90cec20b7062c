// The bytes of a snapshot file for a learner, in pieces of one mebibyte. The open file outlives its name, so purging needs no
// pin here. Head and end are judged before it is announced, the chunks while they are read: what does not read back as it was
// written is not sent on as if it were whole.

import Batch
import CLinux

final class SnapshotSource {
    static let pieceSize = 1 << 20

    private let disk: any Disk
    private let file: DiskFile
    private(set) var info: SnapshotInfo
    private var offset = 0
    private var check: SnapshotCheck

    /// A member's own snapshot and a received one may lie side by side, when the log confirms only one of them, and may be of one
    /// content all the same: which of the two is read is of no account, as long as it can be read.
    /// - Parameter damaged: names of files that are tried last.
    static func open(zxid: Zxid, digest: UInt64, damaged: Set<String>, on disk: any Disk) throws(SnapshotError) -> SnapshotSource
    {
        let ownComesLast = damaged.contains(SnapshotInfo.name(zxid, isReceived: false))
        let first: SnapshotError
        do throws(SnapshotError) {
            return try SnapshotSource(zxid: zxid, isReceived: ownComesLast, digest: digest, on: disk)
        } catch {
            first = error
        }
        do throws(SnapshotError) {
            return try SnapshotSource(zxid: zxid, isReceived: !ownComesLast, digest: digest, on: disk)
        } catch {
            // What is not there tells less than what can't be read.
            if case .disk(let missing) = error, missing.isMissing { throw first }
            throw error
        }
    }

    /// - Parameter digest: zero if any will do.
    private init(zxid: Zxid, isReceived: Bool, digest: UInt64, on disk: any Disk) throws(SnapshotError) {
        self.disk = disk
        var wanted = SnapshotInfo(zxid: zxid, epoch: 0, batchCRC: 0, chain: 0, wallTime: 0, logTime: 0)
        wanted.isReceived = isReceived
        do {
            file = try disk.open(wanted.name, .existing)
            let size = try disk.size(file)
            let block = Block()
            guard try disk.readAll(file, at: 0, into: block.mutableBytes) == blockSize, let found = SnapshotInfo(decoding: block),
                size >= blockSize + SnapshotLayout.endSize
            else { throw SnapshotError.damaged(name: wanted.name, offset: 0, reason: "its head can't be read") }
            let end = UnsafeMutableRawBufferPointer(start: block.base, count: SnapshotLayout.endSize)
            let place = size - SnapshotLayout.endSize
            _ = try disk.readAll(file, at: place, into: end)
            let rest = UnsafeRawBufferPointer(start: block.base + 8, count: SnapshotLayout.endSize - 8)
            let p = UnsafeRawPointer(block.base)
            guard p.load(UInt32.self, at: 0) == 0, p.load(UInt32.self, at: 4) == SnapshotLayout.crc(head: p, payload: rest) else {
                throw SnapshotError.damaged(name: wanted.name, offset: place, reason: "its end has a wrong checksum")
            }
            info = found
            info.isReceived = wanted.isReceived
            info.bytes = size
            info.digest = p.load(UInt64.self, at: 24)
            check = SnapshotCheck(
                name: wanted.name, zxid: found.zxid.rawValue, size: size,
                end: .init(chunks: p.load(UInt64.self, at: 8), payload: p.load(UInt64.self, at: 16), digest: info.digest))
        } catch {
            throw SnapshotError(error)
        }
        guard digest == 0 || info.digest == digest else {
            throw .damaged(name: info.name, offset: 0, reason: "it has another digest than the start that is meant")
        }
    }

    func next() throws(SnapshotError) -> (offset: Int, bytes: [UInt8], isLast: Bool) {
        let start = offset
        let count = min(SnapshotSource.pieceSize, info.bytes - start)
        var bytes = [UInt8](repeating: 0, count: count)
        do {
            let got = try bytes.withUnsafeMutableBytes { room in try disk.readAll(file, at: start, into: room) }
            guard got == count else {
                throw SnapshotError.damaged(name: file.name, offset: start + got, reason: "it ends too early")
            }
            try bytes.withUnsafeBytes { piece in try check.take(piece) }
        } catch {
            throw SnapshotError(error)
        }
        offset += count
        return (start, bytes, offset == info.bytes)
    }
}
