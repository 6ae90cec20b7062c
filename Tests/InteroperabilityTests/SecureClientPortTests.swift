// The client port with TLS on real servers: who is let in, who is not and how that is told, and load over it.

import Ensemble
import Foundation
import LoadGenerator
import Statistics
import Testing
import Transport
import Workload

@Suite(.serialized) struct SecureClientPortTests {
    private func files(_ ensemble: Ensemble) throws -> MemberTLS { try #require(ensemble.order.clientTLS?.files) }
    private func port(_ member: Member) throws -> UInt16 { try #require(member.ports.secureClient) }

    private func anonymous(_ ensemble: Ensemble) throws -> TLSConfiguration {
        TLSConfiguration(authorityFile: try files(ensemble).authority)
    }

    private func known(_ ensemble: Ensemble) throws -> TLSConfiguration {
        let files = try files(ensemble)
        return TLSConfiguration(authorityFile: files.authority, certificateFile: files.certificate, keyFile: files.key)
    }

    private func counter(_ member: Member, _ name: String) -> Double { member.metrics()?.value(name) ?? -1 }

    @Test("four-letter words are answered over TLS 1.3 and 1.2, and the connection is none of the mutual ones")
    func words() throws {
        try RealEnsemble.with(1, clients: .secure) { ensemble in
            let member = ensemble.members[0]
            let port = try port(member)
            var configuration = try anonymous(ensemble)
            let new = try SecureAsking.ask("mntr", port: port, configuration)
            #expect(new.version == "TLSv1.3")
            #expect(new.text.contains("zk_non_mtls_local_conn_count\t1\n"))
            configuration.minimumVersion = .v12
            configuration.maximumVersion = .v12
            let old = try SecureAsking.ask("srvr", port: port, configuration)
            #expect(old.version == "TLSv1.2")
            #expect(old.text.contains("Mode: standalone"))
            let lines = try SecureAsking.ask("conf", port: port, try anonymous(ensemble)).text
            #expect(lines.contains("clientPort=\(member.ports.client)\nsecureClientPort=\(port)\n"))
            #expect(RealEnsemble.wait(seconds: 5) { counter(member, "quorate_client_handshakes_total") == 3 })
        }
    }

    @Test("clients that speak no TLS are shut out with one line, however many they are, and counted")
    func plainText() throws {
        try RealEnsemble.with(1, clients: .secure) { ensemble in
            let member = ensemble.members[0]
            let port = try port(member)
            for _ in 0..<20 { #expect(Asking.fourLetterWord("ruok", at: .loopback(port: port)) == nil) }
            #expect(throws: (any Error).self) { try WireClient(port: port) }
            #expect(RealEnsemble.wait(seconds: 5) { counter(member, "quorate_client_handshakes_failed_total") == 21 })
            #expect(member.monitor()["zk_unsuccessful_handshake"] == "21")
            let lines = RealEnsemble.logLines(of: member, with: "to the secure port failed")
            #expect(lines.count == 1, "\(lines)")
            #expect(lines.first?.contains("127.0.0.1") == true && lines.first?.contains("takes only TLS") == true)
            #expect(try SecureAsking.ask("ruok", port: port, try anonymous(ensemble)).text == "imok")
        }
    }

    @Test("where certificates are needed nobody comes in without one, or with that of another authority")
    func certificates() throws {
        try RealEnsemble.with(1, clients: .mutual) { ensemble in
            let member = ensemble.members[0]
            let port = try port(member)
            let good = try SecureAsking.ask("mntr", port: port, try known(ensemble))
            #expect(good.text.contains("zk_non_mtls_local_conn_count\t0\n"))
            let none = try SecureAsking.ask("ruok", port: port, try anonymous(ensemble))
            #expect(none.text.isEmpty && none.failure?.text.contains("requires a certificate from us") == true)
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("quorate-other-\(UUID().uuidString)").path
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let other = try MemberTLS.make(directory: folder)
            var foreign = try known(ensemble)
            (foreign.certificateFile, foreign.keyFile) = (other.certificate, other.key)
            let refused = try SecureAsking.ask("ruok", port: port, foreign)
            #expect(refused.text.isEmpty && refused.failure?.kind == .refusedByPeer)
            #expect(member.monitor()["zk_unsuccessful_handshake"] == "2")
            #expect(RealEnsemble.logLines(of: member, with: "showed no certificate").count == 1)
            #expect(RealEnsemble.logLines(of: member, with: "unknown or wrong CA").count == 1)
        }
    }

    @Test("silent connections end at the handshake's deadline, hold up nobody, and beyond the limit others are shut out")
    func silent() throws {
        let settings: [(key: String, value: String)] = [("netty.server.outstandingHandshake.limit", "8")]
        try RealEnsemble.with(1, settings: settings, clients: .secure) { ensemble in
            let member = ensemble.members[0]
            let port = try port(member)
            let began = Date()
            let loop = try EventLoop()
            let silent = (0..<7).map { _ in loop.connect("127.0.0.1", port: port, tag: 1) }
            var events: [TransportEvent] = []
            var ended: Set<ConnectionID> = []
            func turn() {
                loop.wait(until: loop.now + 20_000_000, into: &events)
                for event in events {
                    if case .readable(let id, _) = event, loop.read(id) == .endOfStream { ended.insert(id) }
                    if case .closed(let id, _, _) = event { ended.insert(id) }
                }
            }
            #expect(
                RealEnsemble.wait(seconds: 5) {
                    turn()
                    return member.monitor()["zk_outstanding_tls_handshake"] == "7"
                })
            #expect(try SecureAsking.ask("ruok", port: port, try anonymous(ensemble)).text == "imok")
            let more = (0..<3).map { _ in loop.connect("127.0.0.1", port: port, tag: 1) }
            #expect(
                RealEnsemble.wait(seconds: 4) {
                    turn()
                    return ended.count == 2
                })
            #expect(ended.isSubset(of: more))
            #expect(member.monitor()["zk_tls_handshake_exceeded"] == "2")
            #expect(
                RealEnsemble.wait(seconds: 12) {
                    turn()
                    return ended.isSuperset(of: silent)
                })
            #expect(Date().timeIntervalSince(began) > 4)
            #expect(RealEnsemble.wait(seconds: 8) { member.monitor()["zk_outstanding_tls_handshake"] == "0" })
        }
    }

