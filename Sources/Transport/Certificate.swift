// Reads what log lines and host checks need of an X.509 certificate.

import COpenSSL
import Glibc

enum Certificate {
    /// A fault that libcrypto found in a chain, with what a log line needs of the certificates.
    struct Objection {
        let error: Int32
        /// The peer's own certificate.
        let peer: String
        /// The one at fault: the peer's, or one between it and the authority.
        let culprit: String
        let beginning: String
        let end: String

        init(_ store: OpaquePointer) {
            error = X509_STORE_CTX_get_error(store)
            let leaf = X509_STORE_CTX_get0_cert(store)
            let current = X509_STORE_CTX_get_current_cert(store) ?? leaf
            peer = leaf.map { Certificate.text(of: $0) } ?? "without a name"
            culprit = current.map { Certificate.text(of: $0) } ?? peer
            beginning = current.map { Certificate.beginning(of: $0) } ?? "an unknown time"
            end = current.map { Certificate.end(of: $0) } ?? "an unknown time"
        }
    }

    /// Whether the certificate's alternative names include the host, an address being matched as an address.
    static func names(of certificate: OpaquePointer, include host: String, flags: UInt32) -> Bool {
        if SocketAddress(host: host, port: 0) != nil { return X509_check_ip_asc(certificate, host, flags) == 1 }
        return X509_check_host(certificate, host, host.utf8.count, flags, nil) == 1
    }

    /// Subject and names, such as "CN=node-1 (node-1, 127.0.0.1)".
    static func text(of certificate: OpaquePointer) -> String {
        let names = alternativeNames(of: certificate)
        let subject = collect { X509_NAME_print_ex($0, X509_get_subject_name(certificate), 0, quorate_name_one_line()) }
        let tidy = subject.replacing(" = ", with: "=")
        return names.isEmpty ? tidy : "\(tidy) (\(names.joined(separator: ", ")))"
    }

    static func beginning(of certificate: OpaquePointer) -> String {
        collect { ASN1_TIME_print($0, X509_get0_notBefore(certificate)) }
    }

    static func end(of certificate: OpaquePointer) -> String {
        collect { ASN1_TIME_print($0, X509_get0_notAfter(certificate)) }
    }

    static func alternativeNames(of certificate: OpaquePointer) -> [String] {
        guard let list = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
        let names = OpaquePointer(list)
        defer { quorate_free_general_names(names) }
        return (0..<quorate_general_name_count(names)).compactMap { index in
            guard let name = quorate_general_name(names, index) else { return nil }
            return text(of: name)
        }
    }

    private static func text(of name: UnsafePointer<GENERAL_NAME>) -> String? {
        var type: Int32 = 0
        guard let value = GENERAL_NAME_get0_value(name, &type) else { return nil }
        let string = UnsafePointer<ASN1_STRING>(value.assumingMemoryBound(to: ASN1_STRING.self))
        guard type == GEN_DNS || type == GEN_IPADD, let data = ASN1_STRING_get0_data(string) else { return nil }
        let bytes = UnsafeBufferPointer(start: data, count: Int(ASN1_STRING_length(string)))
        // Strangers write into it what they like, line ends too.
        if type == GEN_DNS { return String(decoding: bytes.map { (0x21...0x7e).contains($0) ? $0 : 0x3f }, as: UTF8.self) }
        return SocketAddress(octets: UnsafeRawBufferPointer(bytes))?.host
    }

    private static func collect(_ write: (OpaquePointer) -> Int32) -> String {
        guard let bio = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(bio) }
        _ = write(bio)
        var bytes: UnsafeMutablePointer<CChar>?
        let count = quorate_bio_memory(bio, &bytes)
        guard let bytes, count > 0 else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
    }
}
