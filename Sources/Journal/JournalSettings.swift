// Sizes and limits of one member's journal. They change nothing that members have to agree on.

import Batch

package struct JournalSettings: Sendable {
    /// Bytes of a log segment.
    package var segmentSize = 64 << 20
    /// Snapshots to keep; never less than two.
    package var keptStarts = 3
    /// Old snapshots and log are removed.
    package var purges = true
    /// A learner's cursor that lies further behind loses its pin.
    package var maxLag = 16 << 30
    /// Bytes of batches not known committed that a start keeps in memory.
    package var tailBytes = 64 << 20
    /// No peers: whatever is durable here is committed (ensembles of one).
    package var durableIsCommitted = false
    /// There are peers that hold what a damaged log lost: such a member starts without it, and says so (rule F3).
    package var repairsFromPeers = false
    /// Versions of batches that this program can apply (rule A4).
    package var knownVersions: ClosedRange<UInt16> = BatchHeader.currentVersion...BatchHeader.currentVersion

    package init() {}

    /// How many starts purging leaves.
    var starts: Int { max(keptStarts, 2) }
}
