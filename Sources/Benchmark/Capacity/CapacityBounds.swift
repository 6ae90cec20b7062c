// What keeps a rate from being higher: of the windows around it, which resource was used up. On one machine the network between
// members is processor time, so it is none of the answers.

package import Results
internal import Statistics

package struct CapacityBounds: Sendable, Equatable {
    /// One thread of a member decides; its process has others, so a whole processor is close to what that thread can use.
    private static let busyLeader = 0.9
    private static let busyFlush = 0.8
    /// How far from the rate a window still tells about it.
    private static let near = 1.25

    package let bound: CapacityBound
    /// With the figures by which it was judged.
    package let reason: String

    /// - Parameter windows: all of a search. Those at the rate and above say what stood in the way; where there are none, all do.
    package init?(_ windows: [CapacityWindow], rate: Double) {
        let around = windows.filter { $0.offeredPerSecond >= rate * 0.95 && $0.offeredPerSecond <= rate * Self.near }
        let chosen = around.isEmpty ? windows : around
        guard !chosen.isEmpty else { return nil }
        func middle(_ value: (CapacityWindow) -> Double?) -> Double? { median(chosen.compactMap(value)) }
        let machines = chosen.compactMap(\.machine)
        let busy = median(machines.map(\.busy))
        let leader = middle(\.leaderShare)
        let flush = middle(\.flushShare)
        if let busy, machines.count(where: \.isBound) * 2 > machines.count {
            bound = .machine
            let members = median(machines.compactMap(\.members)).map { "members \(Self.percent($0))" }
            let parts = [
                members, median(machines.map(\.generator)).map { "generator \(Self.percent($0))" },
                median(machines.map { $0.others + $0.stolen }).map { "others \(Self.percent($0))" },
            ]
            reason = "all processors were busy for \(Self.percent(busy)): \(parts.compactMap(\.self).joined(separator: ", "))"
        } else if let leader, leader > Self.busyLeader {
            bound = .leader
            reason = "the leader used \(Self.percent(leader)) of a processor"
        } else if let flush, flush > Self.busyFlush {
            bound = .flush
            reason = "the leader's log was being flushed for \(Self.percent(flush)) of the time"
        } else {
            bound = .latency
            let parts = [
                busy.map { "processors busy for \(Self.percent($0))" }, leader.map { "leader \(Self.percent($0)) of one" },
                flush.map { "flushing for \(Self.percent($0))" },
            ].compactMap(\.self)
            reason = "nothing was used up" + (parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))")
        }
    }

    private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}

extension CapacitySize {
    /// Zxids of an epoch, of which every write uses one.
    private static let zxidsOfAnEpoch = 4_294_967_295.0
    private static let secondsOfADay = 86_400.0

    /// What follows for a service that runs at this rate all day.
    package mutating func takeConsequences(of rate: Double) {
        let chosen = windows.filter { $0.answeredPerSecond > 0 && $0.writesPerSecond > 0 }
        guard let share = median(chosen.map { $0.writesPerSecond / $0.answeredPerSecond }) else { return }
        secondsToRollOver = Self.zxidsOfAnEpoch / (rate * share)
        // A flush is filled up to whole blocks, so that a write takes less room the more of them are flushed together: only
        // windows that were as fast tell.
        let alike = chosen.filter { $0.offeredPerSecond > rate / 1.25 && $0.offeredPerSecond < rate * 1.25 }
        let perWrite = alike.compactMap { window in window.flushedBytesPerSecond.map { $0 / window.writesPerSecond } }
        logBytesPerDay = median(perWrite).map { $0 * rate * share * Self.secondsOfADay }
    }
}
