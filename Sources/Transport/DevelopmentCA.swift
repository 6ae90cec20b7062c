// Makes a certificate authority and the members' certificates for development and tests: ECDSA on P-256, PEM files.
//
// The authority's key lies beside the certificates, unencrypted and readable by its owner only: good for a laptop and a
// test, not for production, where the members' certificates come from an authority that is kept elsewhere. How a
// certificate is put together is in CertificateBuilder.

import COpenSSL
import Glibc

/// What a member's certificate shall say.
package struct CertificateRequest: Sendable {
    /// Base name of the files, and the certificate's common name.
    package var name: String
    /// Names and addresses that peers may expect.
    package var hosts: [String]
    /// Seconds from now, negative for the past.
    package var validFrom = -3600
    package var validUntil = 825 * 86_400

    package init(name: String, hosts: [String]) {
        self.name = name
        self.hosts = hosts
    }
}

package final class DevelopmentCA {
    /// Where the files are.
    package let directory: String
    private let key: PrivateKey
    private let certificate: CertificateBuilder

    package static let certificateName = "ca.pem"
    package static let keyName = "ca-key.pem"
    package var certificateFile: String { "\(directory)/\(Self.certificateName)" }
    package func certificateFile(of name: String) -> String { "\(directory)/\(name).pem" }
    package func keyFile(of name: String) -> String { "\(directory)/\(name)-key.pem" }

    /// An authority and one certificate per host, named after it, in `directory`, which is made if it is missing. Nothing
    /// that exists is overwritten.
    @discardableResult
    package static func make(directory: String, hosts: [String]) throws(TransportError) -> DevelopmentCA {
        var requests: [CertificateRequest] = []
        for host in hosts { requests.append(CertificateRequest(name: host, hosts: [host])) }
        return try make(directory: directory, requests: requests)
    }

    @discardableResult
    package static func make(directory: String, requests: [CertificateRequest]) throws(TransportError) -> DevelopmentCA {
        // All is checked before the first file is written, so that a refusal leaves nothing half done.
        var names: Set<String> = []
        for request in requests {
            try check(request)
            guard names.insert(request.name).inserted else {
                throw TransportError("The name '\(request.name)' is given twice; each certificate needs a name of its own.")
            }
        }
        try makeDirectory(directory)
        for file in [certificateName, keyName] + requests.flatMap({ ["\($0.name).pem", "\($0.name)-key.pem"] }) {
            guard access("\(directory)/\(file)", F_OK) != 0 else {
                throw TransportError("\(directory)/\(file) exists already; remove it or choose another directory.")
            }
        }
        let authority = try DevelopmentCA(directory: directory)
        for request in requests { try authority.issue(request) }
        return authority
    }

    private init(directory: String) throws(TransportError) {
        self.directory = directory
        key = try PrivateKey()
        // Random, so that two authorities never carry the same name and wrong ones are told apart in log lines.
        let mark = Cryptography.randomBytes(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        certificate = try CertificateBuilder(
            commonName: "Quorate development CA \(mark)", validFrom: -3600, validUntil: 3650 * 86_400, key: key)
        try certificate.becomeAuthority()
        try certificate.sign(with: key)
        try key.write(to: "\(directory)/\(Self.keyName)")
        try certificate.write(to: certificateFile)
    }

    /// Makes a key and a certificate and writes both.
    package func issue(_ request: CertificateRequest) throws(TransportError) {
        try Self.check(request)
        let memberKey = try PrivateKey()
        let member = try CertificateBuilder(
            commonName: request.name, validFrom: request.validFrom, validUntil: request.validUntil, key: memberKey)
        try member.becomeMember(of: certificate, hosts: request.hosts)
        try member.sign(with: key)
        try memberKey.write(to: keyFile(of: request.name))
        try member.write(to: certificateFile(of: request.name))
    }

    private static func check(_ request: CertificateRequest) throws(TransportError) {
        let name = request.name
        guard !name.isEmpty, name.utf8.count <= 64, !name.contains("/"), !name.hasPrefix(".") else {
            throw TransportError("'\(name)' cannot name a certificate: 1 to 64 bytes without '/' and without a leading dot.")
        }
        guard name != "ca" else { throw TransportError("The name 'ca' belongs to the authority; choose another one.") }
        guard !request.hosts.isEmpty else {
            throw TransportError("The certificate '\(name)' needs at least one host name or address.")
        }
        for host in request.hosts where SocketAddress(host: host, port: 0) == nil {
            guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(isHostSymbol) else {
                throw TransportError("'\(host)' is neither a host name nor an address; letters, digits, '-' and '.' make a name.")
            }
        }
    }

    private static func isHostSymbol(_ symbol: UInt8) -> Bool {
        switch symbol {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func makeDirectory(_ path: String) throws(TransportError) {
        guard mkdir(path, 0o755) != 0, errno != EEXIST else { return }
        let code = errno
        throw TransportError("The directory \(path) cannot be made: \(systemErrorText(code)).", code: code)
    }
}
