// New generations of the log: cutting its end off, or basing it on a received snapshot. Nothing is overwritten. A new use of
// another file gets a higher generation and the base where the log goes on; only when that is durable does the epoch file name
// it (rules D6, D7).

import Batch
import Rules

extension Journal {
    /// Rule D7: forgets everything behind `zxid`.
    func truncate(to zxid: Zxid) throws(JournalError) {
        demand(zxid <= lastLogged, "Rule D7: a log that ends at \(lastLogged) can't be cut at \(zxid)")
        if zxid == lastLogged { return }
        let place = try position(behind: zxid)
        try beginGeneration(
            SegmentBase(use: 0, generation: 0, zxid: zxid, epoch: epochOf(zxid), chain: place.chain), place.holder)
        let superseded = map.change { state -> [Segment] in
            var gone: [Segment] = []
            while let last = state.segments.last, last.base.use != place.holder {
                gone.append(last)
                state.segments.removeLast()
            }
            if !state.segments.isEmpty { state.segments[state.segments.count - 1].cut(at: zxid, end: place.end) }
            return gone
        }
        publishNewSegment()
        counters.truncations &+= 1
        release(superseded)
        requestSpare()
    }

    /// Rule F2: what a flush that never returned had begun to write is cut off at a start, and the place is remembered until
    /// rule D3.
    func cutTornTail() throws(JournalError) {
        let zxid = lastLogged
        let base = SegmentBase(use: 0, generation: 0, zxid: zxid, epoch: lastEpoch, chain: chain)
        #if QUORATE_MUTANTS
        if Mutant.isOn(.tornRaisesBound) {
            try changeEpochs { ($0.needsRepair, $0.upperBound) = (true, Zxid(epoch: zxid.epoch, counter: .max)) }
        }
        #endif
        try beginGeneration(base, use, also: { $0.tornAt = zxid })
        publishNewSegment()
        requestSpare()
    }

    /// Rule F3: the log goes on behind the last batch in front of damage that was found at a start.
    func cutDamage() throws(JournalError) {
        try beginGeneration(SegmentBase(use: 0, generation: 0, zxid: lastLogged, epoch: lastEpoch, chain: chain), use)
        publishNewSegment()
        requestSpare()
    }

    /// Where the batch that ends at `zxid` ends: the use that holds it (zero if the log begins there), and the chain behind it.
    private func position(behind zxid: Zxid) throws(JournalError) -> (holder: UInt64, chain: UInt32, end: Int) {
        guard let segment = map.segment(endingAt: zxid) else {
            if let first = map.change({ state in state.segments.first }), first.base.zxid == zxid {
                return (0, first.base.chain, Segment.headSize)
            }
            throw .damaged("the log can't be cut at \(zxid), which lies before its oldest batch; this member needs a snapshot")
        }
        let found = try storing { () throws(DiskError) in try endOfBatch(zxid, in: segment) }
        guard let found else { throw .damaged("the log can't be cut at \(zxid): no batch in \(segment.file.name) ends there") }
        return (segment.base.use, found.chain, found.end)
    }

    private func endOfBatch(_ zxid: Zxid, in segment: Segment) throws(DiskError) -> (chain: UInt32, end: Int)? {
        let window = FileWindow(disk: disk, file: segment.file, size: try disk.size(segment.file))
        var walk = LogWalk(
            window: window, use: segment.base.use, salt: salt, from: segment.position(before: zxid), limit: segment.end,
            checksPayload: false)
        while walk.last < zxid {
            if case .end = try walk.next() { return nil }
        }
        return walk.last == zxid ? (walk.chain, walk.end) : nil
    }

    /// Rules D6 and B.4 (i): the log goes on behind a snapshot that was received, verified and named.
    func install(_ info: SnapshotInfo) throws(JournalError) {
        precondition(info.isReceived, "only a received snapshot is installed")
        if epochs.stateBad, try holds(info) { return try keepLog(under: info) }
        try rebase(on: info)
        noteInstalled(info)
    }

