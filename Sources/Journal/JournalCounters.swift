// What the journal has done, in plain integers: the source of metrics and of a report's flush figures. One owner at a time;
// other threads get a copy.

import Batch

/// Counts in steps of half an octave, from 1 microsecond up.
package struct FlushTimes: Sendable {
    package static let bucketCount = 48
    package private(set) var buckets = InlineArray<48, UInt64>(repeating: 0)
    package private(set) var count: UInt64 = 0
    package private(set) var sumNanoseconds: UInt64 = 0
    package private(set) var maxNanoseconds: UInt64 = 0

    package init() {}

    mutating func record(_ nanoseconds: UInt64) {
        buckets[FlushTimes.bucket(of: nanoseconds)] &+= 1
        count &+= 1
        sumNanoseconds &+= nanoseconds
        maxNanoseconds = max(maxNanoseconds, nanoseconds)
    }

    static func bucket(of nanoseconds: UInt64) -> Int {
        let microseconds = nanoseconds / 1_000
        if microseconds < 1 { return 0 }
        let octave = 63 - microseconds.leadingZeroBitCount
        let isUpperHalf = octave > 0 && microseconds & (1 << UInt64(octave - 1)) != 0
        return min(1 + 2 * octave + (isUpperHalf ? 1 : 0), bucketCount - 1)
    }

    /// The shortest time, in nanoseconds, that no longer falls into `bucket`.
    package static func upperBound(of bucket: Int) -> UInt64 {
        if bucket == 0 { return 1_000 }
        let octave = UInt64(bucket - 1) / 2
        return (bucket - 1) % 2 == 0 && octave > 0 ? 1_500 << octave : 2_000 << octave
    }
}

package struct JournalCounters: Sendable {
    /// Group commits: one write and one flush each.
    package var flushes: UInt64 = 0
    /// Bytes of these, padding included.
    package var flushedBytes: UInt64 = 0
    package var batches: UInt64 = 0
    package var records: UInt64 = 0
    package var flushTimes = FlushTimes()
    /// Flushes of 1, 2-3, 4-7, ... batches.
    package var batchesPerFlush = InlineArray<20, UInt64>(repeating: 0)
    /// Flushes that made the file grow because no prepared segment was there.
    package var spareMisses: UInt64 = 0
    /// Spares that could not be prepared because the disk was full or no descriptor was left.
    package var spareFailures: UInt64 = 0
    package var segmentUses: UInt64 = 0
    package var seals: UInt64 = 0
    package var epochChanges: UInt64 = 0
    package var truncations: UInt64 = 0
    package var installedSnapshots: UInt64 = 0
    /// Starts dropped because they could not be read any more.
    package var damagedStarts: UInt64 = 0
    /// Segments that could not be read any more, at the start or when the scrub came to them; of a start one, as it reads no
    /// further.
    package var damagedSegments: UInt64 = 0
    package var purgedSegments: UInt64 = 0
    package var purgedSnapshots: UInt64 = 0
    /// Log behind the newest start: what a restart would have to replay, and what makes the next snapshot due.
    package var bytesSinceStart: UInt64 = 0

    package init() {}

    mutating func recordFlush(bytes: Int, batches n: Int, nanoseconds: UInt64) {
        flushes &+= 1
        flushedBytes &+= UInt64(bytes)
        batches &+= UInt64(n)
        bytesSinceStart &+= UInt64(bytes)
        flushTimes.record(nanoseconds)
        batchesPerFlush[min(Int.bitWidth - 1 - max(n, 1).leadingZeroBitCount, 19)] &+= 1
    }
}
