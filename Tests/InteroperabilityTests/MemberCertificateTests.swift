// Members whose certificates do not serve, on real processes: they are refused, the others say why, once, and go on without them.

import Ensemble
import Foundation
import Testing
import Transport

@Suite(.serialized) struct MemberCertificateTests {
    enum Fault: String, CaseIterable, Sendable {
        case authority, expired, host

        var reason: String {
            switch self {
            case .authority: "(unknown or wrong CA)"
            case .expired: "; renew it"
            case .host: "does not name the host '127.0.0.1' that was expected"
            }
        }
    }

    /// An authority with a good certificate for all, and bad ones; what another authority issued lies in a folder beside.
    private func make(_ directory: String) throws -> MemberTLS {
        var expired = CertificateRequest(name: "expired", hosts: ["127.0.0.1"])
        (expired.validFrom, expired.validUntil) = (-7_200, -3_600)
        let requests = [
            CertificateRequest(name: "member", hosts: ["127.0.0.1"]), expired,
            CertificateRequest(name: "host", hosts: ["192.0.2.7"]),
        ]
        let authority = try DevelopmentCA.make(directory: directory, requests: requests)
        _ = try DevelopmentCA.make(
            directory: "\(directory)/other", requests: [CertificateRequest(name: "authority", hosts: ["127.0.0.1"])])
        return MemberTLS(
            authority: authority.certificateFile, certificate: authority.certificateFile(of: "member"),
            key: authority.keyFile(of: "member"))
    }

    @Test("a member with a bad certificate is refused with one clear line, and the others go on", arguments: Fault.allCases)
    func refused(fault: Fault) throws {
        try RealEnsemble.with(3, security: .made(make)) { ensemble in
            let leader = try RealEnsemble.leader(ensemble)
            let refused = try #require(ensemble.members.first { $0 !== leader })
            let others = ensemble.members.filter { $0 !== refused }
            let client = try WireClient(port: leader.ports.client)
            #expect(try client.create("/before") == 0)
            refused.kill()
            let good = try #require(ensemble.order.tls)
            let folder = (good.authority as NSString).deletingLastPathComponent + (fault == .authority ? "/other" : "")
            try RealEnsemble.setLines(
                of: refused,
                [
                    (key: "quorate.quorum.tls.cert", value: "\(folder)/\(fault.rawValue).pem"),
                    (key: "quorate.quorum.tls.key", value: "\(folder)/\(fault.rawValue)-key.pem"),
                ])
            let failedBefore = others.map { failures(of: $0) }
            try refused.restart()
            let isTold = RealEnsemble.wait(seconds: 20) {
                others.contains { !RealEnsemble.logLines(of: $0, with: fault.reason).isEmpty }
            }
            #expect(isTold, "nobody's log says \(fault.reason)")
            // It is dialed, and dials, again and again.
            let isRepeated = RealEnsemble.wait(seconds: 20) {
                zip(others, failedBefore).contains { failures(of: $0) >= $1 + 6 }
            }
            #expect(isRepeated)
            for other in others {
                let lines = RealEnsemble.logLines(of: other, with: fault.reason)
                #expect(lines.count <= 1, "\(lines)")
                for line in lines { #expect(line.contains("127.0.0.1 failed: The peer's certificate ")) }
            }
            #expect(try client.create("/after") == 0)
            #expect(refused.isRunning && refused.status() == nil)
            #expect(others.allSatisfy { $0.status() != nil })
        }
    }

    private func failures(of member: Member) -> Double {
        member.metrics()?.samples("quorate_handshakes_failed_total").first?.value ?? 0
    }
}
