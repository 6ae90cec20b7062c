// How fast a snapshot that nobody waits for is written and read back: slowly enough that neither the log's flushes nor the
// requests feel it, yet a large one takes no longer than a minute each way.

package enum SnapshotPace {
    private static let leastBytesPerSecond = 32 << 20
    private static let longestSeconds = 60

    /// The time, in nanoseconds, that `bytes` of a snapshot of about `total` bytes should take.
    package static func nanoseconds(for bytes: Int, of total: Int) -> UInt64 {
        let rate = max(leastBytesPerSecond, total / longestSeconds)
        return UInt64(clamping: UInt128(bytes) * 1_000_000_000 / UInt128(rate))
    }
}
