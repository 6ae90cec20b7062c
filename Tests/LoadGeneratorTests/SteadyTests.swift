// Tests of waiting for a steady state: the slope, what a drift and what chance comes to, and a load against a server whose
// service gets slower, or stays as it is.

import LoadGenerator
import Statistics
import Testing
import Workload

private let second: UInt64 = 1_000_000_000

@Suite(.serialized) struct SteadyTests {
    private func rule(slope: Double = 0.02, least: UInt64 = 5) -> Steady {
        Steady(metric: .rate, slope: slope, per: 10 * second, least: least * second, most: 60 * second)
    }

    /// Seconds until it is steady; nil if it never is.
    private func steadyAfter(_ values: [Double?], _ rule: Steady) -> Int? {
        var watch = SteadyWatch(rule)
        for (place, value) in values.enumerated() where watch.add(value) { return place + 1 }
        return nil
    }

    @Test func theSlopeIsThatOfTheLineOfLeastSquares() {
        #expect(SteadyWatch.slope([100, 101, 102, 103]) == 1 / 101.5)
        #expect(SteadyWatch.slope([7, 7, 7]) == 0)
        // by hand: sums of products 5 and of squares 10, mean 2
        #expect(abs(SteadyWatch.slope([1, 2, 1, 3, 3]) - 0.25) < 1e-12)
        #expect(SteadyWatch.slope([3, 3, 1, 2, 1]) == -SteadyWatch.slope([1, 2, 1, 3, 3]))
    }

    @Test func aPlantedDriftIsFoundAndAFlatLoadPasses() {
        // 1 % of the first value a second is 10 % in ten seconds, up or down; it gets less of the mean as that grows
        let rising = (0..<40).map { 1_000.0 * (1 + 0.01 * Double($0)) }
        #expect(steadyAfter(rising, rule()) == nil)
        #expect(steadyAfter(rising.reversed(), rule()) == nil)
        #expect(steadyAfter(rising, rule(slope: 0.11)) == 5)
        #expect(steadyAfter([Double](repeating: 1_000, count: 40), rule()) == 5)
        #expect(steadyAfter([Double](repeating: 1_000, count: 40), rule(least: 8)) == 8)
    }

    @Test func aLoadThatWarmsUpIsSteadyOnceItHas() throws {
        let warming = (0..<10).map { 100.0 * Double($0 + 1) } + [Double](repeating: 1_000, count: 30)
        // the window must hold nothing but the flat part, or nearly so
        let found = try #require(steadyAfter(warming, rule()))
        #expect((13...15).contains(found), "\(found)")
    }

    @Test func chanceAroundALevelIsToldFromADrift() {
        var random = SeededRandom(seed: 7)
        func noise() -> Double { (Double(random.next() >> 11) * 0x1p-53 - 0.5) * 0.02 }
        var (found, missed) = (0, 0)
        for _ in 0..<200 {
            let flat = (0..<60).map { _ in 1_000 * (1 + noise()) }
            let drifting = (0..<60).map { 1_000 * (1 + 0.02 * Double($0)) * (1 + noise()) }
            if steadyAfter(flat, rule(slope: 0.02, least: 10)) != nil { found += 1 }
            if steadyAfter(drifting, rule(slope: 0.02, least: 10)) != nil { missed += 1 }
        }
        #expect(found == 200 && missed == 0, "\(found) flat ones pass, \(missed) drifts do")
    }

    @Test func secondsWithoutAnAnswerBeginTheWindowAnew() {
        let broken: [Double?] = [9, 9, 9, 9, nil, 9, 9, 9, 9, 0, 9, 9, 9, 9, 9]
        #expect(steadyAfter(broken, rule()) == 15)
        var watch = SteadyWatch(rule())
        for value in broken.dropLast(1) { _ = watch.add(value) }
        #expect(!watch.isSteady && watch.slope == nil)
    }

    // MARK: whole loads

    private func report(_ steady: String, _ server: Misbehaviour, arrivals: String = "closed") throws -> LoadReport {
        let server = try ScriptedServer(server)
        defer { server.stop() }
        let text = try setWorkload(arrivals: arrivals, clients: 4, pipeline: 2, seconds: "500ms").resolved
        let workload = try Workload(text: text, file: "steady.yaml", overrides: ["phases.steady.steady=\(steady)"])
        return try load(workload, server)
    }

    @Test func aServerThatGetsSlowerIsFoundOut() throws {
        let report = try report(
            "{metric: response.p50, slope: 20%/10s, min: 3s, max: 5s}",
            Misbehaviour(serviceTime: 20_000_000, serviceDrift: 10_000_000))
        #expect(report.phases.map(\.name) == ["steady (settling)", "steady"])
        #expect(report.phases.map(\.isRecorded) == [false, true])
        #expect(report.phases[0].durationNanoseconds == 5 * second && report.phases[0].steadiness == nil)
        let found = try #require(report.phases[1].steadiness)
        #expect(!found.isReached && found.nanoseconds == 5 * second)
        // 10 ms a second more of about 50 are 200 % in ten seconds
        #expect(found.slope.map { $0 > 0.5 && $0 < 4 } == true, "\(found)")
        // it is measured all the same
        let sets = try #require(report.phases[1].operation(role: "writer", kind: .set))
        #expect(sets.response.count > 10 && sets.response.min >= 60_000_000)
        #expect(report.phases[0].operation(role: "writer", kind: .set)?.response.isEmpty == true)
        #expect(report.summary.contains("did not reach steady state in 5.0 s: response.p50 with "))
        #expect(report.allChecksPassed)
    }

    @Test func aServerThatStaysAsItIsIsRecordedAtOnce() throws {
        let report = try report(
            "{metric: response.p50, slope: 100%/10s, min: 3s, max: 20s}", Misbehaviour(serviceTime: 30_000_000),
            arrivals: "{rate: 100/s}")
        let found = try #require(report.phases[1].steadiness)
        #expect(found.isReached && found.nanoseconds >= 3 * second && found.nanoseconds < 15 * second, "\(found)")
        #expect(report.phases[0].durationNanoseconds == found.nanoseconds)
        #expect(report.phases[1].startNanoseconds == found.nanoseconds && report.phases[1].durationNanoseconds == second / 2)
        // what was due in either phase belongs to it alone, and nothing is due twice
        let counts = report.phases.compactMap { $0.operation(role: "writer", kind: .set)?.offered }
        #expect(counts.count == 2 && counts[1] == 50)
        #expect(abs(Double(counts[0]) - Double(found.nanoseconds) / 1e7) <= 1, "\(counts)")
        #expect(report.summary.contains("steady after ") && report.allChecksPassed && report.anomalies.total == 0)
    }

    @Test func severalGeneratorsDoNotSeeTheWhole() throws {
        let text = try setWorkload(arrivals: "closed").resolved
        let workload = try Workload(text: text, file: "steady.yaml", overrides: ["phases.steady.steady={metric: rate}"])
        #expect(LoadShare.objection(to: 2, of: workload)?.contains("leave --generators or 'steady' out") == true)
        #expect(LoadShare.objection(to: 1, of: workload) == nil)
        #expect(
            workload.phases[0].steady
                == Steady(metric: .rate, slope: 0.02, per: 10 * second, least: 5 * second, most: 60 * second))
        #expect(try Workload(text: text, file: "plain.yaml").withSettling.phases.count == 1)
    }
}
