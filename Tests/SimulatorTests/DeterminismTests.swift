// One seed is one run: everything that happens in it happens again, in the same order.

import Simulator
import Testing

@Suite struct DeterminismTests {
    private func trace(_ seed: UInt64) -> (UInt64, UInt64, [String]) {
        let run = Simulation(seed: seed)
        run.run()
        return (run.trace, run.steps, run.breaches)
    }

    @Test(arguments: UInt64(1)...20) func aSeedIsARun(_ seed: UInt64) {
        let (first, second) = (trace(seed), trace(seed))
        #expect(first == second)
    }

    @Test func seedsDiffer() {
        #expect(Set((UInt64(1)...20).map { trace($0).0 }).count == 20)
    }

    @Test func dropsOfChanceAreEven() {
        var dice = Dice(seed: 7)
        var counts = Array(repeating: 0, count: 10)
        for _ in 0..<100_000 { counts[dice.below(10)] += 1 }
        for count in counts { #expect(abs(count - 10_000) < 500) }
        for _ in 0..<1_000 {
            #expect((3...5).contains(dice.within(3...5)))
            #expect((10...10_000).contains(dice.logarithmic(10...10_000)))
        }
        var (one, other) = (Dice(seed: 1, stream: .faults), Dice(seed: 1, stream: .network))
        #expect(one.next() != other.next())
    }
}
