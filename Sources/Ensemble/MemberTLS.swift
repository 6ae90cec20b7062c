// The certificate with which launched members know each other: made once per run, valid for the loopback interface only.

internal import Transport

/// PEM files of mutual TLS. All members of an ensemble on one machine have the same host, so one certificate serves them.
package struct MemberTLS: Sendable, Equatable {
    package var authority: String
    package var certificate: String
    package var key: String

    package init(authority: String, certificate: String, key: String) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
    }

    /// Makes an authority and a certificate in `directory`, which must not hold any yet.
    package static func make(directory: String) throws(EnsembleError) -> MemberTLS {
        do {
            var request = CertificateRequest(name: "member", hosts: [MemberFiles.host, "localhost"])
            request.validUntil = 7 * 86_400
            let made = try DevelopmentCA.make(directory: directory, requests: [request])
            return MemberTLS(
                authority: made.certificateFile, certificate: made.certificateFile(of: request.name),
                key: made.keyFile(of: request.name))
        } catch {
            throw EnsembleError(.unusable, "The members' certificates can't be made in \(directory): \(error.text)")
        }
    }
}
