// The snapshot files of a directory at a start, and which of them the log confirms (rule D8).

import Batch
import Rules

struct SnapshotCandidates {
    private let disk: any Disk
    private var found: [(info: SnapshotInfo, isConfirmed: Bool)] = []
    private var unreadable: [String] = []

    init(_ disk: any Disk) throws {
        self.disk = disk
        let block = Block()
        for name in try disk.names() where name.hasPrefix(SnapshotInfo.prefix) {
            let file = try disk.open(name, .existing)
            try disk.flush(file)
            disk.forgetCached(file)
            block.clear()
            let got = try disk.readAll(file, at: 0, into: block.mutableBytes)
            try FormatVersion.judge(block, magic: SnapshotInfo.magic, known: SnapshotInfo.version, name: name)
            guard got == blockSize, var info = SnapshotInfo(decoding: block)
            else {
                unreadable.append(name)
                continue
            }
            info.isReceived = name.hasSuffix(SnapshotInfo.receivedSuffix)
            guard info.name == name else {
                unreadable.append(name)
                continue
            }
            info.bytes = try disk.size(file)
            found.append((info, false))
        }
        found.sort { $0.info.zxid < $1.info.zxid }
    }

    /// For a log that confirms none.
    init(noneOf disk: any Disk) { self.disk = disk }

    /// Of the snapshots that this member wrote of its own state.
    var highestOwn: Zxid { found.filter { !$0.info.isReceived }.map(\.info.zxid).max() ?? .zero }

    /// The log begins behind this base.
    mutating func confirm(base: SegmentBase) {
        for i in found.indices where found[i].info.zxid == base.zxid && base.zxid != .zero {
            let info = found[i].info
            if info.epoch == base.epoch, info.chain == base.chain { found[i].isConfirmed = true }
        }
    }

    mutating func confirm(batchEndingAt zxid: Zxid, crc: UInt32) {
        for i in found.indices where found[i].info.zxid == zxid && found[i].info.batchCRC == crc { found[i].isConfirmed = true }
    }

    /// The confirmed and intact ones, oldest first. Received ones that the log does not confirm are deleted: their log never
    /// came to be.
    func starts(onlyReceived: Bool, isLogWhole: Bool, notes: inout [String]) throws(DiskError) -> [SnapshotInfo] {
        for name in unreadable { notes.append("ignored \(name), whose head can't be read") }
        var starts: [SnapshotInfo] = []
        var removed = false
        for (info, isConfirmed) in found {
            #if QUORATE_MUTANTS
            if Mutant.isOn(.unconfirmedStart), !isConfirmed {
                starts.append(info)
                continue
            }
            #endif
            if !isConfirmed {
                notes.append("ignored \(info.name), which the log does not confirm")
                // Rule F6: nothing is deleted because something else is missing or bad. Only a received file goes: its log
                // never came to be, and the log that stands is whole, or this start would have been refused before.
                guard info.isReceived, isLogWhole else { continue }
                demand(!starts.contains(info), "Rule F6: \(info.name) counts as a start and would be deleted")
                try disk.remove(info.name)
                removed = true
            } else if !onlyReceived || info.isReceived {
                starts.append(info)
            }
        }
        if removed { try disk.flushDirectory() }
        // The newest is read whole before anything is built on it; if it is damaged, an older one serves.
        while let newest = starts.last {
            // Rule D8: a start is what the log confirms.
            demand(
                found.contains { $0.info.zxid == newest.zxid && $0.isConfirmed }, "Rule D8: the log confirms no such start")
            do {
                starts[starts.count - 1] = try SnapshotReader.verify(newest, on: disk)
                break
            } catch {
                if case .disk(let error) = error { throw error }
                notes.append("ignored \(newest.name): \(error)")
                starts.removeLast()
            }
        }
        return starts
    }
}
