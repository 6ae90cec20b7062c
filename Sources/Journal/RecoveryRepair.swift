// A start on a log that has lost what was once durable, where peers hold it too (rule F3): everything that can still be read in
// one piece stays, the rest is put aside until the leader has sent it again, and the epoch file says how far this member may have
// acknowledged, so that it is never led by anyone who holds less, and never leads itself.

import Batch

extension Recovery {
    /// Files with this in front belong to a log that was damaged. They are removed when the member is whole again.
    static let asidePrefix = "damaged-"

    func repair(
        _ damage: LogDamage, _ epochFile: EpochFile, _ files: LogFiles, _ log: LogChain?, _ scan: LogScan,
        _ candidates: inout SnapshotCandidates
    ) throws -> Recovered {
        guard settings.repairsFromPeers else { throw damage.refusal }
        notes.append("damage found: \(damage.sentence)")
        // Durable before anything else: a start that is cut short knows no less than this one.
        let bound = try reach(damage, epochFile.state, log, candidates)
        let known = epochFile.state.needsRepair ? epochFile.state.upperBound : .zero
        try epochFile.update { state in
            state.needsRepair = true
            state.upperBound = max(bound, known)
        }
        if log != nil, !scan.segments.isEmpty {
            do {
                return try keepReadable(epochFile, files, scan, &candidates)
            } catch let damage as LogDamage {
                notes.append(damage.sentence)
            }
        }
        return try beginAgain(epochFile)
    }

    /// How far the log may have gone: as far as a clean end says, or as the highest claim that is left, or anywhere.
    private func reach(
        _ damage: LogDamage, _ epochs: EpochState, _ log: LogChain?, _ candidates: SnapshotCandidates
    ) throws -> Zxid {
        if epochs.hasEnded { return epochs.durableThrough }
        guard !damage.isSilent, let log, log.shortened == nil, let claim = try highestClaim(log, candidates) else {
            return EpochState.unbounded
        }
        return max(claim, epochs.durableThrough)
    }

    /// The log through the last batch in front of the damage stays; the member asks its leader for what came behind.
    private func keepReadable(
        _ epochFile: EpochFile, _ files: LogFiles, _ scan: LogScan, _ candidates: inout SnapshotCandidates
    ) throws -> Recovered {
        let journal = takeOver(epochFile, files, scan, isDamaged: true)
        journal.counters.damagedSegments &+= 1
        try journal.cutDamage()
        notes.append("kept the log through \(scan.last)")
        try putAside(files, but: journal)
        return try finish(journal, scan, &candidates, isFresh: false, isDamaged: true)
    }

    /// Nothing that stands for itself is left: the log begins anew, empty.
    private func beginAgain(_ epochFile: EpochFile) throws -> Recovered {
        let files = try LogFiles.read(disk)
        let scan = try emptyLog(epochFile, files)
        let journal = takeOver(epochFile, files, scan, isDamaged: true)
        journal.counters.damagedSegments &+= 1
        notes.append("began an empty log")
        try putAside(files, but: journal)
        var none = SnapshotCandidates(noneOf: snapshots)
        return try finish(journal, scan, &none, isFresh: false, isDamaged: true)
    }

    private func putAside(_ files: LogFiles, but journal: Journal) throws(DiskError) {
        let live = journal.map.change { state in Set(state.segments.map(\.file.name)) }
        for entry in files.entries where !live.contains(entry.file.name) {
            let name = Recovery.asidePrefix + entry.file.name
            try disk.rename(entry.file.name, to: name)
        }
        try disk.flushDirectory()
        journal.putAside = try disk.names().filter { $0.hasPrefix(Recovery.asidePrefix) }
    }

    /// Rule F3: the highest zxid that any intact frame, seal, base or own snapshot speaks of. What a newer generation of the log
    /// superseded claims nothing.
    /// - Returns: nil if a part of the log that may claim more can't be read.
    private func highestClaim(_ log: LogChain, _ candidates: SnapshotCandidates) throws -> Zxid? {
        var highest = candidates.highestOwn
        for (i, entry) in log.entries.enumerated() {
            guard let identity = entry.identity else { continue }
            let window = FileWindow(disk: disk, file: entry.file, size: entry.size)
            let start = LogPosition(before: .zero, chain: 0, offset: Segment.headSize)
            let walk = LogWalk(
                window: window, use: identity.use, salt: Frame.salt(of: identity.incarnation), from: start)
            var claim = log.base(i)?.zxid ?? .zero
            do throws(DiskError) {
                for (offset, frame) in try walk.headsBehind() {
                    claim = max(claim, frame.syncedUpTo, try walk.lastOfFlush(at: offset, frame))
                }
            } catch {
                if error.isUnreadable { return nil }
                throw error
            }
            let generation = log.base(i)?.generation ?? log.generation
            for later in log.entries.indices.dropFirst(i + 1) {
                if let base = log.base(later), base.generation > generation { claim = min(claim, base.zxid) }
            }
            highest = max(highest, claim)
        }
        return highest
    }
}
