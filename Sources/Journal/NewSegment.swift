// Makes a file the first of a new log generation: identity and base in one flush, its name durable before anything refers to
// it. The caller then has the epoch file name it.

import Batch
import Rules

enum NewSegment {
    static func name(_ number: Int) -> String {
        let digits = String(number)
        return LogFiles.prefix + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// `poolName` is a file of the log that holds nothing any more; without one a new file is made, which grows as it is written.
    static func make(
        disk: any Disk, poolName: String?, number: inout Int, use: UInt64, generation: UInt64, predecessor: UInt64,
        base: SegmentBase,
        epochs: EpochState
    ) throws(DiskError) -> Segment {
        let file: DiskFile
        if let poolName {
            file = try disk.open(poolName, .existing)
        } else {
            file = try disk.open(name(number), .new)
            number += 1
        }
        var identity = SegmentIdentity(
            use: use, predecessor: predecessor, clusterID: epochs.clusterID, incarnation: epochs.incarnation)
        identity.filled = max(try disk.size(file), Segment.headSize)
        var base = base
        base.use = use
        base.generation = generation
        let blocks = Block(count: Segment.headSize)
        identity.encode(into: blocks, at: 0)
        base.encode(into: blocks, at: blockSize)
        try disk.writeAll(file, at: 0, blocks.bytes)
        try disk.flush(file)
        #if QUORATE_MUTANTS
        if Mutant.isOn(.segmentUnflushed) {
            return Segment(file: file, base: base, filled: identity.filled)
        }
        #endif
        // Rule D11: the name as well, before the epoch file names the use.
        if poolName == nil { try disk.flushDirectory() }
        return Segment(file: file, base: base, filled: identity.filled)
    }
}
