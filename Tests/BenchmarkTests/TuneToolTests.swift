// `quorate tune` as a user runs it: a bad default that was put in is found and mended.

import Ensemble
import Foundation
import Results
import Testing

@Suite(.serialized) struct TuneToolTests {
    private static let load = """
        apiVersion: quorate/v1
        name: short
        data: {tree: [{path: /short/znode-, count: 8, size: 100B}]}
        payload: {size: 100B}
        roles: {writer: {clients: 8, pipeline: 16, do: [{set: {path: /short/znode-}}]}}
        phases: [{name: deep, for: 1s}]
        check: [no_loss, replicas_agree]

        """

    @Test(.timeLimit(.minutes(3))) func aBadDefaultIsMended() throws {
        let tool = try Tool()
        try Self.load.write(toFile: "\(tool.place)/short.yaml", atomically: true, encoding: .utf8)
        let end = try tool.quorate([
            "tune", "PLACE/short.yaml", "--nodes", "1", "--setting", "maxBatchSize=1", "--setting",
            "quorate.maxInFlightBatches=1",
            "--knob", "maxBatchSize=4096", "--objective", "throughput", "--candidates", "2", "--no-prove", "--out", "PLACE/out",
        ])
        #expect(end == .exited(code: 0), "\(tool.output)")
        let folder = try #require(tool.folders.last)
        let found = try JSONDecoder().decode(
            TuningDocument.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/tuning.json")))
        #expect(found.recommended == "maxBatchSize=4096", "\(tool.output)")
        #expect(tool.output.contains("\n    maxBatchSize=4096\n"), "\(tool.output)")
        #expect(found.common == ["maxBatchSize=1", "quorate.maxInFlightBatches=1"])
        #expect(found.candidates.map(\.name) == ["default", "maxBatchSize=4096"])
        #expect((found.candidates[1].gain?.median ?? 0) > 1.5)
        #expect(tool.data.isEmpty)
    }
}
