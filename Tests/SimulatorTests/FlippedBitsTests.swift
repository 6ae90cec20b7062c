// Bits of what members have stored change one after another: the same is done by `quorate simulate --bit-flips`, longer.

import Simulator
import Testing

@Suite struct FlippedBitsTests {
    @Test("Rule F3: each of a thousand flipped bits is without effect, or noticed and repaired from the other two members")
    func thousand() {
        var flips = FlippedBits(seed: 1)
        while flips.tally.all < 1_000, flips.breach == nil { flips.run(most: 1_000 - flips.tally.all) }
        #expect(flips.breach == nil)
        let tally = flips.tally
        #expect(tally.all == 1_000)
        #expect(tally.repaired >= 50 && tally.mended >= 20 && tally.withoutEffect > 0, "\(tally.text)")
        #expect(tally.refused == 0, "one flipped bit takes no promise away")
    }

    @Test func theSameSeedIsTheSameRun() {
        var (first, second) = (FlippedBits(seed: 7), FlippedBits(seed: 7))
        first.run(most: 100)
        second.run(most: 100)
        #expect(first.tally == second.tally && first.breach == nil)
    }
}
