// Members compare rolling digests of their states (rule A3): who differs from what most voters agree on has a bad state and
// stops.

import Batch

struct DigestBoard: Sendable {
    private struct Point: Sendable {
        var zxid: Zxid
        var reported: VoterSet = 0
        var told: VoterSet = 0
        var isAlarmed = false
        var values: [UInt64]
    }

    enum Verdict: Sendable, Equatable {
        case none
        /// These voters differ from the digest that more than half agree on.
        case odd(VoterSet, agreed: UInt64)
        /// All have spoken and no digest has a majority.
        case disagreement
    }

    private static let capacity = 16
    private var points: [Point] = []
    private var members = 0
    private var voters: VoterSet = 0
    private var unsent: [DigestPair] = []
    private(set) var newestOwn = DigestPair.none

    mutating func restart(members: Int, voters: VoterSet) {
        self.members = members
        self.voters = voters
        points.removeAll(keepingCapacity: true)
    }

    mutating func noteOwn(_ pairs: [DigestPair]) {
        for pair in pairs where pair.zxid > newestOwn.zxid { newestOwn = pair }
        unsent += pairs
        if unsent.count > DigestBoard.capacity { unsent.removeFirst(unsent.count - DigestBoard.capacity) }
    }

    /// A restored state has digests of its own.
    mutating func forgetOwn() {
        unsent.removeAll()
        newestOwn = .none
    }

    mutating func takeUnsent() -> [DigestPair] {
        if unsent.isEmpty { return [] }
        defer { unsent = [] }
        return unsent
    }

    mutating func report(_ index: Int, _ pair: DigestPair) -> Verdict {
        let place = place(of: pair.zxid)
        points[place].reported |= 1 << UInt64(index)
        points[place].values[index] = pair.digest
        return judge(place)
    }

    private mutating func place(of zxid: Zxid) -> Int {
        if let place = points.firstIndex(where: { $0.zxid == zxid }) { return place }
        if points.count == DigestBoard.capacity { points.removeFirst() }
        points.append(Point(zxid: zxid, values: [UInt64](repeating: 0, count: members)))
        return points.count - 1
    }

    private mutating func judge(_ place: Int) -> Verdict {
        let point = points[place]
        for candidate in 0..<members where point.reported & voters & 1 << UInt64(candidate) != 0 {
            var same: VoterSet = 0
            for other in 0..<members where point.reported & 1 << UInt64(other) != 0 {
                if point.values[other] == point.values[candidate] { same |= 1 << UInt64(other) }
            }
            guard (same & voters).nonzeroBitCount * 2 > voters.nonzeroBitCount else { continue }
            let odd = point.reported & ~same & ~point.told
            points[place].told |= odd
            return odd == 0 ? .none : .odd(odd, agreed: point.values[candidate])
        }
        guard point.reported & voters == voters, !point.isAlarmed else { return .none }
        points[place].isAlarmed = true
        return .disagreement
    }
}

extension Zab {
    mutating func ownDigests(_ pairs: [DigestPair]) {
        digests.noteOwn(pairs)
        if isLeader { digestsReported(my, pairs) }
    }

    mutating func digestsReported(_ index: Int, _ pairs: [DigestPair]) {
        for pair in pairs where isLeader {
            switch digests.report(index, pair) {
            case .none: break
            case .odd(let odd, let agreed): tellOdd(odd, agreed: DigestPair(zxid: pair.zxid, digest: agreed))
            case .disagreement:
                counters.digestAlarms += 1
                out.append(
                    .alarm("Rule A3: the members' states differ at \(pair.zxid) and no majority agrees; no snapshot is taken"))
            }
        }
    }

    private mutating func tellOdd(_ odd: VoterSet, agreed: DigestPair) {
        counters.digestAlarms += 1
        for index in peers.indices where odd & bit(index) != 0 && index != my {
            out.append(.alarm("Rule A3: the state of member \(peers[index].id) differs at \(agreed.zxid)"))
            guard let connection = peers[index].learner.connection else { continue }
            reject(
                connection, .digest, "the state differs from the majority's", zxid: agreed.zxid, digest: agreed.digest)
        }
        if odd & bit(my) != 0 { haltStateBad(agreed) }
    }

    /// From the leader followed, and from nobody else.
    mutating func receiveDigestReject(_ link: Link, _ reject: Reject) {
        guard isFollower, link.index == leaderIndex else {
            counters.staleInputs += 1
            return
        }
        haltStateBad(DigestPair(zxid: reject.zxid, digest: reject.digest))
    }

    /// The leader steps down first; the mark makes the next start ignore its own snapshots and ask for another member's.
    private mutating func haltStateBad(_ agreed: DigestPair) {
        if isLeader { look(.stateBad, delay: timing.silence) }
        isStateBad = true
        out.append(.markStateBad)
        halt(.stateBad, "Rule A3: the state of this member differs from the majority's at \(agreed.zxid)")
    }
}
