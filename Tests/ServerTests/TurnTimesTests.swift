// Long turns are all counted, and one a minute is logged with its cause.

import Node
import Server
import Testing

@Suite struct TurnTimesTests {
    private func turn(_ times: inout TurnTimes, at start: UInt64, milliseconds: UInt64) -> String? {
        times.begin(at: start)
        times.note(.peers, at: start + 1_000_000)
        times.note(.apply, at: start + milliseconds * 1_000_000)
        return times.finish()
    }

    @Test func oneLineAMinute() {
        var times = TurnTimes()
        let second: UInt64 = 1_000_000_000
        #expect(turn(&times, at: 5 * second, milliseconds: 3) == nil)
        #expect(turn(&times, at: 6 * second, milliseconds: 30) == "a turn took 30 ms, of which apply 29 ms")
        for i in 0..<50 { #expect(turn(&times, at: (7 + UInt64(i)) * second, milliseconds: 20) == nil) }
        #expect(
            turn(&times, at: 67 * second, milliseconds: 12)
                == "a turn took 12 ms, of which apply 11 ms; 50 more were long since the last such line")
        #expect(turn(&times, at: 68 * second, milliseconds: 12) == nil)
        #expect(times.longTurns == 53)
        #expect(times.byCause[TurnTimes.Cause.apply.rawValue].count == 54)
    }
}
