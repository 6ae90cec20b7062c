// Gaps in writes around a fault, and the figures of several.

import Chaos
import Histories
import Testing

@Suite struct WriteGapsTests {
    /// Writes acknowledged at these times.
    private func gaps(_ times: [UInt64]) -> WriteGaps {
        var history = History()
        for time in times {
            var operation = Operation(
                client: 0, session: 1, connection: 1, xid: 1, kind: .set(version: -1), path: "/k0", value: 1, invoked: time)
            operation.completed = time
            history.operations.append(operation)
        }
        return WriteGaps(history)
    }

    @Test func theLongestStretchThatReachesIntoAFaultCounts() {
        let gaps = gaps([10, 20, 50, 60, 300, 310])
        #expect(gaps.longest(from: 25, to: 30) == 30, "it began before and ended behind it")
        #expect(gaps.longest(from: 12, to: 55) == 30)
        #expect(gaps.longest(from: 55, to: 70) == 240)
        #expect(gaps.longest(from: 301, to: 305) == 10)
    }

    @Test func whatHasNoEndLastsUntilTheFaultIsOver() {
        #expect(gaps([10, 20]).longest(from: 15, to: 100) == 80)
        #expect(gaps([]).longest(from: 15, to: 100) == 85)
    }

    @Test func percentilesAreThoseOfTheNearestRank() throws {
        let figures = try #require(GapFigures((1...100).map { UInt64($0) }))
        #expect([figures.p50Nanoseconds, figures.p99Nanoseconds, figures.maxNanoseconds] == [50, 99, 100])
        let one = try #require(GapFigures([7]))
        #expect([one.p50Nanoseconds, one.p99Nanoseconds, one.maxNanoseconds] == [7, 7, 7] && GapFigures([]) == nil)
    }
}
