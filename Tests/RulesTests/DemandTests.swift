// A rule that does not hold stops the process, in builds of every kind that is shipped.

import Rules
import Testing

@Suite struct DemandTests {
    @Test func aRuleThatHoldsCostsNothing() {
        var asked = 0
        func text() -> String {
            asked += 1
            return "Rule E1: not asked for"
        }
        demand(true, text())
        #expect(asked == 0)
    }

    @Test func aRuleThatDoesNotHoldStopsTheProcess() async {
        await #expect(processExitsWith: .failure) { demand(false, "Rule E1: a test") }
    }
}
