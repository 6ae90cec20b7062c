// Book-keeping of acknowledged sets: for each znode the newest one, and how many there were, so that reading the znode again in
// the end shows whether one of them is lost. A pure value; who sends and reads stands in LoadClient.

package struct SetLedger: Sendable {
    private struct Entry {
        /// Of the newest acknowledged set.
        var zxid: Int64 = 0
        var version: Int32 = 0
        /// Of the acknowledged set with the lowest version.
        var least: Int32 = 0
        var count: UInt32 = 0
        var end = End.unread
        /// Of the znode as it was read in the end.
        var endZxid: Int64 = 0
        var endVersion: Int32 = 0

        /// Read again, and older than what was acknowledged.
        var isStale: Bool { end == .gone || end == .there && endZxid < zxid }
    }

    /// What became of a znode, as far as it was looked at.
    private enum End: Int64 {
        case unread, there, gone
    }

    private var entries: [Entry]

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
    package func isOpen(_ znode: Int) -> Bool { entries[znode].count > 0 && entries[znode].end == .unread }

    /// The znode as it is in the end, after a sync; nil if it is gone.
    package mutating func found(znode: Int, _ stat: (zxid: Int64, version: Int32)?) {
        guard isOpen(znode) else { return }
        entries[znode].end = stat == nil ? .gone : .there
        if let stat { (entries[znode].endZxid, entries[znode].endVersion) = stat }
    }

    /// The books as they are; what was not read again shows as `verified` below `znodes`.
    package var settled: SetAccounting {
        var result = SetAccounting()
        for entry in entries where entry.count > 0 {
            result.znodes += 1
            result.acknowledged += UInt64(entry.count)
            if entry.end != .unread { settle(entry, &result) }
        }
        return result
    }

    private func settle(_ entry: Entry, _ result: inout SetAccounting) {
        result.verified += 1
        let isRight = entry.endZxid >= entry.zxid && (entry.endZxid > entry.zxid || entry.endVersion == entry.version)
        guard entry.end == .there, isRight else {
            result.stale += 1
            result.lost += entry.end == .gone ? UInt64(entry.count) : 1
            return
        }
        // Each set raises the version by one, so between the first acknowledged one and now there must be room for all.
        let room = Int64(entry.endVersion &- entry.least) + 1
        if room < Int64(entry.count) { result.lost += UInt64(Int64(entry.count) - room) }
    }

    /// One book over the sets of two generators. Of a znode that both read in the end the later state counts, which holds what
    /// either was told; what one of them found missing stays missing.
    package func merged(with other: SetLedger) -> SetLedger {
        precondition(entries.count == other.entries.count, "books over the same znodes")
        var both = self
        for znode in entries.indices where other.entries[znode].count > 0 {
            both.entries[znode] =
                entries[znode].count > 0 ? Self.merged(entries[znode], other.entries[znode]) : other.entries[znode]
        }
        return both
    }

    private static func merged(_ left: Entry, _ right: Entry) -> Entry {
        var both = left.zxid >= right.zxid ? left : right
        both.least = left.least &- right.least < 0 ? left.least : right.least
        both.count = left.count + right.count
        if let stale = [left, right].first(where: \.isStale) {
            (both.end, both.endZxid, both.endVersion) = (stale.end, stale.endZxid, stale.endVersion)
        } else if left.end == .there && right.end == .there {
            let later = left.endZxid >= right.endZxid ? left : right
            (both.end, both.endZxid, both.endVersion) = (.there, later.endZxid, later.endVersion)
        } else {
            both.end = .unread
        }
        return both
    }
}

extension SetLedger: Codable {
    private static let width = 8

    /// The znodes that were set, eight numbers each behind how many there are in all.
    package func encode(to encoder: any Encoder) throws {
        var numbers = [Int64(entries.count)]
        for (znode, entry) in entries.enumerated() where entry.count > 0 {
            numbers += [
                Int64(znode), entry.zxid, Int64(entry.version), Int64(entry.least), Int64(entry.count), entry.end.rawValue,
                entry.endZxid, Int64(entry.endVersion),
            ]
        }
        var container = encoder.singleValueContainer()
        try container.encode(numbers)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let numbers = try container.decode([Int64].self)
        let damage = DecodingError.dataCorruptedError(in: container, debugDescription: "is no book of sets")
        guard let count = numbers.first, count >= 0, (numbers.count - 1) % Self.width == 0 else { throw damage }
        self.init(znodes: Int(count))
        for place in stride(from: 1, to: numbers.count, by: Self.width) {
            guard entries.indices.contains(Int(numbers[place])), let end = End(rawValue: numbers[place + 5]) else { throw damage }
            entries[Int(numbers[place])] = Entry(
                zxid: numbers[place + 1], version: Int32(clamping: numbers[place + 2]),
                least: Int32(clamping: numbers[place + 3]),
                count: UInt32(clamping: numbers[place + 4]), end: end, endZxid: numbers[place + 6],
                endVersion: Int32(clamping: numbers[place + 7]))
        }
    }
}
