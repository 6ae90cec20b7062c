// The stages that members tell of add up to what their clients see: the means of a write's stages on the servers that the
// clients are connected to, and the network, which pings beside the load measure, come to the clients' mean within a tenth.

import Ensemble
import Foundation
import LoadGenerator
import Statistics
import Synchronization
import Testing
import Workload

@Suite(.serialized) struct StageSumTests {
    /// Few requests are outstanding, so that none waits long in a socket.
    private static let workload = """
        apiVersion: quorate/v1
        name: stages
        data: {tree: [{path: /stages/znode-, count: 20}]}
        roles: {writer: {clients: 6, pipeline: 2, do: [{set: {path: /stages/znode-}}]}}
        phases: [{name: steady, for: 2s}]
        """

    private struct Means {
        var parts = 0.0
        var total = 0.0
        var client = 0.0
        var network = 0.0

        /// By which share of the clients' mean the sum is off.
        var error: Double { abs(total + network - client) / client }
    }

    @Test("stage means and the network add up to the client's mean within 10 %", arguments: [1, 3])
    func sum(nodes: Int) throws {
        try RealEnsemble.with(nodes) { ensemble in
            // A burst of somebody else's work falls on the pings or on the load: the best of a few tries is the least disturbed.
            var tries: [Means] = []
            while tries.count < 4, tries.last.map({ $0.error > 0.1 }) ?? true { tries.append(try measure(ensemble)) }
            let best = try #require(tries.min { $0.error < $1.error })
            for means in tries { print("\(nodes) members, µs:", means) }
            #expect(abs(best.parts - best.total) < 0.01 * best.total, "the stages follow each other without a gap")
            #expect(best.network > 0 && best.network < best.client)
            #expect(best.error < 0.1)
        }
    }

    private func measure(_ ensemble: Ensemble) throws -> Means {
        let before = try settled(ensemble)
        let echo = Echo(ensemble)
        let report = try LoadRun(
            workload: Workload(text: Self.workload, file: "stages.yaml"), hosts: ensemble.hosts
        ).run(phaseChanged: { $0.phase == nil ? echo.stop() : echo.start() })
        let after = try settled(ensemble)
        func mean(_ name: String, _ labels: [String: String]) throws -> Double {
            let gained = try zip(before, after).map { first, last in
                let earlier = try #require(first.histogram(name, labels: labels))
                return try #require(last.histogram(name, labels: labels)?.minus(earlier))
            }
            return gained.reduce(0) { $0 + $1.sum } / gained.reduce(0) { $0 + $1.count } * 1e6
        }
        var means = Means()
        for stage in ["proposed", "quorum", "applied", "replied"] {
            means.parts += try mean("quorate_own_stage_seconds", ["stage": stage])
        }
        means.total = try mean("quorate_own_stage_seconds", ["stage": "total"])
        means.client = try #require(report.phases.first?.writeResponse).mean / 1e3
        // What a ping takes are the sockets, there and back, and the one turn that answers it.
        means.network = echo.medianMicroseconds
        return means
    }

    /// What every member tells, once it tells of a moment after this one.
    private func settled(_ ensemble: Ensemble) throws -> [MetricsText] {
        try ensemble.members.map { member in
            let name = "quorate_observed_monotonic_seconds"
            var seen: [MetricsText] = []
            let isFresh = RealEnsemble.wait(seconds: 10) {
                if let text = member.metrics(), text.value(name) != seen.last?.value(name) { seen.append(text) }
                return seen.count == 3
            }
            #expect(isFresh)
            return try #require(seen.last)
        }
    }
}

/// Pings each member, one after the other, on connections of its own, while it is on.
private final class Echo: Sendable {
    private let isOn = Mutex(false)
    private let isOver = Mutex(false)
    private let times = Mutex<[Double]>([])

    init(_ ensemble: Ensemble) {
        let ports = ensemble.members.map(\.ports.client)
        Thread.detachNewThread { [self] in
            let clients = ports.compactMap { try? WireClient(port: $0) }
            while !isOver.withLock({ $0 }) {
                for client in clients {
                    guard let took = (try? client.timedPing()).map({ Double($0) / 1e3 }) else { return }
                    if isOn.withLock({ $0 }) { times.withLock { $0.append(took) } }
                    usleep(3_000)
                }
            }
        }
    }

    func start() { isOn.withLock { $0 = true } }

    func stop() {
        isOn.withLock { $0 = false }
        isOver.withLock { $0 = true }
    }

    /// The median, as a thread that mostly sleeps loses its turn on a busy machine now and then, and the load's does not.
    var medianMicroseconds: Double { times.withLock { median($0) ?? 0 } }
}
