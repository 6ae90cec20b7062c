// A start: reads epoch file, log and snapshots, tells a torn tail from damage, and hands over a journal that goes on where the
// log ends. What was ever durable and can't be read any more ends the start with a sentence that names the place (rules F3,
// F4); nothing is deleted for it (F6).

import Batch
import Rules

extension Journal {
    /// `snapshots` may be another directory than the log's. `newIncarnation` is used if the directory is empty.
    package static func recover(
        disk: any Disk, snapshots: (any Disk)? = nil, nodeID: UInt32, settings: JournalSettings = JournalSettings(),
        newIncarnation: UInt128 = .random(in: 1 ... .max)
    ) throws(JournalError) -> Recovered {
        let recovery = Recovery(disk: disk, snapshots: snapshots ?? disk, nodeID: nodeID, settings: settings)
        do {
            return try recovery.run(newIncarnation)
        } catch let error as JournalError {
            throw error
        } catch let error as LogDamage {
            throw error.refusal
        } catch let error as DiskError {
            throw .disk(error)
        } catch let error as LogReadError {
            throw .damaged("\(error)")
        } catch {
            preconditionFailure("a start failed for no known reason: \(error)")
        }
    }
}

final class Recovery {
    let disk: any Disk
    let snapshots: any Disk
    let nodeID: UInt32
    let settings: JournalSettings
    var notes: [String] = []

    init(disk: any Disk, snapshots: any Disk, nodeID: UInt32, settings: JournalSettings) {
        self.disk = disk
        self.snapshots = snapshots
        self.nodeID = nodeID
        self.settings = settings
    }

    func run(_ newIncarnation: UInt128) throws -> Recovered {
        try flushNames()
        let owner = try LogOwner.read(on: snapshots)
        let (epochFile, isFresh) = try readEpochs(newIncarnation, owner)
        try noteOwner(owner, epochFile.state.incarnation)
        let files = try LogFiles.read(disk)
        var candidates = try SnapshotCandidates(snapshots)
        if epochFile.state.newestUse == 0 { return try begin(epochFile, files, &candidates, isFresh: isFresh) }
        var scan = LogScan(disk: disk, salt: Frame.salt(of: epochFile.state.incarnation), versions: settings.knownVersions)
        var log: LogChain?
        do {
            let chain = try liveSegments(files, epochFile.state)
            log = chain
            try scan.run(chain, &candidates)
            try scan.judgeReach(chain, epochFile.state, highestOwn: candidates.highestOwn)
            let journal = takeOver(epochFile, files, scan)
            if let place = scan.tornAt {
                try journal.cutTornTail()
                notes.append("cut a torn tail at \(place)")
            }
            return try finish(journal, scan, &candidates, isFresh: isFresh)
        } catch let damage as LogDamage {
            return try repair(damage, epochFile, files, log, scan, &candidates)
        } catch let error as DiskError where error.isUnreadable {
            return try repair(
                LogDamage("\(error)"), epochFile, files, nil, scan, &candidates)
        }
    }

    /// Rule D11: names that an ended process gave and did not flush are there, and would go with the power; nothing may build on
    /// them.
    private func flushNames() throws(DiskError) {
        try disk.flushDirectory()
        if snapshots !== disk { try snapshots.flushDirectory() }
    }

    /// Rule F4: without an intact slot the promises are unknown, and a member that may have promised must not vote.
    private func readEpochs(
        _ newIncarnation: UInt128, _ owner: LogOwner.Reading
    ) throws -> (EpochFile, isFresh: Bool) {
        let (reading, file) = try EpochFile.open(on: disk)
        let hasLog = try !LogFiles.names(in: disk).isEmpty
        let hasSnapshots = try snapshots.names().contains { $0.hasPrefix(SnapshotInfo.prefix) }
        if reading == .missing, !hasLog { try refuseLostLog(owner) }
        let remedy =
            "restore the directory as it was, or, if other members hold the data, start with an empty one and have this member "
            + "replaced, on the leader's machine: quorate replace \(nodeID)"
        switch reading {
        case .read(let state, let repaired):
            guard state.nodeID == nodeID else {
                throw JournalError.foreign(
                    "the data directory belongs to member \(state.nodeID), not to \(nodeID): "
                        + "correct myid, or name another directory"
                )
            }
            if repaired { notes.append("rewrote one slot of the epoch file") }
            return (file!, false)
        #if QUORATE_MUTANTS
        case .missing where Mutant.isOn(.forgetsPromises) && hasLog:
            return (try EpochFile.create(on: disk, state: EpochState(nodeID: nodeID, incarnation: newIncarnation)), true)
        #endif
        case .missing where hasLog || hasSnapshots:
            let beside = hasLog ? "the log in \(disk.place)" : "snapshots in \(snapshots.place)"
            throw JournalError.damaged(
                "the epoch file is missing in \(disk.place), beside \(beside), so this member must not vote: \(remedy)")
        case .unreadable:
            // Whatever lies beside it: the file has its name only since both slots were durable.
            let never = hasLog || hasSnapshots ? "" : "; only if this member has never served, remove that file and start again"
            throw JournalError.damaged(
                "both slots of the epoch file are damaged (\(EpochFile.name) in \(disk.place)), so this member must not vote: "
                    + remedy + never)
        case .missing:
            // Nothing was ever sent from here, or the creation of the directory was cut short (rule D10).
            let state = EpochState(nodeID: nodeID, incarnation: newIncarnation)
            return (try EpochFile.create(on: disk, state: state), true)
        }
    }

