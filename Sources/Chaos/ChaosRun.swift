// The course of a fault test: members as processes, clients that note down everything, harm, healing, rest; then the replicas and
// what the clients saw are judged. See ChaosRun+Judging.swift for what is judged.

import CLinux
import Ensemble
import Glibc
import Histories
import Workload

package struct ChaosRun {
    let order: ChaosOrder
    private let isCancelled: () -> Bool
    /// What happens, line by line, for whoever watches.
    private let tell: (String) -> Void

    package init(_ order: ChaosOrder, isCancelled: @escaping () -> Bool, tell: @escaping (String) -> Void) {
        self.order = order
        self.isCancelled = isCancelled
        self.tell = tell
    }

    /// Throws an EnsembleError if the members can't be started, a ChaosError if nothing can be judged.
    package func run() throws -> ChaosResult {
        let ensemble = try Ensemble.start(try order.ensembleOrder(), isCancelled: isCancelled)
        defer { ensemble.killAll() }
        let recorder = try Recorder(order, ports: ensemble.members.map(\.ports.client), pace: pace)
        let nemesis = Nemesis(ensemble, seed: order.seed, isCancelled: isCancelled, tell: tell)
        do {
            try harm(nemesis, recorder)
            try nemesis.endAll()
            try nemesis.checkNobodyInterfered()
        } catch {
            recorder.abandon()
            throw error
        }
        nemesis.awaitWrites(seconds: order.patienceSeconds / 2) { recorder.lastAcknowledged }
        let healed = quorate_monotonic_ns()
        tell("\(Seconds.text(healed - nemesis.begin))  all is healed; clients read everything once more")
        let recording = try recorder.finish(within: order.patienceSeconds)
        var result = ChaosResult(members: order.members, seed: order.seed, clients: order.clients)
        result.isPartial = isCancelled()
        // Long enough for the sessions that nobody has closed to end.
        usleep(UInt32(order.sessionTimeoutMilliseconds) * 2_000)
        let rest = Rest.awaited(ensemble, seconds: order.patienceSeconds)
        result.durationNanoseconds = quorate_monotonic_ns() - nemesis.begin
        try nemesis.checkNobodyInterfered()
        var breaches = nemesis.breaches
        for text in ensemble.unexpectedEnds() where !breaches.contains(text) { breaches.append(text) }
        ensemble.stop()
        result.count(recording)
        result.take(nemesis.injector.strikes, WriteGaps(recording.history), from: nemesis.begin, to: healed)
        result.sum(oneByOne: order.plan.isOneByOne)
        if case .drawn(let kinds, _) = order.plan {
            result.neverStruck = kinds.filter { kind in !result.strikes.contains { $0.fault == kind } }
        }
        result.promises = [promise("members_alive", breaches, "no member ended but by a fault")]
        try judge(ensemble, recording, rest, &result)
        return result
    }

    private func harm(_ nemesis: Nemesis, _ recorder: Recorder) throws(EnsembleError) {
        switch order.plan {
        case .drawn(let kinds, let seconds): try nemesis.draw(from: kinds, seconds: seconds)
        case .leaderKills(let times): try nemesis.killLeaders(times) { recorder.lastAcknowledged }
        case .killCycles(let times): try nemesis.killCycles(times)
        case .silentPartitions(let times): try nemesis.partLeaders(times) { recorder.lastAcknowledged }
        }
    }

    /// Where gaps are what is asked for, writes follow each other more closely.
    private var pace: ClosedRange<UInt64> {
        switch order.plan {
        case .drawn, .killCycles: 1_000_000...40_000_000
        case .leaderKills, .silentPartitions: 500_000...8_000_000
        }
    }

    func promise(_ name: String, _ breaches: [String], _ kept: String) -> ChaosResult.Promise {
        ChaosResult.Promise(
            name: name, isKept: breaches.isEmpty, sentence: breaches.isEmpty ? kept : breaches.prefix(5).joined(separator: "; "))
    }
}

extension ChaosResult {
    fileprivate mutating func count(_ recording: Recording) {
        requests = recording.history.operations.count
        answered = recording.history.answered.count
        acknowledgedWrites = recording.history.operations.count { $0.isAnswered && $0.isWrite }
        watchEvents = recording.history.events.count
        connections = recording.connections
        sessionsResumed = recording.sessionsResumed
        sessionsLost = recording.sessionsLost
    }

    /// What a fault has done may show a little after it is over.
    private static let aftermath: UInt64 = 1_000_000_000

    /// Of each fault the gap until it and its aftermath are over, the next one begins, or the clients stop.
    fileprivate mutating func take(_ found: [FaultInjector.Strike], _ gaps: WriteGaps, from begin: UInt64, to end: UInt64) {
        for (place, strike) in found.enumerated() {
            let over = strike.end ?? end
            let next = place + 1 < found.count ? found[place + 1].begin : end
            let gap = gaps.longest(from: strike.begin, to: max(over, min(over + Self.aftermath, next)))
            strikes.append(
                Strike(
                    at: strike.begin - begin, lasted: over - strike.begin, fault: strike.fault.kind,
                    role: strike.fault.role.description, members: strike.members, writeGap: gap))
        }
    }

    /// By kind and role. Where faults are not carried out one by one those count that no other was near to, since nobody knows
    /// which of several made a gap.
    fileprivate mutating func sum(oneByOne: Bool) {
        let counting = strikes.indices.filter { oneByOne || isAlone($0) }.map { strikes[$0] }
        for kind in FaultKind.allCases {
            for role in ["leader", "follower", "all", ""] {
                let own = counting.filter { $0.fault == kind && ($0.role == role || role.isEmpty && $0.role.hasPrefix("member")) }
                guard let figures = GapFigures(own.map(\.writeGap)) else { continue }
                gaps.append(Gaps(fault: kind, role: role.isEmpty ? "a member" : role, writeGap: figures))
            }
        }
    }

    private func isAlone(_ place: Int) -> Bool {
        let own = strikes[place]
        return strikes.indices.allSatisfy { other in
            other == place || strikes[other].at + strikes[other].lasted + Self.aftermath <= own.at
                || strikes[other].at >= own.at + own.lasted + Self.aftermath
        }
    }
}
