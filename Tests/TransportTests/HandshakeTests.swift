// TLS handshakes that succeed, and every way in which they must not: the reason is one clear sentence on each side that can
// know it.

import Testing
import Transport

@Suite("TLS handshakes", .serialized)
struct HandshakeTests {
    /// Tries a connection and returns why each side refused it. A client may be up before the server refuses its certificate.
    private func refusal(
        server: TLSContext?, client: TLSContext?, expectedHost: String? = nil, options: EventLoop.Options = .init()
    ) throws -> (server: CloseReason?, client: CloseReason?, stage: Stage) {
        let stage = try Stage(options)
        let port = try stage.listen(tls: server)
        let id = stage.connect(port, tls: client, expectedHost: expectedHost)
        #expect(stage.turns { stage.closed[id] != nil && stage.closed.count == 2 })
        #expect(stage.accepted.isEmpty)
        return (stage.closed.first { $0.key != id }?.value, stage.closed[id], stage)
    }

    @Test("TLS 1.3 with AES-128-GCM is what both ends agree on")
    func agreement() throws {
        let folder = try CertificateFolder()
        let stage = try Stage()
        let (client, server) = try stage.pair(tls: try folder.context(), expectedHost: "127.0.0.1")
        for id in [client, server] {
            let info = try #require(stage.loop.tlsInfo(id))
            #expect(info.version == "TLSv1.3")
            #expect(info.cipher == "TLS_AES_128_GCM_SHA256")
        }
    }

    @Test("each end can match hosts against the other's certificate")
    func hosts() throws {
        let folder = try CertificateFolder([.member("a", hosts: ["a.example", "10.1.2.3", "::1"]), .member("b")])
        let stage = try Stage()
        let (client, server) = try stage.pair(tls: try folder.context("b"), clientTLS: try folder.context("a"))
        #expect(stage.loop.peerCertificateMatches(server, host: "a.example"))
        #expect(stage.loop.peerCertificateMatches(server, host: "A.EXAMPLE"))
        #expect(stage.loop.peerCertificateMatches(server, host: "10.1.2.3"))
        #expect(stage.loop.peerCertificateMatches(server, host: "::1"))
        #expect(!stage.loop.peerCertificateMatches(server, host: "b.example"))
        #expect(!stage.loop.peerCertificateMatches(server, host: "10.1.2.4"))
        #expect(!stage.loop.peerCertificateMatches(server, host: "example"))
        #expect(!stage.loop.peerCertificateMatches(server, host: "a"), "the common name is no host name")
        #expect(!stage.loop.peerCertificateMatches(server, host: ""))
        #expect(stage.loop.peerCertificateMatches(client, host: "localhost"))
        #expect(stage.loop.peerCertificateText(server) == "CN=a (a.example, 10.1.2.3, ::1)")
    }

    @Test("a server's certificate from a wrong authority is refused, and both sides say why")
    func wrongAuthorityOfServer() throws {
        let ours = try CertificateFolder()
        let theirs = try CertificateFolder()
        let (server, client, stage) = try refusal(server: try theirs.context(), client: try ours.context())
        #expect(client?.kind == .certificateRefused)
        #expect(client?.text.contains("was not issued by an authority in \(ours.path)/ca.pem") == true)
        #expect(server?.kind == .refusedByPeer)
        #expect(server?.text.contains("unknown or wrong CA") == true)
        #expect(stage.loop.counters.handshakesFailed == 2)
        #expect(stage.connected.isEmpty)
    }

    @Test("a client's certificate from a wrong authority is refused, and both sides say why")
    func wrongAuthorityOfClient() throws {
        let ours = try CertificateFolder()
        let theirs = try CertificateFolder()
        var configuration = theirs.configuration()
        configuration.authorityFile = ours.authority.certificateFile
        let (server, client, _) = try refusal(server: try ours.context(), client: try TLSContext(configuration))
        #expect(server?.kind == .certificateRefused)
        #expect(server?.text.contains("unknown or wrong CA") == true)
        #expect(server?.text.contains("CN=member") == true)
        #expect(client?.kind == .refusedByPeer)
        #expect(client?.text.contains("unknown or wrong CA") == true)
    }

