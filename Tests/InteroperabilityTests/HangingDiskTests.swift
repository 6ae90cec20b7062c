// A real server whose snapshot's write never returns: it goes on serving, and a failed flush still ends it, with its code.

import Ensemble
import Foundation
import Testing

@Suite(.serialized) struct HangingDiskTests {
    private static let settings = [
        (key: "quorate.faults", value: "true"), (key: "quorate.faults.hangSnapshots", value: "true"),
        (key: "quorate.faults.failFlushAfter", value: "300"), (key: "quorate.snapshotLogMb", value: "1"),
    ]

    @Test("Rule F1: a failed flush ends the process within seconds, though a background command is stuck")
    func failure() throws {
        try RealEnsemble.with(1, settings: Self.settings) { ensemble in
            let member = ensemble.members[0]
            let client = try WireClient(port: member.ports.client)
            #expect(try client.create("/held") == 0)
            let block = String(repeating: "b", count: 200_000)
            // Half as much again as the setting: from then on a snapshot is under way, and stuck.
            for _ in 0..<12 { #expect(try client.set("/held", block) == 0) }
            #expect(
                RealEnsemble.wait(seconds: 20) {
                    FileManager.default.fileExists(atPath: "\(member.directory)/data/snapshot.writing")
                })
            #expect(try client.set("/held", "serving goes on") == 0)
            for _ in 0..<400 where member.isRunning { _ = try? client.set("/held", "more") }
            #expect(RealEnsemble.wait(seconds: 20) { !member.isRunning })
            #expect(ensemble.unexpectedEnds().contains { "\($0)".contains("74") }, "\(ensemble.unexpectedEnds())")
        }
    }
}
