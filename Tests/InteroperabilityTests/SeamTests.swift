// Clients that mean ill, or are ill, on real servers: floods, connections that drip, half-open TLS, readers that do not read.
// What is promised: they are cut off within a bound, cost a bounded memory, and others are served meanwhile.

import ClientProtocol
import Ensemble
import Foundation
import Jute
import Testing
import Transport

@Suite(.serialized) struct SeamTests {
    /// What a client may wait while a flood goes on, on a machine that builds beside it.
    private static let patience = 3.0

    @Test("a flood of 3,000 connections is shut out by maxClientCnxns, and who is connected goes on")
    func flood() throws {
        try RealEnsemble.with(1, settings: [("maxClientCnxns", "60")]) { ensemble in
            let member = ensemble.members[0]
            var living = PatientClient(try RealEnsemble.client(ensemble))
            let crowd = try Crowd()
            var opened: [ConnectionID] = []
            for _ in 0..<30 {
                opened += (0..<100).map { _ in crowd.connect(member.ports.client) }
                crowd.turn(milliseconds: 5)
                try living.ask()
            }
            // 59 beside the one that lives; all others are told by an end.
            let isCut = crowd.turns(seconds: 20) { crowd.ended.count >= 3_000 - 59 }
            #expect(isCut, "\(crowd.ended.count) of 3,000 were cut off")
            try living.ask()
            #expect(living.longestSeconds < Self.patience, "a client waited for \(living.longestSeconds) s")
            #expect(RealEnsemble.logLines(of: member, with: "maxClientCnxns is 60").count == 1)
            crowd.close(opened)
            var rejected = 0
            _ = RealEnsemble.wait(seconds: 5) {
                rejected = Int(member.monitor()["zk_connection_rejected"] ?? "") ?? 0
                return rejected > 0
            }
            #expect(rejected >= 3_000 - 59, "\(rejected) of 3,000 were counted")
            let next = try RealEnsemble.client(ensemble)
            try next.ping()
        }
    }

    @Test("connections that drip a byte at a time, or say nothing, are cut off at their deadlines on every port")
    func slowloris() throws {
        try RealEnsemble.with(3, clients: .secure) { ensemble in
            let member = try RealEnsemble.leader(ensemble)
            let secure = try #require(member.ports.secureClient)
            let files = try #require(ensemble.order.tls)
            let context = try TLSContext(
                TLSConfiguration(authorityFile: files.authority, certificateFile: files.certificate, keyFile: files.key))
            var living = PatientClient(try WireClient(port: member.ports.client))
            let crowd = try Crowd()
            let some = 0..<30
            let hello: [UInt8] = [0x16, 3, 1, 0, 0x80, 1, 0, 0, 0x7c] + [UInt8](repeating: 3, count: 40)
            let request = Crowd.connectRequest(timeout: 4_000)
            var dripping: [(id: ConnectionID, bytes: [UInt8])] = []
            dripping += some.map { _ in (crowd.connect(member.ports.client), request) }
            dripping += some.map { _ in (crowd.connect(secure), hello) }
            dripping += some.map { _ in (crowd.connect(member.ports.election), hello) }
            dripping += some.map { _ in
                (crowd.connect(member.ports.quorum, tls: context), [40, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2])
            }
            // Half-open: a socket, and nothing behind it.
            let silent = some.map { _ in crowd.connect(secure) } + some.map { _ in crowd.connect(member.ports.election) }
            let all = Set(dripping.map(\.id) + silent)
            let began = Date()
            var sent = 0
            let areCut = crowd.turns(seconds: 25) {
                let second = Int(Date().timeIntervalSince(began))
                if second >= sent {
                    for (id, bytes) in dripping where sent < bytes.count { crowd.send(id, [bytes[sent]]) }
                    sent = second + 1
                    try? living.ask()
                }
                return crowd.ended.isSuperset(of: all)
            }
            #expect(areCut, "\(all.subtracting(crowd.ended).count) of \(all.count) are still open")
            // 5 s for a handshake, 10 for the first words; and what a busy machine adds.
            #expect(Date().timeIntervalSince(began) < 16)
            try living.ask()
            #expect(living.answers >= 8 && living.longestSeconds < Self.patience, "\(living)")
            #expect(ensemble.unexpectedEnds().isEmpty)
            #expect(try RealEnsemble.leader(ensemble) === member)
        }
    }

    @Test("clients that ask for much and read nothing hold a bounded memory, and hold up nobody")
    func deafClients() throws {
        try RealEnsemble.with(1) { ensemble in
            let member = ensemble.members[0]
            var living = PatientClient(try RealEnsemble.client(ensemble))
            #expect(try living.client.create("/large", String(repeating: "x", count: 500_000)) == 0)
            let crowd = try Crowd()
            let connect = Crowd.connectRequest(timeout: 20_000)
            let ids = (0..<8).map { _ in crowd.connect(member.ports.client) }
            #expect(crowd.turns(seconds: 10) { crowd.up.isSuperset(of: ids) })
            for id in ids { crowd.send(id, connect) }
            #expect(crowd.turns(seconds: 10) { ids.allSatisfy { crowd.received[$0] != nil } })
            crowd.deaf = Set(ids)
            var get = ByteBuffer()
            get.write(RequestHeader(xid: 1, type: OpCode.getData))
            get.writeString("/large")
            get.writeBoolean(false)
            let asking = [0, 0, 0, UInt8(get.count)] + Array(get.bytes)
            let many = Array(repeatElement(asking, count: 100).joined())
            // 8 clients times 2,000 times half a megabyte is 8 GB.
            for _ in 0..<20 {
                for id in ids { crowd.send(id, many) }
                crowd.turn(milliseconds: 20)
                try living.ask()
            }
            let resident = member.figures()?.residentBytes ?? 0
            // Each may have 8 MiB and an answer that waits; the rest is the server itself.
            #expect(resident > 0 && resident < 400 << 20, "\(resident >> 20) MiB are resident")
            #expect(living.longestSeconds < Self.patience, "a client waited for \(living.longestSeconds) s")
            crowd.close(ids)
            try living.ask()
        }
    }
}
