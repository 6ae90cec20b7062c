// What TLS is to be like: files, versions, suites, and whether the peer must show a certificate.

package struct TLSConfiguration: Sendable, Equatable {
    package enum Version: Sendable, Comparable { case v12, v13 }

    /// PEM file with the certificates of the authorities that peers' certificates must descend from.
    package var authorityFile: String?
    /// PEM file with our own certificate, followed by those between it and the authority.
    package var certificateFile: String?
    /// PEM file with the private key of our own certificate.
    package var keyFile: String?
    /// Servers ask for the client's certificate and refuse a client without one; clients check the server's.
    package var verifiesPeer = true
    /// False on a server: a client without a certificate is let in all the same, one with a bad certificate is not.
    package var requiresPeerCertificate = true
    /// For many connections that are idle most of the time: costs an allocation per record, saves their buffers.
    package var releasesIdleBuffers = false
    package var minimumVersion = Version.v13
    package var maximumVersion = Version.v13
    /// AES-128 first: it costs 16 % less than the AES-256 that libssl would pick by itself.
    package var cipherSuites = TLSConfiguration.suites
    /// Those of TLS 1.3 that there are.
    package static let suites = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
    /// Only used when TLS 1.2 is allowed.
    package var legacyCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20"

    package init(authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil) {
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}
