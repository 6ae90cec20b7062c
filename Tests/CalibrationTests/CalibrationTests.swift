// The load generator against servers of known behaviour: what it reports is what the server itself knows, within 2 % and 50
// microseconds, whether requests come at fixed instants, by chance, or one after the other.

import LoadGenerator
import Statistics
import Testing
import Workload

@Suite(.serialized) struct CalibrationTests {
    private func latencies(_ run: CalibrationRun) -> [Disagreement] {
        Disagreement.between("response", run.sets.response, run.response)
            + (run.sets.isOpenLoop ? Disagreement.between("service", run.sets.service, run.service) : [])
            + (run.sets.isOpenLoop ? Disagreement.between("slip", run.sets.slip, run.slip) : [])
    }

    @Test("a fixed service time is reported as such", arguments: Coming.allCases)
    func fixedServiceTime(coming: Coming) throws {
        let calibration = Calibration(pace: .fixed(10_000_000), coming: coming, pipeline: coming == .closed ? 1 : 64)
        let run = try calibrate(calibration, latencies)
        #expect(run.sets.response.min >= 10_000_000)
        let median = run.sets.response.value(atPercentile: 50)
        // A machine without a free processor makes the server late, too: what it knows of itself is the measure.
        let known = Double(run.response.sorted()[run.response.count / 2])
        #expect(median >= 10_000_000 && Double(median) < known * 1.02 + 50_000, "\(median) of \(known)")
        if coming == .closed { #expect(run.sets.acknowledged <= 4 * 201) }
    }

    @Test("5000 tokens a second are all that an open loop gets, and its line grows", arguments: [Coming.rate, .poisson])
    func tokensInAnOpenLoop(coming: Coming) throws {
        let calibration = Calibration(
            pace: .tokens(perSecond: 5_000), coming: coming, perSecond: 6_000, pipeline: 4_096)
        let run = try calibrate(calibration) { run in latencies(run) + seconds(run) + achieved(run) }
        #expect(abs(run.phase.writesPerSecond - 5_000) <= 100, "\(run.phase.writesPerSecond)")
        // After two seconds a thousand requests each second too many wait: 400 ms at 5000 a second.
        let (least, most) = coming == .rate ? (0.38, 0.42) : (0.32, 0.48)
        let longest = Double(run.sets.response.max) / 1e9
        #expect(longest > least && longest < most, "\(longest)")
        let medians = run.sets.series.prefix(2).map { Double($0.p50) / 1e9 }
        #expect(medians.count == 2 && medians[1] > 2 * medians[0], "\(medians)")
    }

    @Test("5000 tokens a second are all that a closed loop gets")
    func tokensInAClosedLoop() throws {
        let calibration = Calibration(pace: .tokens(perSecond: 5_000), coming: .closed, pipeline: 64)
        let run = try calibrate(calibration) { run in latencies(run) + achieved(run) }
        #expect(abs(run.phase.writesPerSecond - 5_000) <= 100, "\(run.phase.writesPerSecond)")
    }

    private static let slow: UInt64 = 10_000_000
    private static let pause = Pace.pause(after: 700_000_000, lasting: 500_000_000, service: 2_000_000)

    /// 500 ms at 1000 a second: all that are due meanwhile wait, those at its end for a moment only.
    @Test("a pause of 500 ms shows as 500 slow requests in an open loop", arguments: [Coming.rate, .poisson])
    func pauseInAnOpenLoop(coming: Coming) throws {
        // Windows that are full long before the pause ends: what then waits for room is late all the same.
        let calibration = Calibration(pace: Self.pause, coming: coming, pipeline: 16)
        let run = try calibrate(calibration) { run in
            Disagreement.between("response", run.sets.response, run.response)
                + Disagreement.between("service", run.sets.service, run.service) + slowOnes(run)
        }
        let slow = run.sets.response.count(above: Self.slow)
        #expect(slow >= 400 && slow <= 600, "\(slow) slow")
    }

    @Test("a pause of 500 ms shows once a connection in a closed loop")
    func pauseInAClosedLoop() throws {
        let run = try calibrate(Calibration(pace: Self.pause, coming: .closed), latencies)
        #expect(run.sets.response.count(above: 400_000_000) == 4)
        #expect(run.service.count { $0 > 400_000_000 } == 4)
        #expect(run.sets.acknowledged > 1_000)
    }

    /// What arrives at the server is the process that was asked for: mean and variance of its gaps, and of its counts.
    @Test func chanceArrivalsReachTheServerAsAPoissonProcess() throws {
        let calibration = Calibration(
            pace: .fixed(2_000_000), coming: .poisson, perSecond: 2_000, pipeline: 256, milliseconds: 3_000)
        let run = try calibrate(calibration) { run in latencies(run) + process(run) }
        #expect(abs(run.record.count - 6_000) < 310, "four standard deviations")
    }

    /// Spread and mean of exponential gaps are equal, and so are variance and mean of counts in equal stretches of time.
    private func process(_ run: CalibrationRun) -> [Disagreement] {
        let arrived = run.record.map(\.arrived).sorted()
        let gaps = moments(zip(arrived, arrived.dropFirst()).map { Double($1 - $0) })
        var counts = Array(repeating: 0.0, count: 150)
        let start = run.report.startedNanoseconds
        for instant in arrived { counts[min(149, Int((instant - min(instant, start)) / 20_000_000))] += 1 }
        let dispersion = moments(counts).variance / moments(counts).mean
        var found: [Disagreement] = []
        if abs(gaps.mean - 500_000) > 26_000 {
            found.append(Disagreement(figure: "mean gap", percentile: 50, reported: UInt64(gaps.mean), known: 500_000))
        }
        let spread = gaps.variance.squareRoot()
        if abs(spread / gaps.mean - 1) > 0.075 {
            found.append(
                Disagreement(figure: "spread of gaps", percentile: 99, reported: UInt64(spread), known: UInt64(gaps.mean)))
        }
        if dispersion < 0.55 || dispersion > 1.5 {
            found.append(
                Disagreement(figure: "dispersion in 1/1000", percentile: 90, reported: UInt64(dispersion * 1_000), known: 1_000))
        }
        return found
    }

    private func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1))
    }

    /// Responses above a few times the service time.
    private func slowOnes(_ run: CalibrationRun) -> [Disagreement] {
        let known = UInt64(run.response.count { $0 > Self.slow })
        let reported = run.sets.response.count(above: Self.slow)
        guard max(known, reported) - min(known, reported) > 3 else { return [] }
        return [Disagreement(figure: "slow ones", percentile: 99, reported: reported, known: known)]
    }

    /// Replies within the phase, as a rate: what the generator counted, and what left the server.
    private func achieved(_ run: CalibrationRun) -> [Disagreement] {
        let end = run.report.startedNanoseconds + run.phase.durationNanoseconds
        let known = UInt64(run.answered(before: end))
        let difference = max(known, run.sets.answeredInside) - min(known, run.sets.answeredInside)
        guard difference * 50 > known else { return [] }
        return [Disagreement(figure: "achieved", percentile: 0, reported: run.sets.answeredInside, known: known)]
    }

    /// The medians of the two seconds.
    private func seconds(_ run: CalibrationRun) -> [Disagreement] {
        run.sets.series.prefix(2).flatMap { second in
            let start = run.report.startedNanoseconds + UInt64(second.second) * 1_000_000_000
            let inside = zip(run.record, run.response).filter { $0.0.left >= start && $0.0.left < start + 1_000_000_000 }
            let known = Disagreement.value(of: inside.map(\.1).sorted(), at: 50)
            let isNear = abs(Double(second.p50) - Double(known)) <= 0.02 * Double(known) + 50_000
            let figure = "second \(second.second)"
            return isNear ? [] : [Disagreement(figure: figure, percentile: 50, reported: second.p50, known: known)]
        }
    }
}
