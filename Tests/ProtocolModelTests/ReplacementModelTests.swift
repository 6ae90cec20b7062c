// Replacing a member is relied on only because every order of its steps was tried.

import Testing

@Suite("Replacing a member")
struct ReplacementModelTests {
    @Test("Rules G1, G6, G7: a replaced member loses nothing that was acknowledged, whatever becomes of its old directory")
    func safe() {
        let outcome = ReplacementModel(variant: .shipping, mostEpochs: 2, mostAttempts: 2).search(limit: 4_000_000)
        #expect(outcome.breach == nil)
        #expect(outcome.isComplete)
    }

    @Test("Rule G6: a fresh directory that counts at once loses what the old one had acknowledged")
    func countedAtOnce() {
        let outcome = ReplacementModel(variant: .countsNewAtOnce, mostEpochs: 2, mostAttempts: 2).search(limit: 4_000_000)
        #expect(outcome.breach != nil)
    }

    @Test("Rule G1: without the joint rule the old and the new directory are each part of a quorum")
    func withoutTheJointRule() {
        let outcome = ReplacementModel(variant: .withoutJointRule, mostEpochs: 2, mostAttempts: 2).search(limit: 4_000_000)
        #expect(outcome.breach != nil)
    }
}
