// What goes in secretly comes out nowhere: not in a log line, an answer of an administrator's port or word, or a result. A run
// with TLS, proofs of identity, wrong passwords and broken frames, and then every text that it left is searched for everything
// secret.

import ClientProtocol
import Ensemble
import Foundation
import Jute
import Testing

@Suite(.serialized) struct SecretTests {
    /// A text that nobody would write by chance, in each form in which it might slip out.
    private struct Secret {
        let name: String
        let forms: [String]

        init(_ name: String, text: String) {
            self.name = name
            forms = [text] + Secret.forms(of: Array(text.utf8))
        }

        init(_ name: String, bytes: [UInt8]) {
            self.name = name
            forms = Secret.forms(of: bytes)
        }

        private static func forms(of bytes: [UInt8]) -> [String] {
            let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            return [
                Data(bytes).base64EncodedString(), hex.joined(), hex.joined(separator: " "), hex.joined(separator: ":"),
                bytes.map(String.init).joined(separator: ", "), bytes.map(String.init).joined(separator: " "),
            ]
        }

        func found(in text: String) -> Bool {
            let small = text.lowercased()
            return forms.contains { text.contains($0) || small.contains($0) }
        }
    }

    private static let superDigest = "super:UdxDQl4f9v5oITwcAsO9bmWgHSI="
    private static let password = "kel7pohT-oodah4Ei"

