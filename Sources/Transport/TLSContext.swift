// A libssl context: the loaded certificates, key and rules that all TLS connections of one kind share. The same context
// serves connections that were accepted and connections that were opened.

import COpenSSL
import Glibc

package final class TLSContext: @unchecked Sendable {
    // A context is not changed after init, and libssl counts its references atomically: any thread may make streams of it.
    let pointer: OpaquePointer
    package let configuration: TLSConfiguration

    package init(_ configuration: TLSConfiguration) throws(TransportError) {
        ERR_clear_error()
        guard let pointer = SSL_CTX_new(TLS_method()) else {
            throw TransportError("libssl could not make a TLS context: \(TLSFailure.libraryText()).")
        }
        self.pointer = pointer
        self.configuration = configuration
        // Without this libssl would ask for the password of an encrypted key at the terminal, and a start would hang there.
        SSL_CTX_set_default_passwd_cb(pointer) { _, _, _, _ in -1 }
        try setRules()
        try loadAuthority()
        try loadIdentity()
    }

    deinit { SSL_CTX_free(pointer) }

    /// The own certificate for a log line, such as "CN=node-1 (node-1), valid until Jan 31 12:00:00 2027 GMT".
    package var identityText: String {
        guard let certificate = SSL_CTX_get0_certificate(pointer) else { return "no certificate" }
        return "\(Certificate.text(of: certificate)), valid until \(Certificate.end(of: certificate))"
    }

    private func setRules() throws(TransportError) {
        guard configuration.minimumVersion <= configuration.maximumVersion else {
            throw TransportError("The least TLS version is above the greatest one; TLS 1.3 for both is the default.")
        }
        let (minimum, maximum) = (number(configuration.minimumVersion), number(configuration.maximumVersion))
        guard quorate_ssl_set_versions(pointer, minimum, maximum) == 1 else {
            throw TransportError("This libssl does not offer TLS 1.3; version 1.1.1 or newer is needed.")
        }
        let suites = configuration.cipherSuites.joined(separator: ":")
        guard SSL_CTX_set_ciphersuites(pointer, suites) == 1 else {
            throw TransportError("TLS 1.3 has no cipher suites '\(suites)'; TLS_AES_128_GCM_SHA256 is one.")
        }
        if configuration.minimumVersion == .v12 {
            guard SSL_CTX_set_cipher_list(pointer, configuration.legacyCiphers) == 1 else {
                throw TransportError("TLS 1.2 has no ciphers '\(configuration.legacyCiphers)'; ECDHE+AESGCM are some.")
            }
        }
        quorate_ssl_set_stream_modes(pointer)
        if configuration.releasesIdleBuffers { quorate_ssl_release_idle_buffers(pointer) }
        quorate_ssl_forbid_resumption(pointer)
        quorate_ssl_prefer_own_ciphers(pointer)
        var mode = configuration.verifiesPeer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE
        if configuration.verifiesPeer, configuration.requiresPeerCertificate { mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT }
        SSL_CTX_set_verify(pointer, mode, nil)
        TLSStream.noteObjections(pointer)
    }

    private func number(_ version: TLSConfiguration.Version) -> Int32 { version == .v13 ? TLS1_3_VERSION : TLS1_2_VERSION }

    private func loadAuthority() throws(TransportError) {
        guard let file = configuration.authorityFile else {
            guard !configuration.verifiesPeer else {
                throw TransportError("Checking the peer's certificate needs the PEM file of its authority; none is configured.")
            }
            return
        }
        try requireReadable(file, "the authority's certificate")
        guard SSL_CTX_load_verify_locations(pointer, file, nil) == 1 else {
            throw TransportError(
                "\(file) holds no authority's certificate in PEM form: \(TLSFailure.libraryText()). "
                    + "It must contain a block '-----BEGIN CERTIFICATE-----'.")
        }
    }

    private func loadIdentity() throws(TransportError) {
        guard let certificate = configuration.certificateFile else {
            guard configuration.keyFile == nil else {
                throw TransportError("A private key is configured without its certificate file; give both or none.")
            }
            return
        }
        guard let key = configuration.keyFile else {
            throw TransportError("The certificate \(certificate) is configured without its private key file; give both or none.")
        }
        try requireReadable(certificate, "our certificate")
        try requireReadable(key, "our private key")
        guard SSL_CTX_use_certificate_chain_file(pointer, certificate) == 1 else {
            throw TransportError(
                "\(certificate) holds no certificate in PEM form: \(TLSFailure.libraryText()). "
                    + "It must begin with a block '-----BEGIN CERTIFICATE-----'.")
        }
        guard SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM) == 1 else {
            throw TransportError(
                "\(key) holds no private key for \(certificate): \(TLSFailure.libraryText()). "
                    + "It must be the unencrypted PEM key that the certificate was made for.")
        }
        guard SSL_CTX_check_private_key(pointer) == 1 else {
            throw TransportError("The private key \(key) does not belong to the certificate \(certificate).")
        }
    }

    private func requireReadable(_ file: String, _ role: String) throws(TransportError) {
        if access(file, R_OK) != 0 {
            throw TransportError("\(file), \(role), cannot be read: \(systemErrorText(errno)).", code: errno)
        }
    }
}
