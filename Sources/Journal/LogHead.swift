// Where the log ends and what comes next: what a start hands to the journal.

import Batch

struct LogHead {
    var segment: Segment
    var last: Zxid
    var chain: UInt32
    var isSealed: Bool
    var nextUse: UInt64
    var nextGeneration: UInt64
    var nextFileNumber: Int
    var pool: [String]
    /// The newest use, if the log has not reached it and it is fit to take what comes next.
    var spare: SpareSegment?
    /// The file of the newest use, if it is neither. The epoch file names it, so it must keep its identity until a newer use is
    /// named.
    var reserved: String?

    var lastEpoch: UInt32 { last.epoch }
}
