// That launched members also take clients with TLS, on a port of its own beside the plain one.

/// The members' files for it. Clients need the authority, and their own certificate where it is asked for.
package struct ClientTLS: Sendable, Equatable {
    package var files: MemberTLS
    /// Clients have to show a certificate of the same authority.
    package var needsCertificate: Bool

    package init(files: MemberTLS, needsCertificate: Bool = false) {
        self.files = files
        self.needsCertificate = needsCertificate
    }
}
