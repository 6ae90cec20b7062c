// Each rule left out: the search finds a schedule that breaks something, and the shipping core, asked to play that schedule,
// refuses at the step that the rule forbids.

import Testing
import Zab

@Suite struct WrongVariantTests {
    struct Variant: CustomTestStringConvertible {
        var testDescription: String
        var leftOut: LeftOut
        var breach: String
        /// Where the shipping core stops.
        var refusedAt: ModelStep.Kind
        var epochs = 3
        /// Steps of the safe protocol that come first.
        var prelude: [ModelStep] = []

        init(_ name: String, _ leftOut: LeftOut, _ breach: String, refusedAt: ModelStep.Kind) {
            testDescription = name
            self.leftOut = leftOut
            self.breach = breach
            self.refusedAt = refusedAt
        }
    }

    static let variants = [
        Variant("Rule D1 left out: an epoch is said before it is durable", .d1, "Rule E4", refusedAt: .crash),
        Variant("Rule D2 left out: the epoch is durable before the history", .d2, "committed", refusedAt: .takeEpoch),
        Variant("Rule D4 left out: acknowledged before it is durable", .d4, "committed", refusedAt: .acknowledge),
        Variant("Rule E2 left out: a second promise of an epoch counts", .e2, "Rule E4", refusedAt: .promise),
        Variant("Rule E3 left out: an epoch goes on after another was promised", .e3, "committed", refusedAt: .takeEpoch),
        Variant("Rule E5 left out: promises count whatever the history", .e5, "committed", refusedAt: .lead),
        Variant("Rule L3 left out: no truncation to the common point", .l3, "committed", refusedAt: .truncate),
    ]

    @Test(arguments: variants) func isFoundAndRefused(_ variant: Variant) {
        let model = ProtocolModel(
            Quorum(voters: 3, rule: .half, minCopies: 2), epochs: 3, attempts: 3, records: 1, grain: .fine,
            leftOut: variant.leftOut)
        let outcome = ModelSearch.run(model)
        #expect(outcome.breach?.contains(variant.breach) == true, "\(outcome.breach ?? "nothing") in \(outcome.states) states")
        expectRefusal(variant.refusedAt, model, outcome.schedule)
    }

    /// It shows only with four epochs, so the search begins where three have led to: member 0 has a record that nobody else has,
    /// member 1 was elected and got no further, member 2 has promised.
    @Test("Rule D3 left out: acknowledged before the epoch is durable") func rule3IsNeeded() {
        var model = ProtocolModel(
            Quorum(voters: 3, rule: .half, minCopies: 2), epochs: 4, attempts: 4, records: 1, grain: .fine)
        let prelude = [
            step(.start, 0, 0, 1), step(.promise, 2, 0, 1), step(.lead, 0, 0, 1), step(.takeEpoch, 0, 0, 1),
            step(.accept, 1, 0, 1), step(.truncate, 1, 0, 1), step(.takeEpoch, 1, 0, 1), step(.propose, 0, 0, 1),
            step(.append, 0, 0, 1), step(.start, 1, 1, 2), step(.promise, 2, 1, 2), step(.lead, 1, 1, 2),
        ]
        var begin = ModelState()
        for step in prelude { begin = model.state(after: step, of: begin) }
        model.leftOut = .d3
        let outcome = ModelSearch.run(model, from: begin)
        #expect(outcome.breach?.contains("committed") == true, "\(outcome.breach ?? "nothing") in \(outcome.states) states")
        expectRefusal(.append, model, prelude + outcome.schedule)
    }

    private func step(_ kind: ModelStep.Kind, _ member: Int, _ attempt: Int, _ epoch: Int) -> ModelStep {
        ModelStep(kind: kind, member: member, attempt: attempt, epoch: epoch)
    }

    private func expectRefusal(_ kind: ModelStep.Kind, _ model: ProtocolModel, _ schedule: [ModelStep]) {
        let refusal = Stage(model, Stage.configuration(3)).play(schedule)
        let text = schedule.map(\.description).joined(separator: "\n")
        #expect(refusal?.step.kind == kind, "\(refusal?.description ?? "the core plays it"):\n\(text)")
    }
}
