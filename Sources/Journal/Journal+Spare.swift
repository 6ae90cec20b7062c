// The one prepared segment ahead of the log. The background thread fills the file and writes its identity; the journal then has
// the epoch file name the use, and from that moment the segment may be needed at any time.

import Batch
import Rules

extension Journal {
    /// Asks for a spare if there is none and none is on the way.
    func requestSpare() {
        if spare != nil || isPreparing || spareIsBlocked { return }
        if let spareResumesAt, disk.now < spareResumesAt { return }
        spareResumesAt = nil
        isPreparing = true
        let identity = SegmentIdentity(
            use: nextUse, predecessor: use, clusterID: epochs.clusterID, incarnation: epochs.incarnation)
        nextUse += 1
        preparingFromPool = pool.popLast()
        let isNew = preparingFromPool == nil
        let name = preparingFromPool ?? NewSegment.name(nextFileNumber)
        if isNew { nextFileNumber += 1 }
        jobs.append(
            .prepareSpare(name: name, isNew: isNew, size: settings.segmentSize, identity: SpareIdentity(identity: identity)))
    }

    /// Rule D11: name and identity are durable; the epoch file names the use before the segment is used.
    func adopt(_ prepared: SpareSegment) throws(JournalError) {
        precondition(isPreparing, "a spare came that nobody asked for")
        isPreparing = false
        if prepared.identity.predecessor == use, prepared.identity.use > epochs.newestUse {
            #if QUORATE_MUTANTS
            if !Mutant.isOn(.spareUnnamed) { try changeEpochs { $0.newestUse = prepared.identity.use } }
            #else
            try changeEpochs { $0.newestUse = prepared.identity.use }
            #endif
            spare = prepared
        } else {
            // A new generation began meanwhile.
            pool.append(prepared.file.name)
            requestSpare()
        }
    }

    /// A full disk, or no descriptor left, only means that there is no spare; any other error ends the process (rule F1).
    func spareFailed(_ name: String, _ error: DiskError) throws(JournalError) {
        isPreparing = false
        guard error.isShortage else { throw .disk(error) }
        counters.spareFailures &+= 1
        if let preparingFromPool { pool.append(preparingFromPool) }
        if error.isNoSpace {
            spareIsBlocked = true
        } else {
            spareResumesAt = disk.now.advanced(byNanoseconds: Journal.sparePauseNanoseconds)
        }
    }

    /// Descriptors come back when clients leave; until then not every flush asks.
    private static let sparePauseNanoseconds: UInt64 = 100_000_000

    /// Segments that no longer belong to the log become spares again; beyond two, and files that had to grow, are removed.
    func release(_ segments: [Segment]) {
        var superfluous: [String] = []
        for segment in segments {
            if pool.count < 2, segment.end <= 2 * settings.segmentSize {
                pool.append(segment.file.name)
            } else {
                superfluous.append(segment.file.name)
            }
        }
        if !superfluous.isEmpty { jobs.append(.remove(superfluous, snapshots: false)) }
        spareIsBlocked = false
    }
}
