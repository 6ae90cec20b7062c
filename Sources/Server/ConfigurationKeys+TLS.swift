// The keys of TLS: `ssl.quorum.` for the connections between members, `ssl.` for those of clients, and a few without prefix.
// Members' TLS works with PEM files. TLS on the client port is not there yet, so its keys are accepted and idle.

extension ConfigurationKeys {
    static let tls: [ConfigurationKey] = quorumTLS + clientTLS

    static let quorumTLS: [ConfigurationKey] = [
        ConfigurationKey("sslQuorum", .boolean, .works),
        ConfigurationKey(
            "portUnification", .boolean,
            .refusedWhen(["true"], "members would have to take plain connections beside TLS, which they never do")),
        ConfigurationKey("sslQuorumReloadCertFiles", .boolean, .idle("certificates are read once, at start")),
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
        ConfigurationKey(
            "ssl.quorum.ciphersuites", .free,
            .refused("the suites are fixed: TLS_AES_128_GCM_SHA256 first, then TLS_AES_256_GCM_SHA384 and ChaCha20")),
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

    static let clientTLS: [ConfigurationKey] =
        [
            "keyStore.location", "keyStore.type", "keyStore.password", "keyStore.passwordPath",
            "trustStore.location", "trustStore.type", "trustStore.password", "trustStore.passwordPath",
            "protocol", "enabledProtocols", "ciphersuites", "hostnameVerification", "clientHostnameVerification",
            "allowReverseDnsLookup", "crl", "ocsp", "clientAuth", "handshakeDetectionTimeoutMillis", "context.supplier.class",
            "authProvider", "sslProvider",
        ].map { ConfigurationKey("ssl.\($0)", .free, .idle(noClientTLS)) } + [
            ConfigurationKey("client.portUnification", .boolean, .idle("the client port takes no TLS")),
            ConfigurationKey("client.certReload", .boolean, .idle(noClientTLS)),
            ConfigurationKey("fips-mode", .boolean, .idle("what libssl is set to holds")),
        ]

    private static let noPassword = "PEM files are read without a password"
    private static let noRevocation = "revoked certificates would be taken, as revocation is not checked"
}
