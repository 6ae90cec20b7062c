// A thousand clients with TLS lose their connections at once and come back: the ensemble keeps its leader, and every session
// lives.

import Ensemble
import Foundation
import LoadGenerator
import Testing
import Transport
import Workload

@Suite(.serialized) struct ReconnectStormTests {
    private func storm(clients: Int, _ files: MemberTLS) throws -> Workload {
        try Workload(
            text: """
                apiVersion: quorate/v1
                name: storm
                target: {session_timeout: 40s}
                data: {tree: [{path: /storm/znode-, count: 10}]}
                roles:
                  crowd: {clients: \(clients), pipeline: 4, arrivals: {rate: 200/s}, do: [{get: {path: /storm/znode-}}]}
                  writer: {clients: 6, pipeline: 64, arrivals: {rate: 50/s}, do: [{set: {path: /storm/znode-}}]}
                phases:
                  - {name: before, for: 500ms, record: false}
                  - {name: storm, for: 7s, reconnect: true}
                check: [no_loss]
                """, file: "storm.yaml")
    }

    @Test("1,000 clients that all come back at once cost the ensemble neither its leader nor one session")
    func storm() throws {
        // What builds beside the tests may hold a process still for longer than the usual half second.
        try RealEnsemble.with(3, settings: [("quorate.silenceMs", "1500")], clients: .secure) { ensemble in
            let limit = DescriptorLimit.raise()
            let clients = min(1_000, limit - 400)
            try #require(clients >= 500, "the limit of open files, \(limit), lets in no crowd (ulimit -n)")
            let leader = try RealEnsemble.leader(ensemble)
            // Until all are bound nobody else could lead anyway; what metrics show may be a fifth of a second old.
            #expect(
                RealEnsemble.wait(seconds: 10) {
                    let epochs = ensemble.members.map { standing($0)[0] }
                    return Set(epochs).count == 1 && epochs[0] > 0
                        && ensemble.members.allSatisfy { $0.monitor()["zk_unbound_members"] == "0" }
                })
            let before = ensemble.members.map(standing)
            let files = try #require(ensemble.order.clientTLS?.files)
            var options = LoadOptions()
            options.tls = TargetTLS(authority: files.authority)
            options.graceNanoseconds = 10_000_000_000
            let report = try LoadRun(
                workload: storm(clients: clients, files), hosts: ensemble.secureHosts, options: options
            ).run()

            #expect(report.allChecksPassed, "\(report.summary)")
            let storm = try #require(report.reconnects.first)
            #expect(Int(storm.cut) >= clients, "\(storm.cut)")
            #expect(storm.back == storm.cut, "\(report.summary)")
            #expect(report.sessions.expired == 0)
            #expect(report.sessions.resumed >= storm.cut)
            let handshakes = try #require(report.handshakes)
            #expect(Int(handshakes.done) >= 2 * clients)
            #expect(storm.lastNanoseconds < 15_000_000_000)
            #expect(leader.status()?.role == .leader)
            #expect(ensemble.members.map(standing) == before, "\(report.summary)")
            #expect(ensemble.unexpectedEnds().isEmpty)
            print(report.summary)
        }
    }

    /// Epoch, elections and lost leads of a member: what would differ had it looked for a leader.
    private func standing(_ member: Member) -> [Double] {
        let metrics = member.metrics()
        let looking = metrics?.samples("quorate_looking_total").map(\.value).reduce(0, +) ?? -1
        return [metrics?.value("quorate_epoch") ?? -1, metrics?.value("quorate_elections_total") ?? -1, looking]
    }
}
