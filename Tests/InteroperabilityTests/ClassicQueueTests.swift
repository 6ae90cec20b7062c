// The classic program of the article on distributed queues, on three real members, with its leader killed: what was answered OK
// is there, once, on every member.

import Ensemble
import Foundation
import Jute
import Testing

@Suite(.serialized) struct ClassicQueueTests {
    private static let add: Int32 = 1000
    private static let list: Int32 = 1002

    @Test("Every acknowledged item is there once on all members after the leader was killed")
    func itemsSurviveTheLeader() throws {
        try RealEnsemble.with(3, program: "ClassicQueue") { ensemble in
            var client = try RealEnsemble.client(ensemble)
            var acknowledged: [String] = []
            var unknown: Set<String> = []
            for number in 0..<600 {
                if number == 200 { try RealEnsemble.leader(ensemble).kill() }
                let item = "item-\(number)"
                do {
                    let answer = try client.ask(Self.add) {
                        $0.writeString("tasks")
                        $0.writeString(item)
                    }
                    #expect(answer.error == 0)
                    acknowledged.append(item)
                } catch {
                    unknown.insert(item)
                    client = try RealEnsemble.client(ensemble)
                }
            }
            #expect(acknowledged.count > 500)
            for member in ensemble.members where !member.isRunning { try member.restart() }
            #expect(RealEnsemble.agree(ensemble))
            for member in ensemble.members {
                let items = try items(of: member)
                #expect(Set(items).count == items.count)
                let known = items.filter { !unknown.contains($0) }
                #expect(known == acknowledged)
            }
        }
    }

    private func items(of member: Member) throws -> [String] {
        let client = try WireClient(port: member.ports.client)
        try client.sync()
        let answer = try client.ask(Self.list) { $0.writeString("tasks") }
        #expect(answer.error == 0)
        return answer.body.withUnsafeBytes { bytes in
            var reader = JuteReader(bytes.bytes)
            var items: [String] = []
            while let item = reader.optionalBytes() { items.append(String(decoding: item, as: UTF8.self)) }
            return items
        }
    }
}
