// New certificates for a running ensemble: who connects behind the signal meets the new ones, who is connected stays, and files
// that are not in order change nothing. Keys that others may read are refused at the start.

import Ensemble
import Foundation
import Testing
import Transport

@Suite(.serialized) struct CertificateRotationTests {
    private func replace(_ old: MemberTLS, by new: MemberTLS) throws {
        for (from, to) in [(new.authority, old.authority), (new.certificate, old.certificate), (new.key, old.key)] {
            // As tools that renew certificates do it: whole, under the same name.
            try FileManager.default.copyItem(atPath: from, toPath: to + ".new")
            #expect(rename(to + ".new", to) == 0)
        }
    }

    private func isLetIn(_ port: UInt16, _ files: MemberTLS) throws -> Bool {
        let configuration = TLSConfiguration(authorityFile: files.authority)
        return try SecureAsking.ask("ruok", port: port, configuration).text == "imok"
    }

    /// Clients of each member, in clear and with TLS, that were there before.
    private final class OldClients {
        private let plain: [WireClient]
        private let crowd: Crowd
        private let secured: [ConnectionID]
        private var greeted = 0

        init(_ ensemble: Ensemble, authority: String) throws {
            plain = try ensemble.members.map { try WireClient(port: $0.ports.client, timeout: 40_000) }
            let crowd = try Crowd()
            let context = try TLSContext(TLSConfiguration(authorityFile: authority))
            self.crowd = crowd
            secured = try ensemble.members.map { crowd.connect(try #require($0.ports.secureClient), tls: context) }
            #expect(waits { crowd.up.count == ensemble.members.count })
            for id in secured { crowd.send(id, Crowd.connectRequest(timeout: 40_000)) }
            greeted = 41
            #expect(waits { hear(greeted) })
        }

        private func waits(_ isMet: () -> Bool) -> Bool { crowd.turns(seconds: 5, until: isMet) }

        /// Each of them has got so many bytes.
        private func hear(_ count: Int) -> Bool { secured.allSatisfy { crowd.received[$0]?.count == count } }

        /// - Returns: nil if all are, else how they stand.
        func complaint() throws -> String? {
            for client in plain { try client.ping() }
            for id in secured { crowd.send(id, Crowd.ping) }
            greeted += 20
            if waits({ hear(greeted) }) { return nil }
            return secured.map { id in
                "\(crowd.received[id]?.count ?? 0) of \(greeted) bytes, \(crowd.reasons[id]?.text ?? "ended \(crowd.ended.contains(id))")"
            }.joined(separator: "; ")
        }
    }

    private func announce(to member: Member) {
        member.process?.send(signal: SIGHUP)
        let isTold = RealEnsemble.wait(seconds: 5) { !RealEnsemble.logLines(of: member, with: "certificates read anew").isEmpty }
        #expect(isTold, "member \(member.id) does not say that it has read its certificates")
    }

    @Test("certificates and authority are changed under load: no client is cut off, and the old ones are gone for who comes")
    func rotation() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("quorate-rotation-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let fresh = try MemberTLS.make(directory: folder)
        try RealEnsemble.with(3, clients: .secure) { try rotate($0, to: fresh, folder) }
    }

    private func rotate(_ ensemble: Ensemble, to fresh: MemberTLS, _ folder: String) throws {
        let leader = try RealEnsemble.leader(ensemble)
        let files = try #require(ensemble.order.tls)
        let authority = "\(folder)/old-ca.pem"
        try FileManager.default.copyItem(atPath: files.authority, toPath: authority)
        let before = MemberTLS(authority: authority, certificate: "", key: "")
        let clients = try OldClients(ensemble, authority: authority)
        let load = try BackgroundLoad(ensemble, seconds: 6)
        usleep(1_000_000)
        try replace(files, by: fresh)
        for member in ensemble.members {
            announce(to: member)
            // The ensemble is of both kinds for a while.
            usleep(300_000)
        }
        for member in ensemble.members {
            let port = try #require(member.ports.secureClient)
            #expect(try isLetIn(port, fresh))
            #expect(try !isLetIn(port, before))
        }
        #expect(try load.wait() == 0, "\(load.text)")
        let complaint = try clients.complaint()
        #expect(complaint == nil, "a connection that was there before is gone")
        // Members find each other by the new ones.
        let other = try #require(ensemble.members.first { $0 !== leader })
        other.kill()
        try other.restart()
        #expect(RealEnsemble.wait(seconds: 10) { other.status() != nil })
        #expect(ensemble.unexpectedEnds().isEmpty)
    }

    @Test("files that are not in order leave the old certificates in use, and one line says why")
    func badFiles() throws {
        try RealEnsemble.with(1, clients: .secure) { ensemble in
            let member = ensemble.members[0]
            let files = try #require(ensemble.order.clientTLS?.files)
            try "no certificate".write(toFile: files.certificate, atomically: true, encoding: .utf8)
            member.process?.send(signal: SIGHUP)
            let isTold = RealEnsemble.wait(seconds: 5) {
                RealEnsemble.logLines(of: member, with: "the old ones stay in use").contains { $0.contains(files.certificate) }
            }
            #expect(isTold)
            #expect(try isLetIn(try #require(member.ports.secureClient), files))
        }
    }

    @Test("a key that others may read ends the start, with the line to type", arguments: [0o644, 0o604, 0o660])
    func openKeys(mode: Int) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("quorate-modes-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = try MemberTLS.make(directory: folder)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: files.key)
        let refused = try start(files, folder, more: "")
        #expect(refused.code == 64)
        #expect(refused.text.contains("Type: chmod 600 \(files.key)"), "\(refused.text)")
        #expect(refused.text.contains("(mode 0\(String(mode, radix: 8)))"))
        let meant = try start(files, folder, more: "quorate.unsafe.openKeys=true\n")
        #expect(meant.code == nil, "\(meant.text)")
    }

    /// - Returns: how it ended; nil once it listens.
    private func start(_ files: MemberTLS, _ folder: String, more: String) throws -> (code: Int32?, text: String) {
        var ports = try FreePorts(count: 1)
        try """
        dataDir=\(folder)/data
        secureClientPort=\(ports.ports[0])
        secureClientPortAddress=127.0.0.1
        quorate.client.tls.cert=\(files.certificate)
        quorate.client.tls.key=\(files.key)
        ssl.clientAuth=none
        admin.enableServer=false
        \(more)
        """.write(toFile: "\(folder)/zoo.cfg", atomically: true, encoding: .utf8)
        ports.release()
        let log = "\(folder)/log-\(more.utf8.count)"
        let server = try ChildProcess.start(
            ProcessCommand(program: try RealEnsemble.product("quorate"), arguments: ["serve", "--config", "\(folder)/zoo.cfg"]),
            logFile: log, on: SpawningThread())
        defer {
            server.send(signal: SIGKILL)
            _ = server.waitForEnd(nanoseconds: 5_000_000_000)
        }
        let text = { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
        _ = RealEnsemble.wait(seconds: 20) { !server.isRunning || text().contains("listening for clients") }
        if case .exited(let code)? = server.ended { return (code, text()) }
        return (nil, text())
    }
}
