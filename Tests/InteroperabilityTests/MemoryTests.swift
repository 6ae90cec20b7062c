// A real server gives back what large requests and answers took, while the connections stay open.

import ClientProtocol
import Ensemble
import Foundation
import Jute
import Testing

@Suite(.serialized) struct MemoryTests {
    private static let mebibyte = 1 << 20

    private func resident(_ member: Member) -> Int {
        let status = member.pid.flatMap { try? String(contentsOfFile: "/proc/\($0)/status", encoding: .utf8) } ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line?.split { !$0.isNumber }.first.flatMap { Int($0) } ?? 0) << 10
    }

    @Test("clients that got answers of 29 MiB or sent requests of 4 MB keep none of the memory")
    func clients() throws {
        let settings = [(key: "jute.maxbuffer", value: "4194304")]
        // The allocator keeps freed blocks up to a size that follows what it has seen; fixed, it gives large ones back at once.
        try RealEnsemble.with(1, settings: settings, before: "export MALLOC_MMAP_THRESHOLD_=1048576") { ensemble in
            let member = ensemble.members[0]
            let clients = try (0..<6).map { _ in try WireClient(port: member.ports.client, timeout: 30_000) }
            #expect(try clients[0].create("/list") == 0)
            // 60,000 names of 500 letters: an answer of 29 MiB.
            let name = String(repeating: "n", count: 494)
            try clients[0].createMany((0..<60_000).map { "/list/\(name)\(100_000 + $0)" })
            let before = resident(member)
            #expect(before > 29 * Self.mebibyte)
            for client in clients {
                let answer = try client.ask(OpCode.getChildren) {
                    $0.writeString("/list")
                    $0.writeBoolean(false)
                }
                #expect(answer.error == 0 && answer.body.count > 28 * Self.mebibyte)
            }
            for client in clients { try client.ping() }
            #expect(RealEnsemble.wait(seconds: 10) { resident(member) < before + 16 * Self.mebibyte })
            // Reads of 4 MB: nothing of them is logged, and nothing of them has to stay.
            let large = "/" + String(repeating: "x", count: 4_000_000)
            for client in clients { #expect(try client.exists(large) != 0) }
            for client in clients { try client.ping() }
            #expect(RealEnsemble.wait(seconds: 10) { resident(member) < before + 16 * Self.mebibyte })
        }
    }
}