    /// Only the state was wrong: the log, which holds the batch that the snapshot stands behind, is right and stays (rule D8).
    func keepLog(under info: SnapshotInfo) throws(JournalError) {
        guard try holds(info) else {
            throw .damaged(
                "the log does not hold the batch that \(info.name) stands behind, so it can't stay beside that snapshot")
        }
        try dropOtherSnapshots(than: info)
        noteInstalled(info)
    }

    private func noteInstalled(_ info: SnapshotInfo) {
        hasFreshState = true
        starts = [info]
        map.change { $0.newestStart = info }
        committed = max(committed, info.zxid)
        counters.bytesSinceStart = map.bytes(behind: info.zxid)
        counters.installedSnapshots &+= 1
        requestSpare()
    }

    private func rebase(on info: SnapshotInfo) throws(JournalError) {
        let reached = max(lastLogged, epochs.needsRepair ? epochs.upperBound : .zero)
        let stateWasBad = epochs.stateBad
        try beginGeneration(
            SegmentBase(use: 0, generation: 0, zxid: info.zxid, epoch: info.epoch, chain: info.chain), 0,
            also: { state in
                if reached > info.zxid {
                    state.needsRepair = true
                    state.upperBound = reached
                }
            })
        let superseded = map.change { state -> [Segment] in
            let gone = state.segments
            state.segments.removeAll()
            return gone
        }
        lastLogged = info.zxid
        lastDurable = info.zxid
        lastEpoch = info.epoch
        publishNewSegment()
        release(superseded)
        // Rule D6: only now is the older state superseded.
        if stateWasBad {
            try dropOtherSnapshots(than: info)
        } else {
            jobs.append(.remove(starts.filter { $0 != info }.map(\.name), snapshots: true))
        }
    }

    /// Snapshots of a bad state must be gone before the mark is.
    private func dropOtherSnapshots(than info: SnapshotInfo) throws(JournalError) {
        try storing { () throws(DiskError) in
            for name in try snapshots.names() where name.hasPrefix(SnapshotInfo.prefix) && name != info.name {
                try snapshots.remove(name)
            }
            try snapshots.flushDirectory()
        }
    }

    /// Rule D8: whether the log holds the batch that the snapshot stands behind.
    private func holds(_ info: SnapshotInfo) throws(JournalError) -> Bool {
        try storing { () throws(DiskError) in
            try LogLookup(disk: disk, map: map).batch(endingAt: info.zxid)?.batchCRC == info.batchCRC
        }
    }

    /// Makes a new use of a file the end of the log. `predecessor` is the use whose log goes on in it.
    private func beginGeneration(
        _ base: SegmentBase, _ predecessor: UInt64, also change: (inout EpochState) -> Void = { _ in }
    ) throws(JournalError) {
        let made = try storing { () throws(DiskError) in
            try NewSegment.make(
                disk: disk, poolName: pool.popLast(), number: &nextFileNumber, use: nextUse, generation: nextGeneration,
                predecessor: predecessor, base: base, epochs: epochs)
        }
        nextUse += 1
        nextGeneration += 1
        // Rules D6, D7: the base is durable, now the epoch file names its generation; then anything may be appended.
        try changeEpochs { state in
            #if QUORATE_MUTANTS
            if Mutant.isOn(.generationUnnamed), predecessor != 0 { return }
            #endif
            state.newestUse = made.base.use
            state.generation = made.base.generation
            state.durableThrough = made.base.zxid
            if predecessor == 0 { state.oldestUse = made.base.use }
            change(&state)
        }
        file = made.file
        use = made.base.use
        end = Segment.headSize
        filled = made.filled
        chain = made.base.chain
        lastLogged = made.base.zxid
        lastDurable = lastLogged
        lastEpoch = made.base.epoch
        unwrittenBase = nil
        isSealed = true
        counters.segmentUses &+= 1
        latestSegment = made
        // The spare was prepared to follow another segment; it is prepared again.
        if let spare { pool.append(spare.file.name) }
        spare = nil
    }

    private func publishNewSegment() {
        guard let made = latestSegment else { return }
        latestSegment = nil
        let durable = lastDurable
        map.change { state in
            state.segments.append(made)
            state.durable = durable
            state.generation = made.base.generation
        }
    }
}