    @Test("an expired certificate is refused on either end, and both sides say why", arguments: [true, false])
    func expired(atServer: Bool) throws {
        let folder = try CertificateFolder([.member("member"), .member("old").valid(from: -86_400, until: -3600)])
        let (server, client, _) = try refusal(
            server: try folder.context(atServer ? "old" : "member"), client: try folder.context(atServer ? "member" : "old"))
        let (refuser, refused) = atServer ? (client, server) : (server, client)
        #expect(refuser?.kind == .certificateRefused)
        #expect(refuser?.text.contains("expired at") == true)
        #expect(refuser?.text.contains("CN=old") == true)
        #expect(refused?.kind == .refusedByPeer)
        #expect(refused?.text.contains("expired") == true)
    }

    @Test("a certificate that is not valid yet is refused on either end", arguments: [true, false])
    func early(atServer: Bool) throws {
        let folder = try CertificateFolder([.member("member"), .member("new").valid(from: 86_400, until: 90_000)])
        let (server, client, _) = try refusal(
            server: try folder.context(atServer ? "new" : "member"), client: try folder.context(atServer ? "member" : "new"))
        let (refuser, refused) = atServer ? (client, server) : (server, client)
        #expect(refuser?.kind == .certificateRefused)
        #expect(refuser?.text.contains("is not valid before") == true)
        #expect(refused?.kind == .refusedByPeer)
    }

    @Test("a wrong host is refused, and both sides say so", arguments: ["node-7.example", "127.0.0.2"])
    func wrongHost(expected: String) throws {
        let folder = try CertificateFolder()
        let (server, client, _) = try refusal(
            server: try folder.context(), client: try folder.context(), expectedHost: expected)
        #expect(client?.kind == .certificateRefused)
        let names = "CN=member (localhost, 127.0.0.1)"
        #expect(client?.text == "The peer's certificate \(names) does not name the host '\(expected)' that was expected.")
        #expect(server?.kind == .refusedByPeer)
        #expect(server?.text.contains("refused our certificate") == true)
    }

    @Test("a client without a certificate is refused")
    func noCertificate() throws {
        let folder = try CertificateFolder()
        let client = try TLSContext(TLSConfiguration(authorityFile: folder.authority.certificateFile))
        let (onServer, onClient, _) = try refusal(server: try folder.context(), client: client)
        #expect(onServer?.text == "The peer showed no certificate, and mutual TLS requires one.")
        #expect(onClient?.text == "The peer requires a certificate from us, and none is configured.")
    }

    @Test("where certificates are only wanted, a client without one is served, and one with a foreign one is not")
    func wantedCertificate() throws {
        let folder = try CertificateFolder()
        let foreign = try CertificateFolder()
        var configuration = folder.configuration()
        configuration.requiresPeerCertificate = false
        configuration.releasesIdleBuffers = true
        let server = try TLSContext(configuration)
        let anonymous = try TLSContext(TLSConfiguration(authorityFile: folder.authority.certificateFile))
        let stage = try Stage()
        let (client, other) = try stage.pair(tls: server, clientTLS: anonymous, expectedHost: "127.0.0.1")
        #expect(stage.loop.peerCertificateText(other) == nil)
        stage.send(client, pattern(200_000))
        stage.send(other, pattern(200_000, seed: 2))
        #expect(stage.turns { stage.received[other] == pattern(200_000) && stage.received[client] == pattern(200_000, seed: 2) })

        var strange = foreign.configuration()
        strange.authorityFile = folder.authority.certificateFile
        let (onServer, onClient, _) = try refusal(server: server, client: try TLSContext(strange))
        #expect(onServer?.kind == .certificateRefused)
        #expect(onClient?.kind == .refusedByPeer)
    }

    @Test("a client that speaks only TLS 1.2 is refused by default, and served where 1.2 is allowed")
    func oldVersion() throws {
        let folder = try CertificateFolder()
        var configuration = folder.configuration()
        configuration.minimumVersion = .v12
        let lenient = try TLSContext(configuration)
        configuration.maximumVersion = .v12
        let old = try TLSContext(configuration)
        let (server, client, _) = try refusal(server: try folder.context(), client: old)
        #expect(server?.text == "The peer offers no TLS version that is allowed here; TLS 1.3 is the least.")
        #expect(client?.text == "The peer does not accept the TLS versions that are offered here.")

        let stage = try Stage()
        let (id, other) = try stage.pair(tls: lenient, clientTLS: old)
        #expect(stage.loop.tlsInfo(id)?.version == "TLSv1.2")
        stage.send(id, pattern(100_000))
        #expect(stage.turns { stage.received[other] == pattern(100_000) })
    }

