// Tests of when requests are due where the rate changes over a phase: the exact instants, the number of them, and chance with a
// fixed seed; and that a load offers just that.

import LoadGenerator
import Statistics
import Testing
import Workload

private let millisecond: UInt64 = 1_000_000
private let second: UInt64 = 1_000_000_000

@Suite(.serialized) struct RateCourseTests {
    private static let start: UInt64 = 5_000

    /// Nanoseconds since the phase began of everything that is due in it.
    private func instants(
        _ shape: RateShape, for nanoseconds: UInt64, scale: Double = 1, seed: UInt64? = nil
    ) -> [UInt64] {
        var course = RateCourse(shape, scale: scale, nanoseconds: nanoseconds)
        var schedule = ArrivalSchedule(start: Self.start, end: Self.start + nanoseconds, along: &course, seed: seed)
        var found: [UInt64] = []
        while true {
            guard let due = schedule.due else {
                guard schedule.goOn(&course) else { break }
                continue
            }
            found.append(due - Self.start)
            schedule.advance()
        }
        #expect(schedule.index == UInt64(found.count) && !schedule.goOn(&course))
        #expect(zip(found, found.dropFirst()).allSatisfy { $0 <= $1 } && found.allSatisfy { $0 < nanoseconds })
        return found
    }

    @Test func burstsHaveTheirRateAndTheirPauses() {
        let found = instants(.burst(perSecond: 4, on: second, off: 3 * second), for: 9 * second)
        let burst: [UInt64] = [0, 250, 500, 750]
        #expect(found == (burst + burst.map { 4_000 + $0 } + burst.map { 8_000 + $0 }).map { $0 * millisecond })
    }

    /// 2.5 requests to a burst: what is left of one is due in the next.
    @Test func aPartOfARequestIsNotLostBetweenBursts() {
        let found = instants(.burst(perSecond: 5, on: second / 2, off: second / 2), for: 4 * second)
        #expect(found == [0, 200, 400, 1_100, 1_300, 2_000, 2_200, 2_400, 3_100, 3_300].map { $0 * millisecond })
    }

    @Test func aRampIsAStraightLineOverThePhase() {
        // 2 a second per second: the n-th is due at the root of n
        let found = instants(.ramp(from: 0, to: 20), for: 10 * second)
        #expect(found.count == 100)
        for (number, instant) in found.enumerated() {
            #expect(abs(Double(instant) - Double(number).squareRoot() * 1e9) < 2, "\(number): \(instant)")
        }
        let falling = instants(.ramp(from: 20, to: 0), for: 10 * second)
        #expect(falling.count == 100 && falling[0] == 0 && falling.filter { $0 < 5 * second }.count == 75)
        // a phase of half the length has the same course in half the time
        #expect(instants(.ramp(from: 100, to: 5_000), for: second).count == 2_550)
        #expect(instants(.ramp(from: 100, to: 5_000), for: second / 2).count == 1_275)
        #expect(instants(.ramp(from: 5, to: 5), for: second) == [0, 200, 400, 600, 800].map { $0 * millisecond })
    }

    @Test func aStaircaseGoesUp() {
        let found = instants(.stairs(from: 2, by: 2, every: second), for: 3_500 * millisecond)
        #expect(found == [0, 500, 1_000, 1_250, 1_500, 1_750].map { $0 * millisecond } + thirds(2_000, 6) + eighths(3_000, 4))
        // the first stair may be empty
        #expect(instants(.stairs(from: 0, by: 1, every: second), for: 2 * second) == [second])
    }

    private func thirds(_ milliseconds: UInt64, _ count: Int) -> [UInt64] {
        (0..<count).map { milliseconds * millisecond + UInt64((Double($0) * 1e9 / 6).rounded()) }
    }

    private func eighths(_ milliseconds: UInt64, _ count: Int) -> [UInt64] {
        (0..<count).map { milliseconds * millisecond + UInt64($0) * 125 * millisecond }
    }

    @Test func stepsFollowEachOtherAndTheLastOneLasts() {
        let steps = RateShape.steps([
            RateStep(perSecond: 2, nanoseconds: second), RateStep(perSecond: 0, nanoseconds: second),
            RateStep(perSecond: 4, nanoseconds: second / 2), RateStep(perSecond: 1, nanoseconds: second),
        ])
        #expect(
            instants(steps, for: 5_500 * millisecond) == [0, 500, 2_000, 2_250, 2_500, 3_500, 4_500].map { $0 * millisecond })
        #expect(instants(steps, for: 700 * millisecond) == [0, 500 * millisecond], "a phase may end before its steps do")
    }

    @Test func ratesAreScaledAndLengthsAreNot() {
        let burst = RateShape.burst(perSecond: 1_000, on: second, off: second)
        #expect(instants(burst, for: 4 * second).count == 2_000)
        let scaled = instants(burst, for: 4 * second, scale: 0.25)
        #expect(scaled.count == 500 && scaled.allSatisfy { $0 % (2 * second) < second })
        #expect(instants(.stairs(from: 100, by: 100, every: second), for: 4 * second, scale: 3).count == 3_000)
    }

    /// Sums of lengths and rates that no binary number holds exactly neither lose a request nor add one.
    @Test func nothingIsLostByRounding() {
        let burst = RateShape.burst(perSecond: 1_000.0 / 3, on: 3 * millisecond, off: 7 * millisecond)
        let found = instants(burst, for: 100 * second)
        #expect(found.count == 10_000)
        #expect(found == (0..<10_000).map { $0 * 10 * millisecond })
    }

    @Test func chanceFollowsTheSameCourse() {
        let burst = RateShape.burst(perSecond: 10_000, on: second, off: second)
        let found = instants(burst, for: 20 * second, seed: 7)
        // a Poisson number of 100,000 strays by 316
        #expect(abs(found.count - 100_000) < 1_265, "\(found.count)")
        #expect(found.allSatisfy { $0 % (2 * second) < second })
        #expect(found == instants(burst, for: 20 * second, seed: 7) && found != instants(burst, for: 20 * second, seed: 8))
        // gaps within a burst are exponential: 37 in a hundred are longer than their mean, and their spread is that mean
        let gaps = zip(found, found.dropFirst()).map { Double($1 - $0) }.filter { $0 < Double(second) / 2 }
        #expect(abs(Double(gaps.count { $0 > 100_000 }) / Double(gaps.count) - 0.3679) < 0.01)
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let spread = (gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)).squareRoot()
        #expect(abs(spread / mean - 1) < 0.02)
        let rising = instants(.ramp(from: 0, to: 10_000), for: 10 * second, seed: 7)
        #expect(abs(rising.count - 50_000) < 900)
        #expect(abs(Double(rising.count { $0 < 5 * second }) / Double(rising.count) - 0.25) < 0.01)
    }

    @Test func aLoadOffersWhatIsWrittenAndIsSilentInBetween() throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        let arrivals = "{burst: {rate: 400/s, on: 1s, off: 2s}}"
        let report = try load(setWorkload(arrivals: arrivals, pipeline: 16, seconds: "4s"), server)
        let sets = try #require(report.phase(named: "steady")?.operation(role: "writer", kind: .set))
        #expect(sets.isOpenLoop && sets.offered == 800 && sets.acknowledged == 800 && sets.slip?.count == 800)
        // what is due in the last moment of a second may be answered in the next one
        let answered = (0..<4).map { second in sets.series.first { $0.second == second }?.count ?? 0 }
        #expect(answered[0] > 300 && answered[1] < 100 && answered[2] < 20 && answered[3] > 300, "\(answered)")
        #expect(report.allChecksPassed)
    }
}