    /// An empty log.
    private func begin(
        _ epochFile: EpochFile, _ files: LogFiles, _ candidates: inout SnapshotCandidates, isFresh: Bool
    ) throws -> Recovered {
        let scan = try emptyLog(epochFile, files)
        let journal = takeOver(epochFile, files, scan)
        return try finish(journal, scan, &candidates, isFresh: isFresh)
    }

    /// A first use, or, in place of a log that is damaged as a whole, one that nothing leads to.
    func emptyLog(_ epochFile: EpochFile, _ files: LogFiles) throws(DiskError) -> LogScan {
        var number = files.highestNumber + 1
        let use = max(files.highestUse, epochFile.state.newestUse) + 1
        let generation = max(files.highestGeneration, epochFile.state.generation) + 1
        let base = SegmentBase(use: use, generation: generation, zxid: .zero, epoch: 0, chain: 0)
        let segment = try NewSegment.make(
            disk: disk, poolName: nil, number: &number, use: use, generation: generation, predecessor: 0, base: base,
            epochs: epochFile.state)
        try epochFile.update { state in
            state.newestUse = use
            state.oldestUse = use
            state.generation = generation
            state.durableThrough = .zero
            state.hasEnded = false
        }
        var scan = LogScan(disk: disk, salt: Frame.salt(of: epochFile.state.incarnation), versions: settings.knownVersions)
        scan.beginEmpty(segment)
        return scan
    }

    /// The uses of the log, oldest first: a walk from the newest back by predecessors.
    private func liveSegments(_ files: LogFiles, _ epochs: EpochState) throws -> LogChain {
        var entries: [LogFiles.Entry] = []
        var use = epochs.newestUse
        while true {
            // Rule F3: what a missing segment held is unknown, so the bound of what was acknowledged is infinite.
            guard let entry = files.entry(of: use), let identity = entry.identity else {
                throw LogDamage(
                    "the log segment of use \(use) is missing or its identity block is damaged; what it held is unknown")
            }
            guard identity.incarnation == epochs.incarnation, identity.clusterID == 0 || identity.clusterID == epochs.clusterID
            else {
                throw JournalError.foreign(
                    "\(entry.file.name) was written by another member or cluster: restore the files that belong to this directory"
                )
            }
            entries.append(entry)
            if use == epochs.oldestUse { break }
            use = identity.predecessor
        }
        let chain = LogChain(entries: entries.reversed(), generation: epochs.generation)
        try chain.validate()
        return chain
    }

    /// - Parameter isDamaged: files that are no part of the log are left alone.
    func takeOver(_ epochFile: EpochFile, _ files: LogFiles, _ scan: LogScan, isDamaged: Bool = false) -> Journal {
        let epochs = epochFile.state
        let live = Set(scan.segments.map(\.file.name))
        let current = scan.segments[scan.segments.count - 1]
        var head = LogHead(
            segment: current, last: scan.last, chain: scan.chain, isSealed: scan.isSealed,
            nextUse: max(files.highestUse, epochs.newestUse) + 1,
            nextGeneration: max(files.highestGeneration, epochs.generation) + 1,
            nextFileNumber: max(files.highestNumber, LogFiles.number(of: current.file.name)) + 1, pool: [])
        var superfluous: [String] = []
        for entry in files.entries where !live.contains(entry.file.name) && !isDamaged {
            if let identity = entry.identity, identity.use == epochs.newestUse {
                if entry.base?.use != identity.use, identity.predecessor == current.base.use, scan.tornAt == nil {
                    head.spare = SpareSegment(file: entry.file, identity: identity, size: entry.size)
                } else {
                    head.reserved = entry.file.name
                }
            } else if head.pool.count < 2, entry.size <= 2 * settings.segmentSize {
                head.pool.append(entry.file.name)
            } else {
                superfluous.append(entry.file.name)
            }
        }
        let map = LogMap(salt: scan.salt)
        let (segments, generation, durable) = (scan.segments, epochs.generation, head.last)
        map.change { state in
            state.segments = segments
            state.durable = durable
            state.generation = generation
        }
        let journal = Journal(disk: disk, snapshots: snapshots, settings: settings, epochFile: epochFile, map: map, head: head)
        if !superfluous.isEmpty { journal.jobs.append(.remove(superfluous, snapshots: false)) }
        return journal
    }

