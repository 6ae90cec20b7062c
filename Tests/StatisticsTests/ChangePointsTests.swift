// Changes in series that were made with them, and none in series without.

import Statistics
import Testing

@Suite struct ChangePointsTests {
    /// Around `level`, up to `spread` of it to either side.
    private func values(_ levels: [(level: Double, count: Int)], spread: Double, seed: UInt64) -> [Double] {
        var random = SeededRandom(seed: seed)
        return levels.flatMap { level, count in
            (0..<count).map { _ in level * (1 + spread * (Double(random.below(2_001)) / 1_000 - 1)) }
        }
    }

    @Test func aStepIsFoundWhereItIs() {
        for seed in 1...10 as ClosedRange<UInt64> {
            let found = ChangePoints().find(values([(100, 15), (110, 15)], spread: 0.04, seed: seed))
            #expect(found.count == 1 && abs(found[0] - 15) <= 1, "\(seed): \(found)")
        }
        #expect(ChangePoints().find(values([(100, 12), (80, 12), (120, 12)], spread: 0.03, seed: 4)) == [12, 24])
    }

    @Test func whereNothingChangesAlmostNothingIsFound() {
        let wrong = (1...60).filter { seed in
            !ChangePoints().find(values([(100, 30)], spread: 0.1, seed: UInt64(seed))).isEmpty
        }
        // One in twenty is what is asked for; more than seven of sixty would come once in a hundred such tests.
        #expect(wrong.count <= 7, "\(wrong)")
    }

    @Test func fewValuesSayNothing() {
        #expect(ChangePoints().find([]) == [] && ChangePoints().find([1, 1, 1, 1, 9, 9, 9, 9, 9]) == [])
        #expect(ChangePoints().find(Array(repeating: 7, count: 40)) == [])
        #expect(ChangePoints().find([1, 1, 1, 1, 1, 9, 9, 9, 9, 9]) == [5])
    }
}