    @Test("plaintext to a TLS port is refused at once, and counted")
    func plaintext() throws {
        let folder = try CertificateFolder()
        let stage = try Stage()
        let port = try stage.listen(tls: try folder.context())
        let id = stage.connect(port)
        #expect(stage.turns { stage.connected.contains(id) })
        // The beginning of a ZooKeeper client's connect request.
        stage.send(id, [0, 0, 0, 0x2d, 0, 0, 0, 0])
        #expect(stage.turns { !stage.closed.isEmpty && (stage.ended.contains(id) || stage.closed[id] != nil) })
        let reason = stage.closed.first { $0.key != id }?.value
        #expect(reason?.kind == .plaintext)
        #expect(reason?.text == "The peer sent plaintext to a port that takes only TLS; switch on TLS there.")
        #expect(stage.loop.counters.plaintextRefused == 1)
        #expect(stage.received[id] == nil, "a plaintext peer was answered")
        #expect(stage.accepted.isEmpty)
    }

    @Test("a TLS client of a plaintext port says so")
    func plaintextServer() throws {
        let folder = try CertificateFolder()
        let stage = try Stage()
        let port = try stage.listen()
        let id = stage.connect(port, tls: try folder.context())
        #expect(stage.turns { stage.accepted.count == 1 })
        stage.send(stage.accepted[0], Array("HTTP/1.0 400 Bad Request\r\n".utf8))
        #expect(stage.turns { stage.closed[id] != nil })
        #expect(stage.closed[id]?.text == "The peer answered in plaintext where TLS is required; switch on TLS there.")
        #expect(stage.connected.isEmpty)
    }

    @Test("a handshake that stalls ends at its deadline", arguments: [0, 1])
    func deadline(bytes: Int) throws {
        let folder = try CertificateFolder()
        var options = EventLoop.Options()
        options.handshakeTimeout = 100_000_000
        let stage = try Stage(options)
        let port = try stage.listen(tls: try folder.context())
        let id = stage.connect(port)
        #expect(stage.turns { stage.connected.contains(id) })
        if bytes > 0 { stage.send(id, [0x16]) }
        #expect(stage.turns { !stage.closed.isEmpty })
        let reason = stage.closed.values.first
        #expect(reason?.kind == .handshakeTimeout)
        #expect(reason?.text == "The TLS handshake was not completed within 0.1 s.")
        #expect(stage.loop.counters.handshakesTimedOut == 1)
        #expect(stage.turns { stage.ended.contains(id) || stage.closed[id] != nil })
    }

    @Test("a peer that leaves in the middle of a handshake is reported")
    func leaver() throws {
        let folder = try CertificateFolder()
        let stage = try Stage()
        let port = try stage.listen(tls: try folder.context())
        for bytes in [[], [UInt8(0x16), 3, 1]] {
            let before = stage.closed.count
            let id = stage.connect(port)
            #expect(stage.turns { stage.connected.contains(id) })
            if !bytes.isEmpty { stage.send(id, bytes) }
            stage.loop.close(id, graceful: true)
            #expect(stage.turns { stage.closed.count == before + 1 })
        }
        #expect(
            Set(stage.closed.values.map(\.text)) == [
                "The peer closed the connection before the TLS handshake began; perhaps it does not speak TLS.",
                "The peer closed the connection in the middle of the TLS handshake.",
            ])
        #expect(stage.turns { stage.loop.connectionCount == 0 })
    }

    @Test("bytes that come with the end of the handshake are not overlooked")
    func earlyBytes() throws {
        let folder = try CertificateFolder()
        let stage = try Stage()
        let port = try stage.listen(tls: try folder.context())
        let id = stage.connect(port, tls: try folder.context())
        // The client writes as soon as it is up, and at once closes: certificate, finish, data and farewell in one go.
        #expect(stage.turns { stage.connected.contains(id) })
        stage.send(id, Array("all at once".utf8), closeAfter: true)
        #expect(stage.turns { stage.accepted.count == 1 && stage.ended.contains(stage.accepted[0]) })
        #expect(stage.received[stage.accepted[0]] == Array("all at once".utf8))
    }
}
