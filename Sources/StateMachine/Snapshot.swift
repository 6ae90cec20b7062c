// Snapshots of the whole state, exact at one zxid, encoded while records go on being applied; and the way back. The stream is a
// run of items, u32 length in front of each; the first is the head, the rest is TableSpace's:
//
//   kind 5 head: u16 format, u16 tables, u64 zxid, u64 rolling digest, i64 wall time, u64 log time
//
// It may be cut into pieces anywhere.

import Batch
import DataTree
package import Handlers
package import Jute

private let snapshotFormat: UInt16 = 1
private let headKind: UInt8 = 5
private let headSize = 8 + 36
/// No item is longer than a request's bytes and a row.
private let maxItem = 64 << 20

/// What a restore has read so far.
struct Restore: ~Copyable {
    var carry = ByteBuffer(capacity: 1 << 16)
    var hasHead = false
    var isComplete = false
    var applied = Zxid.zero
    var digest: UInt64 = 0
    var wallTime: Int64 = 0
    var logTime: UInt64 = 0
}

extension StateMachine {
    // MARK: Taking one

    package var isEncodingSnapshot: Bool { space.isEncoding }

    /// Fixes the state as it is now; nothing is encoded yet but the head.
    package func beginSnapshot() {
        snapshotHead.removeAll()
        snapshotHead.append(littleEndian: UInt32(headSize))
        snapshotHead.append(byte: headKind)
        snapshotHead.append(byte: 0)
        snapshotHead.append(littleEndian: UInt16(0))
        snapshotHead.append(littleEndian: UInt32(0))
        snapshotHead.append(littleEndian: snapshotFormat)
        snapshotHead.append(littleEndian: UInt16(space.tables.count))
        snapshotHead.append(littleEndian: applied.rawValue)
        snapshotHead.append(littleEndian: digest)
        snapshotHead.append(littleEndian: wallTime)
        snapshotHead.append(littleEndian: logTime)
        space.beginSnapshot()
    }

    /// Appends about `budgetBytes` of the snapshot to `buffer`. True when it is complete.
    package func encodeSnapshotRows(budgetBytes: Int, into buffer: inout ByteBuffer) -> Bool {
        buffer.append(snapshotHead.bytes)
        snapshotHead.removeAll()
        return space.encodeSnapshot(budget: max(budgetBytes, 1), into: &buffer)
    }

    /// Rows changed faster than pieces were taken: the snapshot under way can't be finished and has to be abandoned.
    package var snapshotIsOverfull: Bool { space.isEncoding && space.isOverfull }

    /// Bytes of a snapshot under way that wait to be taken.
    package var snapshotBacklog: Int { space.encodedBytes }

    /// How many may.
    package var snapshotBacklogLimit: Int {
        get { space.earlyLimit }
        set { space.earlyLimit = newValue }
    }

    package func abandonSnapshot() {
        snapshotHead.removeAll()
        space.abandonSnapshot()
    }

    // MARK: Coming back from one

    /// Throws the present state away; watches stay, they are no state. `bytes` is the most that will come.
    package func restoreBegin(bytes: Int) {
        space.beginRestore(bytes: bytes)
        applied = .zero
        founding = nil
        configuration = []
        configurationZxid = .zero
        digestPoints = DigestPoints()
        restoring = Restore()
    }

    /// Takes the next piece, of any length.
    package func restore(chunk: RawSpan) throws(SnapshotError) {
        guard restoring != nil else { throw SnapshotError("no restore has begun") }
        restoring!.carry.append(chunk)
        while restoring!.carry.count >= 4 {
            let bytes = restoring!.carry.bytes
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
            guard length >= 8, length <= maxItem else { throw SnapshotError("an item of \(length) bytes can't be") }
            guard bytes.count >= 4 + length else { return }
            guard !restoring!.isComplete else { throw SnapshotError("there are bytes behind the end") }
            try restore(item: UnsafeRawBufferPointer(rebasing: bytes[4..<4 + length]).bytes)
            restoring!.carry.consume(4 + length)
        }
    }

    private func restore(item: RawSpan) throws(SnapshotError) {
        guard restoring!.hasHead else { return try restoreHead(item) }
        if try space.restore(item: item) { restoring!.isComplete = true }
    }

    private func restoreHead(_ item: RawSpan) throws(SnapshotError) {
        guard item.byteCount == headSize, item.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == headKind else {
            throw SnapshotError("the snapshot does not begin with its head")
        }
        func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _: T.Type) -> T {
            T(littleEndian: item.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
        }
        let format = load(8, UInt16.self)
        guard format == snapshotFormat else {
            throw SnapshotError("the snapshot has format \(format), this program knows \(snapshotFormat)")
        }
        let tables = Int(load(10, UInt16.self))
        guard tables == space.tables.count else {
            throw SnapshotError(
                "the snapshot has \(tables) tables, this program \(space.tables.count); are other request handlers registered?")
        }
        restoring!.applied = Zxid(rawValue: load(12, UInt64.self))
        restoring!.digest = load(20, UInt64.self)
        restoring!.wallTime = load(28, Int64.self)
        restoring!.logTime = load(36, UInt64.self)
        restoring!.hasHead = true
    }

    /// Closes the restore. The state is that of the snapshot's zxid, or an error says what is wrong and the state must not be
    /// used.
    package func restoreEnd() throws(SnapshotError) {
        guard let restore = restoring.take() else { throw SnapshotError("no restore has begun") }
        guard restore.isComplete, restore.carry.isEmpty else { throw SnapshotError("the snapshot is cut short") }
        try tree.adopt()
        try recallFacts()
        applied = restore.applied
        wallTime = restore.wallTime
        logTime = restore.logTime
        space.digest.value = restore.digest
    }
}
