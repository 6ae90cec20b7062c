// Members that have lost what they had stored, on real processes: a damaged log is repaired from the others, an empty directory
// is refused until the operator has said that the old one is gone.

import Ensemble
import Foundation
import Testing

@Suite(.serialized) struct LostDiskTests {
    private func logs(_ member: Member) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(member.directory)/data").filter { $0.hasPrefix("log-") }.sorted()
            .map { "\(member.directory)/data/\($0)" }
    }

    private func flip(_ path: String, at offset: UInt64) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: offset)
        let byte = try file.read(upToCount: 1)?.first ?? 0
        try file.seek(toOffset: offset)
        try file.write(contentsOf: [byte ^ 0x10])
        try file.close()
    }

    /// The block where a batch's frame begins; seals have blocks of their own, of which a bit is worth nothing.
    private func firstBatch(in path: String, from offset: Int) throws -> UInt64? {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let magic: [UInt8] = [0x54, 0x41, 0x42, 0x51]
        return stride(from: offset, to: bytes.count - 8, by: 4_096).first { bytes[$0 + 4..<$0 + 8].elementsEqual(magic) }
            .map(UInt64.init)
    }

    @Test("Rule F3: a member with a flipped bit in its log starts, says so, is repaired by its leader, and votes again")
    func damagedLog() throws {
        try RealEnsemble.with(3) { ensemble in
            let client = try RealEnsemble.client(ensemble)
            _ = try client.create("/d")
            for round in 0..<200 { #expect(try client.set("/d", "value \(round)") == 0) }
            #expect(RealEnsemble.agree(ensemble))
            let leader = try RealEnsemble.leader(ensemble)
            let victim = try #require(ensemble.members.first { $0 !== leader })
            victim.kill()
            // In the first flush behind the founding record, far in front of the end.
            let log = try #require(try logs(victim).max { try size($0) < size($1) })
            try flip(log, at: try #require(try firstBatch(in: log, from: 8_192 + 4_096)) + 60)
            try victim.restart()
            let isBack = RealEnsemble.wait(seconds: 15) { victim.monitor()["zk_server_state"] == "follower" }
            #expect(isBack)
            #expect(RealEnsemble.logLines(of: victim, with: "damage found: ").count == 1)
            #expect(RealEnsemble.agree(ensemble, within: 15))
            // It counts again: with the third member down writes go on.
            let third = try #require(ensemble.members.first { $0 !== leader && $0 !== victim })
            third.kill()
            let writer = try WireClient(port: leader.ports.client)
            #expect(try writer.set("/d", "behind the repair") == 0)
            try third.restart()
            victim.kill()
            try victim.restart()
            #expect(RealEnsemble.agree(ensemble, within: 15))
            #expect(RealEnsemble.logLines(of: victim, with: "damage found: ").count == 1, "it is whole")
        }
    }

    @Test("Rule F8: a directory that was set back is refused by name, and taken when it is the right one again")
    func directorySetBack() throws {
        try RealEnsemble.with(3) { ensemble in
            let client = try RealEnsemble.client(ensemble)
            _ = try client.create("/d")
            #expect(RealEnsemble.agree(ensemble))
            let leader = try RealEnsemble.leader(ensemble)
            let victim = try #require(ensemble.members.first { $0 !== leader })
            let (data, old) = ("\(victim.directory)/data", "\(victim.directory)/old")
            victim.kill()
            try FileManager.default.copyItem(atPath: data, toPath: old)
            try victim.restart()
            #expect(RealEnsemble.wait(seconds: 15) { victim.monitor()["zk_server_state"] == "follower" })
            let writer = try WireClient(port: leader.ports.client)
            for round in 0..<20 { #expect(try writer.set("/d", "value \(round)") == 0) }
            #expect(RealEnsemble.agree(ensemble))
            victim.kill()
            try FileManager.default.moveItem(atPath: data, toPath: "\(victim.directory)/new")
            try FileManager.default.moveItem(atPath: old, toPath: data)
            try victim.restart()
            let isTold = RealEnsemble.wait(seconds: 10) {
                !RealEnsemble.logLines(of: victim, with: "its directory was set back").isEmpty
                    && !RealEnsemble.logLines(of: leader, with: "Rule F8: ").isEmpty
            }
            #expect(isTold)
            // It comes back several times a second for as long as nobody helps, and is told of once a minute.
            let returns = RealEnsemble.wait(seconds: 20) {
                (victim.metrics()?.value("quorate_looking_total", labels: ["cause": "leaderRejected"]) ?? 0) >= 5
            }
            #expect(returns)
            for (member, words) in [(victim, "refused this learner"), (leader, "Rule F8: ")] {
                #expect(RealEnsemble.logLines(of: member, with: words).count == 1)
            }
            #expect(victim.monitor()["zk_server_state"] != "follower")
            victim.kill()
            try FileManager.default.removeItem(atPath: data)
            try FileManager.default.moveItem(atPath: "\(victim.directory)/new", toPath: data)
            try victim.restart()
            #expect(RealEnsemble.agree(ensemble, within: 15))
        }
    }

    private func size(_ path: String) throws -> Int {
        // Segments are filled with zeros: what was written says the last byte that is none.
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        return bytes.lastIndex { $0 != 0 } ?? 0
    }

    private func replace(_ member: Member, at leader: Member) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try RealEnsemble.product("quorate"))
        process.arguments = ["replace", "\(member.id)", "--admin", "127.0.0.1:\(leader.ports.admin)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    @Test("Rules G6, G7: an empty directory is refused until it is let in by name; then it counts, and the old one never again")
    func emptyDirectory() throws {
        try RealEnsemble.with(3) { ensemble in
            let client = try RealEnsemble.client(ensemble)
            _ = try client.create("/kept", "before")
            let bound = RealEnsemble.wait(seconds: 10) {
                ensemble.members.allSatisfy { $0.monitor()["zk_unbound_members"] == "0" }
            }
            #expect(bound)
            let leader = try RealEnsemble.leader(ensemble)
            let victim = try #require(ensemble.members.first { $0 !== leader })
            let refused = try replace(victim, at: leader)
            #expect(refused.status == 2 && refused.output.contains("is connected with its own data directory"), "\(refused)")
            victim.kill()
            let data = "\(victim.directory)/data"
            try FileManager.default.moveItem(atPath: data, toPath: "\(victim.directory)/old")
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
            try "\(victim.id)\n".write(toFile: "\(data)/myid", atomically: true, encoding: .utf8)
            try victim.restart()
            let isTold = RealEnsemble.wait(seconds: 10) {
                !RealEnsemble.logLines(of: victim, with: "quorate replace \(victim.id)").isEmpty
            }
            #expect(isTold, "the refusal names the remedy")
            #expect(victim.monitor()["zk_server_state"] != "follower")
            let wrong = try #require(ensemble.members.first { $0 !== leader && $0 !== victim })
            #expect(try replace(victim, at: wrong).output.contains("only the leader can have a member replaced"))
            let done = try replace(victim, at: leader)
            #expect(done.status == 0, "\(done)")
            let isBack = RealEnsemble.wait(seconds: 15) { victim.monitor()["zk_server_state"] == "follower" }
            #expect(isBack)
            #expect(RealEnsemble.agree(ensemble, within: 15))
            // Once the record that binds it is committed it counts: the other follower may go.
            let isBound = RealEnsemble.wait(seconds: 10) { leader.monitor()["zk_unbound_members"] == "0" }
            #expect(isBound)
            wrong.kill()
            let writer = try WireClient(port: leader.ports.client)
            #expect(try writer.create("/after") == 0)
            try wrong.restart()
            #expect(RealEnsemble.agree(ensemble, within: 15))
            // The old directory comes back: nobody listens to it.
            victim.kill()
            try FileManager.default.removeItem(atPath: data)
            try FileManager.default.moveItem(atPath: "\(victim.directory)/old", toPath: data)
            try victim.restart()
            let isRefused = RealEnsemble.wait(seconds: 10) {
                !RealEnsemble.logLines(of: victim, with: "the data directory of another incarnation").isEmpty
            }
            #expect(isRefused)
            #expect(victim.monitor()["zk_server_state"] != "follower")
            #expect(try writer.data("/kept") == "before")
        }
    }
}