    @Test("load over TLS is checked like any other, and its handshakes are measured")
    func load() throws {
        try RealEnsemble.with(1, clients: .mutual) { ensemble in
            let files = try files(ensemble)
            let workload = try Workload(
                text: """
                    apiVersion: quorate/v1
                    name: secure
                    target: {tls: {ca: \(files.authority), cert: \(files.certificate), key: \(files.key)}}
                    data: {tree: [{path: /secure/znode-, count: 20}]}
                    roles: {writer: {clients: 12, pipeline: 8, do: [{set: {path: /secure/znode-}}]}}
                    phases: [{name: steady, for: 1s}]
                    check: [no_loss]
                    """, file: "secure.yaml")
            var options = LoadOptions()
            options.tls = workload.target.tls
            let report = try LoadRun(workload: workload, hosts: ensemble.secureHosts, options: options).run()
            #expect(report.allChecksPassed, "\(report.summary)")
            let handshakes = try #require(report.handshakes)
            #expect(handshakes.done == 13 && handshakes.response.count == 13 && handshakes.perSecond > 0)
            #expect(report.summary.contains("TLS handshakes: 13 done"))

            options.tls = TargetTLS(authority: files.authority)
            options.connectLimitNanoseconds = 700_000_000
            let refused = try #require(throws: LoadError.self) {
                try LoadRun(workload: workload, hosts: ensemble.secureHosts, options: options).run()
            }
            #expect(refused.cause == .unreachable && refused.description.contains("requires a certificate"), "\(refused)")
            options.tls = TargetTLS(authority: "/nonexistent/ca.pem")
            let missing = try #require(throws: LoadError.self) {
                try LoadRun(workload: workload, hosts: ensemble.secureHosts, options: options).run()
            }
            #expect(missing.cause == .filesUnusable && missing.description.contains("/nonexistent/ca.pem"))
        }
    }

    @Test("a server may have a secure port alone, with its keys under ZooKeeper's names")
    func alone() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("quorate-alone-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = try MemberTLS.make(directory: folder)
        var ports = try FreePorts(count: 1)
        let port = ports.ports[0]
        let parts = try [files.key, files.certificate].map { try String(contentsOfFile: $0, encoding: .utf8) }
        try parts.joined().write(toFile: "\(folder)/store.pem", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/store.pem")
        try """
        dataDir=\(folder)/data
        secureClientPort=\(port)
        secureClientPortAddress=127.0.0.1
        ssl.keyStore.location=\(folder)/store.pem
        ssl.trustStore.location=\(files.authority)
        ssl.clientAuth=want
        admin.enableServer=false
        4lw.commands.whitelist=*

        """.write(toFile: "\(folder)/zoo.cfg", atomically: true, encoding: .utf8)
        ports.release()
        let server = try ChildProcess.start(
            ProcessCommand(program: try RealEnsemble.product("quorate"), arguments: ["serve", "--config", "\(folder)/zoo.cfg"]),
            logFile: "\(folder)/log", on: SpawningThread())
        defer {
            server.send(signal: SIGKILL)
            _ = server.waitForEnd(nanoseconds: 5_000_000_000)
        }
        let configuration = TLSConfiguration(authorityFile: files.authority)
        let isUp = RealEnsemble.wait(seconds: 20) {
            (try? SecureAsking.ask("ruok", port: port, configuration, seconds: 2))?.text == "imok"
        }
        let log = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
        #expect(isUp, "\(log)")
        #expect(log.contains("listening for clients on secure port \(port)\n"))
        #expect(try SecureAsking.ask("conf", port: port, configuration).text.contains("clientPort=-1\n"))
    }
}
