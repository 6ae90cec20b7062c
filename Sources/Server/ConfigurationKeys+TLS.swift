// The keys of TLS: `ssl.quorum.` for the connections between members, `ssl.` for those of clients, and a few without prefix.
// Both work with PEM files.

extension ConfigurationKeys {
    static let tls: [ConfigurationKey] = quorumTLS + clientTLS

    static let quorumTLS: [ConfigurationKey] = [
        ConfigurationKey("sslQuorum", .boolean, .works),
        ConfigurationKey(
            "portUnification", .boolean,
            .refusedWhen(["true"], "members would have to take plain connections beside TLS, which they never do")),
        ConfigurationKey("sslQuorumReloadCertFiles", .boolean, .idle(readAnew)),
        ConfigurationKey("ssl.quorum.keyStore.location", .text(example: "member.pem"), .works),
        ConfigurationKey("ssl.quorum.keyStore.type", .text(example: "PEM"), .works),
        ConfigurationKey("ssl.quorum.keyStore.password", .free, .idle(noPassword)),
        ConfigurationKey("ssl.quorum.keyStore.passwordPath", .free, .idle(noPassword)),
        ConfigurationKey("ssl.quorum.trustStore.location", .text(example: "ca.pem"), .works),
        ConfigurationKey("ssl.quorum.trustStore.type", .text(example: "PEM"), .works),
        ConfigurationKey("ssl.quorum.trustStore.password", .free, .idle(noPassword)),
        ConfigurationKey("ssl.quorum.trustStore.passwordPath", .free, .idle(noPassword)),
        ConfigurationKey("ssl.quorum.protocol", .choice(["TLSv1.3", "TLSv1.2"]), .works),
        ConfigurationKey("ssl.quorum.enabledProtocols", .text(example: "TLSv1.3"), .works),
        ConfigurationKey("ssl.quorum.ciphersuites", .text(example: "TLS_AES_256_GCM_SHA384"), .works),
        ConfigurationKey("ssl.quorum.hostnameVerification", .boolean, .works),
        ConfigurationKey(
            "ssl.quorum.clientHostnameVerification", .boolean, .idle("ssl.quorum.hostnameVerification holds for both ends")),
        ConfigurationKey(
            "ssl.quorum.allowReverseDnsLookup", .boolean, .idle("a certificate is matched against the host of server.N only")),
        ConfigurationKey("ssl.quorum.crl", .boolean, .refusedWhen(["true"], noRevocation)),
        ConfigurationKey("ssl.quorum.ocsp", .boolean, .refusedWhen(["true"], noRevocation)),
        ConfigurationKey(
            "ssl.quorum.clientAuth", .choice(["need", "want", "none"]), .idle("members always need each other's certificate")),
        ConfigurationKey(
            "ssl.quorum.handshakeDetectionTimeoutMillis", .integer(0...Int.max, example: 5000), .idle("a handshake has 5 s")),
        ConfigurationKey(
            "ssl.quorum.context.supplier.class", .free, .refused("a Java class can't take part in the handshake of members")),
    ]

    private static let readAnew = "certificates are read at start, and anew at the signal SIGHUP"

    static let clientTLS: [ConfigurationKey] = [
        ConfigurationKey("secureClientPort", .integer(1...65535, example: 2281), .works),
        ConfigurationKey("secureClientPortAddress", .text(example: "127.0.0.1"), .works),
        ConfigurationKey("netty.server.outstandingHandshake.limit", .integer(-1...1_000_000, example: 1024), .works),
        ConfigurationKey("ssl.keyStore.location", .text(example: "member.pem"), .works),
        ConfigurationKey("ssl.keyStore.type", .text(example: "PEM"), .works),
        ConfigurationKey("ssl.keyStore.password", .free, .idle(noPassword)),
        ConfigurationKey("ssl.keyStore.passwordPath", .free, .idle(noPassword)),
        ConfigurationKey("ssl.trustStore.location", .text(example: "ca.pem"), .works),
        ConfigurationKey("ssl.trustStore.type", .text(example: "PEM"), .works),
        ConfigurationKey("ssl.trustStore.password", .free, .idle(noPassword)),
        ConfigurationKey("ssl.trustStore.passwordPath", .free, .idle(noPassword)),
        ConfigurationKey("ssl.clientAuth", .choice(["need", "want", "none"]), .works),
        ConfigurationKey("ssl.protocol", .choice(["TLSv1.3", "TLSv1.2"]), .works),
        ConfigurationKey("ssl.enabledProtocols", .text(example: "TLSv1.3,TLSv1.2"), .works),
        ConfigurationKey("ssl.ciphersuites", .text(example: "TLS_AES_256_GCM_SHA384"), .works),
        ConfigurationKey(
            "ssl.hostnameVerification", .boolean, .idle("it is for clients to compare this server's certificate with its host")),
        ConfigurationKey(
            "ssl.clientHostnameVerification", .boolean,
            .refusedWhen(["true"], "clients would be let in whose certificates name other hosts than they come from")),
        ConfigurationKey(
            "ssl.allowReverseDnsLookup", .boolean, .idle("the host of a client is not compared with its certificate")),
        ConfigurationKey("ssl.crl", .boolean, .refusedWhen(["true"], noRevocation)),
        ConfigurationKey("ssl.ocsp", .boolean, .refusedWhen(["true"], noRevocation)),
        ConfigurationKey(
            "ssl.handshakeDetectionTimeoutMillis", .integer(0...Int.max, example: 5000), .idle("a handshake has 5 s")),
        ConfigurationKey(
            "ssl.context.supplier.class", .free, .refused("a Java class can't take part in the handshake of clients")),
        ConfigurationKey(
            "ssl.authProvider", .free,
            .refusedUnless(["x509", ""], "clients would be let in whose certificates it might refuse")),
        ConfigurationKey("ssl.sslProvider", .free, .idle("the system's libssl does it")),
        ConfigurationKey(
            "client.portUnification", .boolean,
            .refusedWhen(["true"], "clientPort takes no TLS and secureClientPort nothing else")),
        ConfigurationKey("client.certReload", .boolean, .idle(readAnew)),
        ConfigurationKey("fips-mode", .boolean, .idle("what libssl is set to holds")),
    ]

    private static let noPassword = "PEM files are read without a password"
    private static let noRevocation = "revoked certificates would be taken, as revocation is not checked"
}
