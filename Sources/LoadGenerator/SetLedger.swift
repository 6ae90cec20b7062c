// Book-keeping of acknowledged sets: for each znode the newest one, and how many there were, so that reading the znode again in
// the end shows whether one of them is lost. A pure value; who sends and reads stands in LoadClient.

package struct SetLedger {
    private struct Entry {
        /// Of the newest acknowledged set.
        var zxid: Int64 = 0
        var version: Int32 = 0
        /// Of the acknowledged set with the lowest version.
        var least: Int32 = 0
        var count: UInt32 = 0
        var isVerified = false
    }

    private var entries: [Entry]
    private var accounting = SetAccounting()

    /// - Parameter znodes: how many znodes there are in all pools that are written.
    package init(znodes: Int) {
        entries = [Entry](repeating: Entry(), count: znodes)
    }

    package var count: Int { entries.count }

    /// A set was acknowledged with the znode's Stat.
    @inline(__always) package mutating func acknowledged(znode: Int, zxid: Int64, version: Int32) {
        if entries[znode].count == 0 || version &- entries[znode].least < 0 { entries[znode].least = version }
        // A multi may set a znode more than once, with one zxid and a version more each time.
        let isLater = zxid == entries[znode].zxid && version &- entries[znode].version > 0
        if zxid > entries[znode].zxid || isLater {
            entries[znode].zxid = zxid
            entries[znode].version = version
        }
        entries[znode].count += 1
    }

    /// Whether a set of this znode was acknowledged, and it has not been read again.
    package func isOpen(_ znode: Int) -> Bool { entries[znode].count > 0 && !entries[znode].isVerified }

    /// The znode as it is in the end, after a sync; nil if it is gone.
    package mutating func found(znode: Int, _ stat: (zxid: Int64, version: Int32)?) {
        guard isOpen(znode) else { return }
        entries[znode].isVerified = true
        accounting.verified += 1
        let entry = entries[znode]
        guard let stat, stat.zxid >= entry.zxid, stat.zxid > entry.zxid || stat.version == entry.version else {
            accounting.stale += 1
            accounting.lost += stat == nil ? UInt64(entry.count) : 1
            return
        }
        // Each set raises the version by one, so between the first acknowledged one and now there must be room for all.
        let room = Int64(stat.version &- entry.least) + 1
        if room < Int64(entry.count) { accounting.lost += UInt64(Int64(entry.count) - room) }
    }

    /// The books as they are; what was not read again shows as `verified` below `znodes`.
    package var settled: SetAccounting {
        var result = accounting
        for entry in entries where entry.count > 0 {
            result.znodes += 1
            result.acknowledged += UInt64(entry.count)
        }
        return result
    }
}
