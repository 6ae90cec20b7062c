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

    var lastEpoch: UInt32 { last.epoch }
}