    /// Rule D8: state = newest valid start and what follows it; replay stops at what is known to be committed.
    func finish(
        _ journal: Journal, _ scan: LogScan, _ candidates: inout SnapshotCandidates, isFresh: Bool, isDamaged: Bool = false
    ) throws -> Recovered {
        let stateBad = journal.epochs.stateBad
        let starts = try candidates.starts(onlyReceived: stateBad, isLogWhole: !isDamaged, notes: &notes)
        let start = starts.last
        if start == nil, !stateBad, scan.segments[0].base.zxid != .zero {
            throw LogDamage(
                "the log begins behind \(scan.segments[0].base.zxid), but no snapshot that the log confirms is intact")
        }
        journal.starts = starts
        journal.map.change { $0.newestStart = start }
        for older in starts.dropLast() { journal.jobs.append(.verifyStart(older)) }
        // With no peers, everything durable is committed.
        #if QUORATE_MUTANTS
        let isAllKnown = settings.durableIsCommitted || Mutant.isOn(.replaysUncommitted)
        #else
        let isAllKnown = settings.durableIsCommitted
        #endif
        let known = isAllKnown ? scan.last : min(scan.committed, scan.last)
        let committed = stateBad && start == nil ? .zero : max(known, start?.zxid ?? .zero)
        journal.noteCommitted(committed)
        let from = stateBad && start == nil ? scan.last : start?.zxid ?? .zero
        let replay = try LogReader(disk: disk, map: journal.map, behind: from)
        journal.counters.bytesSinceStart = journal.map.bytes(behind: from)
        let (tail, configurations) = try readTail(journal, behind: max(committed, from))
        let ends = epochEnds(scan, start)
        let line = describe(journal, scan, start, committed, tail.count, isFresh)
        #if QUORATE_MUTANTS
        let last = Mutant.isOn(.snapshotAheadIgnored) && scan.epochEnds.isEmpty ? .zero : scan.last
        #else
        let last = scan.last
        #endif
        return Recovered(
            journal: journal, lastLogged: last, logStart: scan.segments[0].base.zxid, epochEnds: ends, start: start,
            committedUpTo: committed, replay: replay, tail: tail, tailConfigurations: configurations,
            lastWallTime: max(scan.wallTime, start?.wallTime ?? 0), lastLogTime: max(scan.logTime, start?.logTime ?? 0),
            isFresh: isFresh, line: line)
    }

    /// The ends of the epochs in the log, and those of the places where log and start stand, where the log itself begins too late
    /// to tell: a leader judges by them where two logs part (rule L3).
    private func epochEnds(_ scan: LogScan, _ start: SnapshotInfo?) -> [(epoch: UInt32, last: Zxid)] {
        var ends = scan.epochEnds
        let base = scan.segments[0].base
        var places = [(epoch: base.epoch, last: base.zxid)]
        if let start { places.append((start.epoch, start.zxid)) }
        for place in places where place.last != .zero && !ends.contains(where: { $0.epoch == place.epoch }) {
            ends.insert(place, at: ends.firstIndex { $0.epoch > place.epoch } ?? ends.count)
        }
        return ends
    }

    /// Rule B1: a long tail is read to its end, for its configuration records, but not kept.
    private func readTail(_ journal: Journal, behind zxid: Zxid) throws -> (
        tail: [SealedBatch], configurations: [SealedBatch]
    ) {
        let reader = try LogReader(disk: disk, map: journal.map, behind: zxid)
        var tail: [SealedBatch] = []
        var configurations: [SealedBatch] = []
        var bytes = 0
        while true {
            let piece = try reader.next(through: journal.lastLogged)
            if piece.isEmpty { return (tail, configurations) }
            if bytes < settings.tailBytes { tail += piece }
            for batch in piece {
                bytes += batch.byteCount
                if batch.header.isConfiguration { configurations.append(batch) }
            }
        }
    }

    private func describe(
        _ journal: Journal, _ scan: LogScan, _ start: SnapshotInfo?, _ committed: Zxid, _ tail: Int, _ isFresh: Bool
    ) -> String {
        let epochs = journal.epochs
        var line =
            isFresh
            ? "new data directory, incarnation \(String(epochs.incarnation, radix: 16))"
            : "epochs \(epochs.acceptedEpoch)/\(epochs.currentEpoch)"
        if !isFresh {
            line += ", log \(scan.segments[0].base.zxid)..\(scan.last) in \(scan.segments.count) segment(s)"
            line += start.map { ", newest start \($0.zxid)" } ?? ", no snapshot"
            line += ", committed through \(committed)"
            if tail > 0 { line += ", \(tail) batch(es) behind it" }
            if epochs.needsRepair {
                let bound = epochs.upperBound == EpochState.unbounded ? "anything" : "through \(epochs.upperBound)"
                line += ", may have acknowledged \(bound), to be repaired from its peers"
            }
            if epochs.stateBad { line += ", state marked bad" }
        }
        return (["journal: " + line] + notes).joined(separator: "; ")
    }
}
