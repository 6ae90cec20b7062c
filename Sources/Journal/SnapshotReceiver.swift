// Takes in the bytes of a leader's snapshot file under a temporary name. It gets its name only when it was flushed and read
// back whole; the journal then bases the log on it (zab B.4 step i, rule D6). A received snapshot that the log does not confirm
// is deleted at the next start.

package import Batch
import Rules

package final class SnapshotReceiver {
    private let disk: any Disk
    private let file: DiskFile
    private let zxid: Zxid
    private let bytes: Int
    private let digest: UInt64
    /// Bytes taken in so far.
    package private(set) var offset = 0
    private var unsynced = 0
    private static let syncStep = 4 << 20

    /// What the leader announced: the snapshot's zxid, the size of its file and its digest.
    package init(disk: any Disk, zxid: Zxid, bytes: Int, digest: UInt64) throws(SnapshotError) {
        self.disk = disk
        self.zxid = zxid
        self.bytes = bytes
        self.digest = digest
        do {
            file = try disk.open(SnapshotInfo.receivingName, .replacing)
        } catch {
            throw .disk(error)
        }
    }

    /// Whether this is what has come of that snapshot so far.
    func holds(_ zxid: Zxid, _ bytes: Int, _ digest: UInt64, through offset: Int) -> Bool {
        (zxid, bytes, digest, offset) == (self.zxid, self.bytes, self.digest, self.offset)
    }

    package func append(_ chunk: UnsafeRawBufferPointer, at place: Int) throws(SnapshotError) {
        guard place == offset, chunk.count <= bytes - offset else {
            throw .notAnnounced("\(chunk.count) bytes came for offset \(place), when \(offset) of \(bytes) were there")
        }
        do {
            try disk.writeAll(file, at: offset, chunk)
            offset += chunk.count
            unsynced += chunk.count
            if unsynced >= SnapshotReceiver.syncStep {
                unsynced = 0
                try disk.flush(file)
            }
        } catch {
            throw .disk(error)
        }
    }

    /// Rule D6, its first half: the snapshot's bytes and its name are durable.
    package func finish() throws(SnapshotError) -> SnapshotInfo {
        guard offset == bytes else { throw .notAnnounced("\(offset) of \(bytes) bytes came") }
        do {
            #if QUORATE_MUTANTS
            if !Mutant.isOn(.snapshotUnflushed) { try disk.flush(file) }
            #else
            try disk.flush(file)
            #endif
            var info = try SnapshotReader.verify(nil, on: disk, under: SnapshotInfo.receivingName)
            guard info.zxid == zxid, info.digest == digest else {
                throw SnapshotError.notAnnounced("it is one of \(info.zxid) with another digest")
            }
            info.isReceived = true
            try disk.rename(SnapshotInfo.receivingName, to: info.name)
            try disk.flushDirectory()
            return info
        } catch {
            throw SnapshotError(error)
        }
    }
}
