// Who may speak as a member: a real server of three that waits for two others, and callers with every certificate but the right
// one. The members have hosts of their own here, so that a certificate belongs to one of them.

import Batch
import Ensemble
import Foundation
import Jute
import PeerProtocol
import Testing
import Transport
import Zab

@Suite(.serialized) struct PeerSeamTests {
    /// One member, with the files of all.
    private final class Stand {
        let folder: String
        let election: UInt16
        private let server: ChildProcess
        let configuration: Configuration
        private let hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]

        init() throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("quorate-peers-\(UUID().uuidString)").path
            let requests = hosts.enumerated().map { CertificateRequest(name: "m\($0 + 1)", hosts: [$1]) }
            var expired = CertificateRequest(name: "expired", hosts: ["127.0.0.2"])
            (expired.validFrom, expired.validUntil) = (-7_200, -3_600)
            try DevelopmentCA.make(directory: folder, requests: requests + [expired])
            try DevelopmentCA.make(directory: "\(folder)/other", requests: [CertificateRequest(name: "m2", hosts: ["127.0.0.2"])])
            var ports = try FreePorts(count: 7)
            let numbers = ports.ports
            election = numbers[1]
            configuration = try Configuration(members: hosts.enumerated().map { EnsembleMember(id: MemberID($0 + 1), host: $1) })
            let members = hosts.enumerated().map { "server.\($0 + 1)=\($1):\(numbers[2 * $0]):\(numbers[2 * $0 + 1])\n" }.joined()
            try FileManager.default.createDirectory(atPath: "\(folder)/data", withIntermediateDirectories: true)
            try "1\n".write(toFile: "\(folder)/data/myid", atomically: true, encoding: .utf8)
            try """
            dataDir=\(folder)/data
            clientPort=\(numbers[6])
            clientPortAddress=127.0.0.1
            admin.enableServer=false
            \(members)sslQuorum=true
            quorate.quorum.tls.cert=\(folder)/m1.pem
            quorate.quorum.tls.key=\(folder)/m1-key.pem
            quorate.quorum.tls.ca=\(folder)/ca.pem

            """.write(toFile: "\(folder)/zoo.cfg", atomically: true, encoding: .utf8)
            ports.release()
            server = try ChildProcess.start(
                ProcessCommand(
                    program: try RealEnsemble.product("quorate"), arguments: ["serve", "--config", "\(folder)/zoo.cfg"]),
                logFile: "\(folder)/log", on: SpawningThread())
            #expect(RealEnsemble.wait(seconds: 20) { log.contains("listening for clients") }, "\(log)")
        }

        deinit {
            server.send(signal: SIGKILL)
            _ = server.waitForEnd(nanoseconds: 5_000_000_000)
            try? FileManager.default.removeItem(atPath: folder)
        }

        var isRunning: Bool { server.isRunning }
        var log: String { (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? "" }

        /// The log's lines with this part. The server writes its log on a thread of its own: the first may come after what it
        /// tells of, and a moment later it is seen whether there are more.
        func lines(_ part: String) -> [String] {
            _ = RealEnsemble.wait(seconds: 5) { log.contains(part) }
            usleep(200_000)
            return log.split(separator: "\n").map(String.init).filter { $0.contains(part) }
        }

        /// - Parameter name: nil: no certificate.
        func context(_ name: String?, folder inner: String = "") throws -> TLSContext {
            let place = inner.isEmpty ? folder : "\(folder)/\(inner)"
            return try TLSContext(
                TLSConfiguration(
                    authorityFile: "\(folder)/ca.pem", certificateFile: name.map { "\(place)/\($0).pem" },
                    keyFile: name.map { "\(place)/\($0)-key.pem" }))
        }

        func hello(of member: MemberID) -> [UInt8] {
            var buffer = ByteBuffer()
            let hello = Hello(
                clusterID: 0, member: member, incarnation: 77, configurationZxid: .zero,
                configurationDigest: configuration.digest,
                configurationText: configuration.text)
            PeerEncoder(source: member, incarnation: 77).encode(.hello(hello), into: &buffer)
            return Array(buffer.bytes)
        }
    }

    enum Fault: CaseIterable, Sendable {
        case none, authority, expired

        var says: String {
            switch self {
            case .none: "showed no certificate"
            case .authority: "unknown or wrong CA"
            case .expired: "renew it"
            }
        }
    }

    @Test("without a certificate of the members' authority that holds today nobody gets to say a word", arguments: Fault.allCases)
    func strangers(fault: Fault) throws {
        let stand = try Stand()
        let context =
            switch fault {
            case .none: try stand.context(nil)
            case .authority: try stand.context("m2", folder: "other")
            case .expired: try stand.context("expired")
            }
        let crowd = try Crowd()
        var ids: [ConnectionID] = []
        for _ in 0..<12 {
            ids.append(crowd.connect(stand.election, tls: context))
            // A client of TLS 1.3 is up before the server has looked at its certificate, and may speak into the void.
            _ = crowd.turns(seconds: 5) { crowd.up.contains(ids.last!) || crowd.ended.contains(ids.last!) }
            crowd.send(ids.last!, stand.hello(of: 2))
        }
        #expect(crowd.turns(seconds: 10) { crowd.ended.isSuperset(of: ids) })
        for id in ids { #expect(crowd.received[id] == nil, "a stranger is told \(crowd.received[id]?.count ?? 0) bytes") }
        let lines = stand.lines(fault.says)
        #expect(lines.count == 1 && lines.first?.contains("127.0.0.1") == true, "\(lines)")
        #expect(stand.isRunning)
    }

    @Test("a member's certificate lets nobody speak as another member")
    func anotherMember() throws {
        let stand = try Stand()
        let crowd = try Crowd()
        var ids: [ConnectionID] = []
        for _ in 0..<5 {
            ids.append(crowd.connect(stand.election, tls: try stand.context("m2")))
            #expect(crowd.turns(seconds: 5) { crowd.received[ids.last!] != nil }, "the server does not say who it is")
            crowd.send(ids.last!, stand.hello(of: 3))
            #expect(crowd.turns(seconds: 5) { crowd.ended.contains(ids.last!) }, "member 2 may speak as member 3")
        }
        #expect(stand.lines("refused member 3: its certificate does not name its host 127.0.0.3").count == 1, "\(stand.log)")
        // And as itself it may.
        let own = crowd.connect(stand.election, tls: try stand.context("m2"))
        #expect(crowd.turns(seconds: 5) { crowd.received[own] != nil })
        let greeted = crowd.received[own]?.count ?? 0
        crowd.send(own, stand.hello(of: 2))
        #expect(crowd.turns(seconds: 5) { (crowd.received[own]?.count ?? 0) > greeted }, "\(stand.log)")
        #expect(!crowd.ended.contains(own))
    }

    @Test("plain text at a members' port is refused at once, with one line")
    func plainText() throws {
        let stand = try Stand()
        let crowd = try Crowd()
        let ids = (0..<20).map { _ in crowd.connect(stand.election) }
        #expect(crowd.turns(seconds: 5) { crowd.up.isSuperset(of: ids) })
        for id in ids { crowd.send(id, stand.hello(of: 2)) }
        #expect(crowd.turns(seconds: 5) { crowd.ended.isSuperset(of: ids) })
        #expect(crowd.received.isEmpty)
        #expect(stand.lines("takes only TLS").count == 1, "\(stand.log)")
    }
}
