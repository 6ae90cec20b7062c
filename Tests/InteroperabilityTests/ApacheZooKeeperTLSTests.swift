// Three servers of the Apache ZooKeeper that lies on this machine, if one does, with TLS between them and towards clients: the
// files and lines that ours are compared with speak the same TLS as ours.

import Ensemble
import Foundation
import LoadGenerator
import Testing
import Transport
import Workload

@Suite(.serialized) struct ApacheZooKeeperTLSTests {
    /// None where it is not installed: then there is nothing to compare with.
    private static let installed = [try? ApacheZooKeeper.find(home: nil)].compactMap(\.self)

    @Test("members and clients of Apache ZooKeeper speak TLS 1.3 with the files made here", arguments: installed)
    func ensemble(zooKeeper: ApacheZooKeeper) throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("quorate-zk-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let files = try MemberTLS.make(directory: "\(root)/certificates")
        let order = EnsembleOrder(
            nodes: 3, directory: root, logDirectory: root, command: zooKeeper.command(heapMegabytes: 128), tls: files,
            clientTLS: ClientTLS(files: files, needsCertificate: true))
        let ensemble = try Ensemble.start(order, limitNanoseconds: 90_000_000_000)
        defer { ensemble.stop() }
        let known = TLSConfiguration(
            authorityFile: files.authority, certificateFile: files.certificate, keyFile: files.key)
        let port = try #require(ensemble.members[0].ports.secureClient)
        let answer = try SecureAsking.ask("srvr", port: port, known)
        #expect(answer.version == "TLSv1.3" && answer.text.contains("Mode: "))
        // A member's port says nothing to a stranger, but shakes hands with whoever has a certificate.
        let member = try SecureAsking.ask(
            "quorate?", port: ensemble.members[0].ports.election, known, seconds: 3)
        #expect(member.version == "TLSv1.3")

        let workload = try Workload(
            text: """
                apiVersion: quorate/v1
                name: secure
                data: {tree: [{path: /secure/znode-, count: 20}]}
                roles: {writer: {clients: 6, pipeline: 8, do: [{set: {path: /secure/znode-}}]}}
                phases: [{name: steady, for: 1s}]
                check: [no_loss]
                """, file: "secure.yaml")
        var options = LoadOptions()
        options.tls = TargetTLS(authority: files.authority, certificate: files.certificate, key: files.key)
        options.connectLimitNanoseconds = 30_000_000_000
        let report = try LoadRun(workload: workload, hosts: ensemble.secureHosts, options: options).run()
        #expect(report.allChecksPassed, "\(report.summary)")
        #expect(report.handshakes?.done == 7)
    }
}
