// What Apache ZooKeeper tells of itself in `mntr`, put into the names under which this project's members tell the same, so that
// both can be read alike. What has no counterpart is left out.

import CLinux
import Ensemble

enum MonitorMetrics {
    /// Counters whose meaning is the same.
    private static let counters = [
        ("zk_cnt_fsynctime", "quorate_flushes_total"), ("zk_sum_sync_processor_batch_size", "quorate_journal_records_total"),
        ("zk_cnt_snapshottime", "quorate_snapshots_taken_total"),
    ]

    /// nil if the lines are not those of such a server. They carry no time of their own, so that of reading them stands for it.
    static func translated(_ lines: [String: String], at now: UInt64 = quorate_monotonic_ns()) -> MetricsText? {
        guard let role = lines["zk_server_state"] else { return nil }
        let isLeading = role == "leader" || role == "standalone"
        var text = "quorate_observed_monotonic_seconds \(Double(now) / 1e9)\nquorate_leading \(isLeading ? 1 : 0)\n"
        for (theirs, ours) in counters {
            if let value = lines[theirs].flatMap({ Double($0) }) { text += "\(ours) \(value)\n" }
        }
        if let count = lines["zk_cnt_fsynctime"].flatMap({ Double($0) }),
            let milliseconds = lines["zk_sum_fsynctime"].flatMap({ Double($0) })
        {
            text += "quorate_flush_seconds_bucket{le=\"+Inf\"} \(count)\nquorate_flush_seconds_sum \(milliseconds / 1e3)\n"
        }
        return MetricsText(text)
    }
}
