// The list of starts, and what may go once a newer one stands: snapshots beyond the kept number, and the log that lies behind
// the oldest kept start and under no reader's pin.

import Batch
import Rules

extension Journal {
    /// Rule D9: the only makers of a SnapshotInfo with a digest have read the file back, so `info` is verified.
    func noteStart(_ info: SnapshotInfo) throws(JournalError) {
        demand(info.bytes > 0, "Rule D9: a snapshot becomes a start only after it was read back")
        if epochs.stateBad {
            // Rule A3: of a bad state nothing becomes a start; what a leader sent does, and the log that holds its batch stays.
            demand(info.isReceived, "Rule A3: a bad state was written as a start")
            return try keepLog(under: info)
        }
        guard info.zxid <= lastDurable, info.zxid > (starts.last?.zxid ?? .zero) else { return }
        starts.append(info)
        map.change { $0.newestStart = info }
        counters.bytesSinceStart = 0
        try supersedeDamage()
        try purge()
    }

    /// An older start of an earlier process was read back whole: now purging may rely on it.
    func noteVerified(_ info: SnapshotInfo) {
        if let i = starts.firstIndex(where: { $0.name == info.name }) { starts[i] = info }
    }

    /// A start that can't be read any more counts for nothing. Its file stays (rule F6).
    /// - Returns: false if it was none.
    func dropStart(_ name: String) -> Bool {
        guard let i = starts.firstIndex(where: { $0.name == name }) else { return false }
        starts.remove(at: i)
        counters.damagedStarts &+= 1
        return true
    }

    /// Rule F5: the newest start, which was read back, stands for everything in front of it; the log up to there, and the starts
    /// that build on it, go however many are to be kept and whoever still reads them.
    private func supersedeDamage() throws(JournalError) {
        guard let damaged = damagedUse, let newest = starts.last else { return }
        let segments = map.change { state in state.segments }
        guard let place = segments.firstIndex(where: { $0.base.use == damaged }) else {
            damagedUse = nil
            return
        }
        guard place + 1 < segments.count, segments[place + 1].base.zxid <= newest.zxid else { return }
        let first = segments[place + 1]
        try changeEpochs { $0.oldestUse = first.base.use }
        map.change { state in
            state.segments.removeFirst(place + 1)
            state.pins.removeAll { $0.zxid < first.base.zxid }
        }
        let older = starts.dropLast().filter { $0.zxid < first.base.zxid }
        starts.removeAll { $0.zxid < first.base.zxid }
        jobs.append(.remove(older.map(\.name), snapshots: true))
        // Not to be used again: what stands there is no longer what was written.
        jobs.append(.remove(segments[...place].map(\.file.name), snapshots: false))
        counters.purgedSegments &+= UInt64(place + 1)
        damagedUse = nil
    }

    private func purge() throws(JournalError) {
        // Only what was read back counts as kept; what is older than as many of these as are to be kept may go.
        let verified = starts.indices.filter { starts[$0].isVerified }
        guard settings.purges, verified.count >= settings.starts else { return }
        let excess = verified[verified.count - settings.starts]
        if excess > 0 {
            counters.purgedSnapshots &+= UInt64(excess)
            jobs.append(.remove(starts[..<excess].map(\.name), snapshots: true))
            starts.removeFirst(excess)
        }
        let oldest = starts[0].zxid
        let maxLag = settings.maxLag
        let gone = map.change { state -> [Segment] in
            state.dropPins(lagging: maxLag)
            let needed = state.pins.map(\.zxid).min().map { min($0, oldest) } ?? oldest
            var gone: [Segment] = []
            // A segment goes when the next one begins at or before what is needed.
            while state.segments.count >= 2, state.segments[1].base.zxid <= needed {
                gone.append(state.segments.removeFirst())
            }
            return gone
        }
        guard !gone.isEmpty, let first = map.change({ state in state.segments.first }) else { return }
        try changeEpochs { $0.oldestUse = first.base.use }
        counters.purgedSegments &+= UInt64(gone.count)
        release(gone)
        requestSpare()
    }
}

extension LogMap.State {
    /// Pins with more than `bytes` of log between them and the end are lost: their learners get a snapshot.
    mutating func dropPins(lagging bytes: Int) {
        guard !pins.isEmpty else { return }
        var behind = 0
        var limit = Zxid.zero
        for segment in segments.reversed() {
            behind += segment.end
            if behind > bytes {
                limit = segment.base.zxid
                break
            }
        }
        pins.removeAll { $0.zxid < limit }
    }
}
