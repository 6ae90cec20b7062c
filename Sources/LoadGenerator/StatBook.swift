// The book over the Stats that were seen: two Stats of one znode must fit each other, so that a wrong one shows although nobody
// knows the right one. A wrong Stat counts once, whether it shows at itself or at the right one that follows.

/// The newest Stat that was seen of each znode of the pools, and where there are few znodes their last states.
package struct StatBook {
    private struct Newest {
        var stat: ZnodeStat?
        /// The last two contradicted each other: one of them is wrong, which is counted, so the next may contradict, too.
        var isDisputed = false
    }

    /// What a set makes of a znode, which no later reply may tell otherwise.
    private struct State: Equatable {
        var modified: Int64 = 0
        var modifiedAt: Int64 = 0
        var version: Int32 = 0
        var size: Int32 = 0

        init() {}

        @inline(__always) init(_ stat: ZnodeStat) {
            modified = stat.modified
            modifiedAt = stat.modifiedAt
            version = stat.version
            size = stat.size
        }
    }

    private static let statesMax = 1 << 16
    private var newest: [Newest]
    /// By znode and version, `depth` of each; `modified` is 0 where none was seen, -1 where they contradicted each other.
    private var states: [State]
    private let depth: Int

    package init(znodes: Int) {
        newest = [Newest](repeating: Newest(), count: znodes)
        var depth = 64
        while depth * znodes > Self.statesMax { depth /= 2 }
        self.depth = depth
        states = [State](repeating: State(), count: depth * znodes)
    }

    /// A reply with this zxid shows this Stat; false if it can't be true beside what was seen before.
    @inline(__always) package mutating func isCredible(_ stat: ZnodeStat, of znode: Int, upTo zxid: Int64 = .max) -> Bool {
        guard stat.isPossible, stat.modified <= zxid, stat.childrenChanged <= zxid else { return false }
        if let known = newest[znode].stat {
            guard stat.fits(known) else { return contradicted(by: stat, known, of: znode) }
            if stat.modified < known.modified { return isState(stat, of: znode) }
        }
        newest[znode].stat = stat
        newest[znode].isDisputed = false
        return isState(stat, of: znode)
    }

    private mutating func contradicted(by stat: ZnodeStat, _ known: ZnodeStat, of znode: Int) -> Bool {
        if depth > 0, states[slot(known, znode)] == State(known) { states[slot(known, znode)] = State() }
        newest[znode].stat = stat
        newest[znode].isDisputed.toggle()
        return !newest[znode].isDisputed
    }

    @inline(__always) private func slot(_ stat: ZnodeStat, _ znode: Int) -> Int {
        znode * depth + Int(UInt32(bitPattern: stat.version)) & (depth - 1)
    }

    /// Whether the same state was seen before as it is shown now, or not at all.
    @inline(__always) private mutating func isState(_ stat: ZnodeStat, of znode: Int) -> Bool {
        guard depth > 0 else { return true }
        let shown = State(stat)
        let slot = slot(stat, znode)
        if states[slot] == shown { return true }
        if states[slot].version == shown.version && states[slot].modified != 0 {
            defer { states[slot].modified = -1 }
            return states[slot].modified == -1
        }
        if shown.version &- states[slot].version > 0 || states[slot].modified == 0 { states[slot] = shown }
        return true
    }
}
