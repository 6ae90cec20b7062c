// Puts an X.509 certificate together with libcrypto, signs it and writes it, and does the same for private keys.

import COpenSSL
import Glibc

final class PrivateKey {
    let pointer: OpaquePointer

    init() throws(TransportError) {
        guard let pointer = quorate_make_p256_key() else {
            throw TransportError("libcrypto could not make an ECDSA P-256 key: \(TLSFailure.libraryText()).")
        }
        self.pointer = pointer
    }

    deinit { EVP_PKEY_free(pointer) }

    /// As PKCS#8 PEM, readable by its owner only.
    func write(to path: String) throws(TransportError) {
        try writePEM(path, mode: 0o600) { PEM_write_bio_PrivateKey($0, pointer, nil, nil, 0, nil, nil) }
    }
}

final class CertificateBuilder {
    private let pointer: OpaquePointer
    private let commonName: String

    init(commonName: String, validFrom: Int, validUntil: Int, key: PrivateKey) throws(TransportError) {
        guard let pointer = X509_new() else {
            throw TransportError("libcrypto could not make a certificate: \(TLSFailure.libraryText()).")
        }
        self.pointer = pointer
        self.commonName = commonName
        var serial = Cryptography.randomBytes(16)
        serial[0] = serial[0] & 0x7f | 0x40
        let number = BN_bin2bn(serial, Int32(serial.count), nil)
        defer { BN_free(number) }
        let subject = X509_get_subject_name(pointer)
        let version3 = 2
        try require(
            X509_set_version(pointer, version3) == 1
                && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(pointer)) != nil
                && X509_gmtime_adj(X509_getm_notBefore(pointer), validFrom) != nil
                && X509_gmtime_adj(X509_getm_notAfter(pointer), validUntil) != nil
                && X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, commonName, -1, -1, 0) == 1
                && X509_set_pubkey(pointer, key.pointer) == 1, "filled in")
    }

    deinit { X509_free(pointer) }

    func becomeAuthority() throws(TransportError) {
        try require(X509_set_issuer_name(pointer, X509_get_subject_name(pointer)) == 1, "given its issuer")
        try extend(NID_basic_constraints, "critical,CA:TRUE,pathlen:0", issuer: self)
        try extend(NID_key_usage, "critical,keyCertSign,cRLSign", issuer: self)
        try extend(NID_subject_key_identifier, "hash", issuer: self)
    }

    /// Members both accept and open connections, so the certificate serves both ends.
    func becomeMember(of authority: CertificateBuilder, hosts: [String]) throws(TransportError) {
        try require(X509_set_issuer_name(pointer, X509_get_subject_name(authority.pointer)) == 1, "given its issuer")
        try extend(NID_basic_constraints, "critical,CA:FALSE", issuer: authority)
        try extend(NID_key_usage, "critical,digitalSignature", issuer: authority)
        try extend(NID_ext_key_usage, "serverAuth,clientAuth", issuer: authority)
        try extend(NID_subject_key_identifier, "hash", issuer: authority)
        try extend(NID_authority_key_identifier, "keyid:always", issuer: authority)
        var names: [String] = []
        for host in hosts { names.append(SocketAddress(host: host, port: 0) == nil ? "DNS:\(host)" : "IP:\(host)") }
        try extend(NID_subject_alt_name, names.joined(separator: ","), issuer: authority)
    }

    func sign(with key: PrivateKey) throws(TransportError) {
        try require(X509_sign(pointer, key.pointer, EVP_sha256()) > 0, "signed")
    }

    func write(to path: String) throws(TransportError) {
        try writePEM(path, mode: 0o644) { PEM_write_bio_X509($0, pointer) }
    }

    private func extend(_ kind: Int32, _ value: String, issuer: CertificateBuilder) throws(TransportError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer.pointer, pointer, nil, nil, 0)
        guard let part = X509V3_EXT_conf_nid(nil, &context, kind, value) else {
            throw TransportError("The certificate '\(commonName)' cannot say '\(value)': \(TLSFailure.libraryText()).")
        }
        defer { X509_EXTENSION_free(part) }
        try require(X509_add_ext(pointer, part, -1) == 1, "extended")
    }

    private func require(_ done: Bool, _ what: String) throws(TransportError) {
        if !done { throw TransportError("The certificate '\(commonName)' could not be \(what): \(TLSFailure.libraryText()).") }
    }
}

/// Writes a new file by way of memory, so that libcrypto never sees a path; an existing file is an error.
private func writePEM(_ path: String, mode: mode_t, _ encode: (OpaquePointer) -> Int32) throws(TransportError) {
    guard let bio = BIO_new(BIO_s_mem()) else { throw TransportError("libcrypto has no memory for \(path).") }
    defer { BIO_free(bio) }
    guard encode(bio) == 1 else { throw TransportError("\(path) could not be encoded: \(TLSFailure.libraryText()).") }
    var bytes: UnsafeMutablePointer<CChar>?
    var left = quorate_bio_memory(bio, &bytes)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0, var place = bytes else {
        throw TransportError("\(path) cannot be made: \(systemErrorText(errno)).", code: errno)
    }
    defer { _ = close(descriptor) }
    while left > 0 {
        let count = Glibc.write(descriptor, place, left)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw TransportError("\(path) cannot be written: \(systemErrorText(errno)).", code: errno) }
        place += count
        left -= count
    }
}
