// The shipping core goes along with the model: whatever the safe protocol may do, real members do, and their disks hold the same
// after every step. Without that a refusal of a wrong schedule would prove nothing.

import Testing
import Zab

@Suite struct ModelConformanceTests {
    @Test(arguments: [(2, 3), (3, 4), (4, 4), (5, 4)]) func theCorePlaysWhatTheModelAllows(_ size: Int, _ attempts: Int) {
        let configuration = Stage.configuration(size)
        var model = ProtocolModel(configuration.quorum, epochs: attempts + 1, attempts: attempts, records: 2, grain: .fine)
        model.hasCrashes = true
        var kinds: [ModelStep.Kind: Int] = [:]
        for seed in UInt64(1)...400 {
            var walk = Walk(model, seed: seed)
            walk.go(60)
            for step in walk.schedule { kinds[step.kind, default: 0] += 1 }
            let refusal = Stage(model, configuration).play(walk.schedule)
            #expect(
                refusal == nil,
                "seed \(seed): \(walk.schedule.prefix((refusal?.index ?? 0) + 1).map(\.description).joined(separator: "\n"))")
            if refusal != nil { return }
        }
        // The walks get everywhere.
        for kind in [ModelStep.Kind.start, .lead, .takeEpoch, .propose, .append, .crash] {
            #expect(kinds[kind] ?? 0 > 100, "\(kind)")
        }
        for kind in [ModelStep.Kind.promise, .accept, .truncate] { #expect(kinds[kind] ?? 0 > 100, "\(kind)") }
    }
}
