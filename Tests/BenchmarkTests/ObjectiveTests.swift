// Objectives as they are written, whether a window kept one, and which part of a workload a rate is for.

import Benchmark
import Results
import Statistics
import Testing
import Workload

@Suite struct ObjectiveTests {
    @Test func severalAreJoined() throws {
        let objective = try #require(Objective("p50<=2ms, p999<=1s,errors<=0.1%"))
        #expect(
            objective.clauses == [
                .latency(percentile: 50, nanoseconds: 2_000_000), .latency(percentile: 99.9, nanoseconds: 1_000_000_000),
                .errors(share: 0.001),
            ])
        #expect(objective.toldPercentile == 99.9 && objective.text == "p50<=2ms,p999<=1s,errors<=0.1%")
    }

    @Test(arguments: [
        "", "p99", "p99<10ms", "p99<=10", "p99<=0ms", "p95<=1ms", "p99<=1ms,", "errors<=1", "errors<=101%", "p99<=1ms<=2ms",
    ])
    func otherWordsAreNone(text: String) {
        #expect(Objective(text) == nil)
    }

    private func window(_ milliseconds: [UInt64], offered: UInt64? = nil, failed: UInt64 = 0) -> WindowFigures {
        var histogram = LatencyHistogram()
        for value in milliseconds { histogram.record(value * 1_000_000) }
        let count = UInt64(milliseconds.count)
        return WindowFigures(offered: offered ?? count, answered: count, failed: failed, response: LatencyFigures(histogram))
    }

    private func verdict(
        _ window: WindowFigures, _ text: String = "p99<=10ms", items: Double? = nil, generator: Bool = false
    ) throws -> WindowVerdict {
        WindowVerdict(
            window, itemsPerSecond: items, seconds: 1, isGeneratorsDoing: generator, try #require(Objective(text)))
    }

    @Test func aWindowHoldsOrSaysWhyNot() throws {
        let fast = [UInt64](repeating: 2, count: 1_000)
        #expect(try verdict(window(fast)).outcome == .held)
        let slow = try verdict(window([UInt64](repeating: 2, count: 900) + [UInt64](repeating: 40, count: 100)))
        #expect(slow.outcome == .failed && slow.reason?.hasPrefix("p99 was 4") == true, "\(slow)")
        let late = try verdict(window(fast, offered: 1_020))
        #expect(late.outcome == .failed && late.reason == "98.04 % of what was due was answered")
        let wrong = try verdict(window(fast, failed: 2), "p99<=10ms,errors<=0.1%")
        #expect(wrong.outcome == .failed && wrong.reason == "0.20 % failed")
        #expect(try verdict(window(fast), items: 900).reason == "queues filled up")
        #expect(try verdict(window(fast), items: 1_000).outcome == .held)
        #expect(try verdict(window([], offered: 0)).outcome == .failed)
    }

    @Test func onlyWhatFailedCanBeTheGeneratorsDoing() throws {
        let fast = window([UInt64](repeating: 2, count: 1_000))
        #expect(try verdict(fast, generator: true).outcome == .held)
        #expect(try verdict(fast, "p99<=1ms", generator: true).outcome == .spoilt)
    }

    // MARK: the load

    private func workload(_ roles: String, _ phases: String) throws -> Workload {
        try Workload(
            text: """
                apiVersion: quorate/v1
                name: made
                data: {tree: [{path: /made/queue-, count: 2}]}
                roles: {\(roles)}
                phases: [\(phases)]
                """, file: "made.yaml")
    }

    private static let pacer = "pacer: {clients: 1, arrivals: {rate: 200/s}, do: [{enqueue: {queue: /made/queue-}}]}"
    private static let worker = "worker: {clients: 1, do: [{take: {queue: /made/queue-}}]}"
    private static let flood = "flood: {clients: 1, do: [{enqueue: {queue: /made/queue-, max_backlog: 10}}]}"

    @Test func rolesThatFollowGoAlong() throws {
        let read = try workload(
            [Self.flood, Self.pacer, Self.worker].joined(separator: ", "),
            "{name: full, for: 1s, roles: [flood, worker]}, {name: paced, for: 1s, roles: [pacer, worker], rate_scale: 3}")
        let load = try #require(RatedLoad(read))
        #expect(load.usualRate == 200)
        let phases = load.phases(rate: 5_000, settle: 1, window: 2)
        #expect(phases.map(\.isRecorded) == [false, true] && phases.map(\.nanoseconds) == [1, 2])
        #expect(phases.allSatisfy { $0.rateScale == 25 && $0.roles == [1, 2] })
    }

    @Test func aFullLoadBesideTheRateLeavesNothingToFind() throws {
        let read = try workload(
            [Self.flood, Self.pacer, Self.worker].joined(separator: ", "), "{name: both, for: 1s}")
        #expect(RatedLoad(read) == nil)
        #expect(
            RatedLoad.objection(to: read)
                == "The workload 'made' has no recorded phase in which requests are due at rates and nobody sends as much as "
                + "possible beside them; write --set roles.flood.arrivals='{rate: 1000/s}'.")
    }
}