    /// The ensemble's secret, as the log of a member has it in its founding record.
    private func ensembleSecret(_ member: Member) throws -> [UInt8] {
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(member.directory)/data") where name.hasPrefix("log-") {
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(member.directory)/data/\(name)")).prefix(1 << 20))
            // A request of type -20 that brings origin and identities.
            let mark: [UInt8] = [0xec, 0xff, 0xff, 0xff]
            var place = 8_192
            while place + 200 < bytes.count {
                defer { place += 1 }
                guard bytes[place] == mark[0], Array(bytes[place..<place + 4]) == mark, bytes[place + 24] == 3 else { continue }
                let identities = Int(bytes[place + 26]) | Int(bytes[place + 27]) << 8
                let body = place + 28 + 12 + identities
                return Array(bytes[body + 16..<body + 48])
            }
        }
        throw WireFailure(description: "there is no founding record in the log of member \(member.id)")
    }

    private func keySecrets(_ file: String) throws -> [Secret] {
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("-----") }
        #expect(!lines.isEmpty)
        let whole = Data(base64Encoded: lines.joined()).map { [UInt8]($0) } ?? []
        // The number itself stands somewhere in the middle of the DER: any 24 bytes of it would be too many.
        return lines.map { Secret("private key", text: String($0)) } + [Secret("private key", bytes: Array(whole[36..<60]))]
    }

    @Test("no secret that went in stands in a log line, an answer or a figure")
    func serving() throws {
        let settings = [(key: "superDigest", value: Self.superDigest), (key: "admin.enableServer", value: "true")]
        try RealEnsemble.with(3, settings: settings, clients: .mutual) { ensemble in
            let leader = try RealEnsemble.leader(ensemble)
            let client = try WireClient(port: leader.ports.client)
            var secrets = [
                Secret("super digest", text: String(Self.superDigest.dropFirst(6))), Secret("password", text: Self.password),
                Secret("session password", bytes: client.password),
            ]
            try prove("digest", "alice:\(Self.password)", client)
            #expect(
                try client.ask(OpCode.create) { body in
                    body.writeString("/hers")
                    body.writeString("data")
                    body.writeInt(1)
                    body.writeInt(31)
                    body.writeString("auth")
                    body.writeString("")
                    body.writeInt(0)
                }.error == 0)
            let digest = try owner(of: "/hers", client)
            #expect(digest.hasPrefix("alice:"))
            secrets.append(Secret("auth digest", text: String(digest.dropFirst(6))))
            // What goes wrong is told, and must not tell it all.
            #expect(throws: (any Error).self) { try prove("unknown", Self.password, try WireClient(port: leader.ports.client)) }
            let wrong = client.password.map { $0 ^ 1 }
            #expect(throws: (any Error).self) {
                try WireClient(port: leader.ports.client, session: client.session, password: wrong)
            }
            let moved = try WireClient(
                port: ensemble.members.first { $0 !== leader }!.ports.client, session: client.session,
                password: client.password)
            try moved.ping()
            secrets.append(Secret("ensemble secret", bytes: try ensembleSecret(leader)))
            secrets += try keySecrets(try #require(ensemble.order.tls).key)
            leader.kill()
            try leader.restart()
            #expect(RealEnsemble.wait(seconds: 10) { leader.status() != nil })
            try search(ensemble, secrets)
        }
    }

    private func prove(_ scheme: String, _ proof: String, _ client: WireClient) throws {
        let answer = try client.prove(scheme, proof)
        guard answer == 0 else { throw WireFailure(description: "auth gave \(answer)") }
    }

    /// The identity of the first entry of a znode's access list.
    private func owner(of path: String, _ client: WireClient) throws -> String {
        let answer = try client.ask(OpCode.getACL) { $0.writeString(path) }
        return try answer.body.withUnsafeBytes { bytes in
            var reader = JuteReader(bytes.bytes)
            _ = try reader.int()
            _ = try reader.int()
            _ = try reader.copiedBuffer()
            return String(decoding: try reader.copiedBuffer() ?? [], as: UTF8.self)
        }
    }

    private func search(_ ensemble: Ensemble, _ secrets: [Secret]) throws {
        for member in ensemble.members {
            var texts = [("log", (try? String(contentsOfFile: member.logFile, encoding: .utf8)) ?? "")]
            for word in ["conf", "cons", "dump", "envi", "mntr", "srvr", "stat", "wchs"] {
                texts.append((word, Asking.fourLetterWord(word, at: member.clientAddress) ?? ""))
            }
            for path in [
                "/metrics/fine", "/commands/configuration", "/commands/environment", "/commands/connections", "/commands",
            ] {
                texts.append((path, Asking.http(path, at: member.adminAddress) ?? ""))
            }
            #expect(texts[0].1.contains("serving as") && texts.contains { $0.0 == "conf" && $0.1.contains("clientPort=") })
            for (place, text) in texts {
                for secret in secrets where secret.found(in: text) {
                    Issue.record("\(secret.name) stands in \(place) of member \(member.id)")
                }
            }
        }
    }

    @Test("no secret that went in stands in what a measurement leaves")
    func measuring() throws {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("quorate-secret-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: place) }
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try """
        apiVersion: quorate/v1
        name: tiny
        data: {tree: [{path: /tiny/z-, count: 2}]}
        roles: {writer: {clients: 2, do: [{set: {path: /tiny/z-}}]}}
        phases: [{name: full, for: 300ms}]

        """.write(toFile: "\(place)/tiny.yaml", atomically: true, encoding: .utf8)
        let command = ProcessCommand(
            program: try RealEnsemble.product("quorate"),
            arguments: [
                "bench", "\(place)/tiny.yaml", "--nodes", "2", "--quick", "--out", "\(place)/out", "--setting",
                "superDigest=\(Self.superDigest)",
            ])
        let tool = try ChildProcess.start(command, logFile: "\(place)/log", on: SpawningThread())
        let end = tool.waitForEnd(nanoseconds: 120_000_000_000)
        #expect(end != nil)
        let secret = Secret("super digest", text: String(Self.superDigest.dropFirst(6)))
        var names = try #require(FileManager.default.enumerator(atPath: "\(place)/out")?.allObjects as? [String])
        #expect(
            names.contains { $0.hasSuffix("result.json") },
            "\((try? String(contentsOfFile: "\(place)/log", encoding: .utf8)) ?? "")")
        names = names.map { "out/\($0)" } + ["log"]
        for name in names {
            guard let text = try? String(contentsOfFile: "\(place)/\(name)", encoding: .utf8) else { continue }
            #expect(!secret.found(in: text), "\(secret.name) stands in \(name)")
            if name.hasSuffix("result.json") { #expect(text.contains("superDigest=(not shown)")) }
        }
    }
}
