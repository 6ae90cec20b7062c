// Reads the keys of the port on which clients speak TLS: ZooKeeper's `secureClientPort` and `ssl.` keys with PEM files, or our
// own three. What they share with the keys of members' TLS is in ConfigurationReader+TLS.swift; the files are opened by
// Transport.

extension ConfigurationReader {
    private static let own = "quorate.client.tls."

    /// nil where the file names no such port.
    mutating func secureClientPort(
        beside client: (host: String, port: UInt16?), _ me: ConfigurationMember?, members: [ConfigurationMember]
    ) -> ServerConfiguration.SecureClientPort? {
        let host = secureHost()
        let own = (
            certificate: text(Self.own + "cert"), key: text(Self.own + "key"), authority: text(Self.own + "ca")
        )
        let keyStore = store("ssl.keyStore")
        let trustStore = store("ssl.trustStore")
        // Java's clients up to 3.8 speak TLS 1.2 and nothing else unless they are told to.
        let versions = tlsVersions("ssl.", standard: "TLSv1.3,TLSv1.2", who: "clients")
        let suites = cipherSuites("ssl.ciphersuites")
        let auth = text("ssl.clientAuth").flatMap(ServerConfiguration.ClientAuth.init(rawValue:)) ?? .need
        let limit = positive(integer("netty.server.outstandingHandshake.limit", -1), else: 1024)
        guard let port = optionalInteger("secureClientPort").map({ UInt16($0) }) else {
            if !wasReported("secureClientPort") { sayUnused() }
            return nil
        }
        requireApart(port, host, from: client)
        if let me, members.count > 1 { requireOtherPorts("secureClientPort", port, at: host, me) }
        guard let certificate = requiredCertificate(own.certificate ?? keyStore) else { return nil }
        let authority = own.authority ?? trustStore
        if auth != .none, authority == nil { refuseWithoutAuthority() }
        requireFile(values[Self.own + "cert"] ?? values["ssl.keyStore.location"])
        requireFile(values[Self.own + "key"])
        requireKeyIn(values[Self.own + "cert"], keyName: Self.own + "key")
        if auth != .none { requireFile(values[Self.own + "ca"] ?? values["ssl.trustStore.location"]) }
        return ServerConfiguration.SecureClientPort(
            port: port, address: host, certificate: certificate, key: own.key ?? own.certificate ?? keyStore ?? certificate,
            authority: auth == .none ? nil : authority, clientAuth: auth, allowsTLS12: versions.contains("TLSv1.2"),
            cipherSuites: suites, handshakeLimit: limit)
    }

    private mutating func secureHost() -> String {
        guard let host = text("secureClientPortAddress") else { return "" }
        if !Self.mayBeHost(host) {
            refuseHost("secureClientPortAddress", host, line: values["secureClientPortAddress"]?.line ?? 0)
        }
        return host
    }

    private mutating func sayUnused() {
        refuseUnused(
            Self.own, "no port is opened for clients with TLS", remedy: "Add secureClientPort=2281, or remove the line.")
        warnOfUnused("ssl.", "without secureClientPort no port is opened for clients with TLS")
        for key in ["secureClientPortAddress", "ssl.clientAuth"] {
            guard let entry = values[key] else { continue }
            warn(entry, "\(key) is not used: without secureClientPort no port is opened for clients with TLS.")
        }
    }

    private mutating func requireApart(_ port: UInt16, _ host: String, from client: (host: String, port: UInt16?)) {
        guard client.port == port, Self.mayMeet(host, client.host) else { return }
        fail(
            values["secureClientPort"]?.line ?? 0, "secureClientPort is \(port), which is the plain client port already.",
            remedy: "Write another one, for example secureClientPort=2281.")
    }

    private mutating func requiredCertificate(_ certificate: String?) -> String? {
        if certificate == nil {
            fail(
                values["secureClientPort"]?.line ?? 0, "secureClientPort needs this server's certificate.",
                remedy: "Write ssl.keyStore.location=FILE.pem (key and certificate), or quorate.client.tls.cert and .key.")
        }
        return certificate
    }

    private mutating func refuseWithoutAuthority() {
        let entry = values["ssl.clientAuth"]
        fail(
            entry?.line ?? values["secureClientPort"]?.line ?? 0,
            "secureClientPort asks clients for certificates (ssl.clientAuth is \(entry?.value ?? "need by default")), "
                + "and there is no authority to check them against.",
            remedy: "Write ssl.trustStore.location=CA.pem or quorate.client.tls.ca=CA.pem, or ssl.clientAuth=none.")
    }
}
