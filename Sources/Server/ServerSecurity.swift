// The certificates and keys of a running server: read at its start, and again when it is asked to. A context is made whole or
// not at all, so a reading that fails changes nothing.

import Glibc
import Transport

/// The rules and files of TLS, for members and for clients; nil where they talk in clear.
struct ServerSecurity: Sendable {
    let members: TLSContext?
    let clients: TLSContext?

    init(_ configuration: ServerConfiguration) throws(ServerError) {
        members = try Self.context(configuration, key: "sslQuorum") { () throws(TransportError) in
            guard let keys = configuration.quorumTLS else { return nil }
            if !configuration.allowsOpenKeys { try KeyFileMode.require(keys.key) }
            var files = TLSConfiguration(
                authorityFile: keys.authority, certificateFile: keys.certificate, keyFile: keys.key)
            if keys.allowsTLS12 { files.minimumVersion = .v12 }
            if !keys.cipherSuites.isEmpty { files.cipherSuites = keys.cipherSuites }
            return try TLSContext(files)
        }
        clients = try Self.context(configuration, key: "secureClientPort") { () throws(TransportError) in
            guard let keys = configuration.secureClientPort else { return nil }
            if !configuration.allowsOpenKeys { try KeyFileMode.require(keys.key) }
            var files = TLSConfiguration(
                authorityFile: keys.authority, certificateFile: keys.certificate, keyFile: keys.key)
            if keys.allowsTLS12 { files.minimumVersion = .v12 }
            if !keys.cipherSuites.isEmpty { files.cipherSuites = keys.cipherSuites }
            files.verifiesPeer = keys.clientAuth != .none
            files.requiresPeerCertificate = keys.clientAuth == .need
            files.releasesIdleBuffers = true
            return try TLSContext(files)
        }
    }

    private static func context(
        _ configuration: ServerConfiguration, key: String, _ make: () throws(TransportError) -> TLSContext?
    ) throws(ServerError) -> TLSContext? {
        do throws(TransportError) {
            return try make()
        } catch {
            throw ServerError("\(configuration.place(of: [key])): \(error.text)", exitCode: 64)
        }
    }

    /// For a log line: whose certificates there are, with the days on which they end.
    var text: String {
        let parts = [members.map { "for members \($0.identityText)" }, clients.map { "for clients \($0.identityText)" }]
        return parts.compactMap(\.self).joined(separator: "; ")
    }
}

/// Who may read a private key. Whoever can read it can be this server.
enum KeyFileMode {
    /// Nobody but the owner, or, where the owner is root, the group as well: so services and containers are handed keys.
    static func require(_ path: String) throws(TransportError) {
        var status = stat()
        // Whether it can be opened is judged, and told, where it is.
        guard stat(path, &status) == 0, let fault = fault(mode: status.st_mode, owner: status.st_uid) else { return }
        let mode = String(status.st_mode & 0o7777, radix: 8)
        throw TransportError(
            "The private key \(path) can be read by \(fault) (mode 0\(mode)), who could then act as this server. "
                + "Type: chmod 600 \(path) (or write quorate.unsafe.openKeys=true if that is meant).")
    }

    /// nil for a mode that will do.
    static func fault(mode: mode_t, owner: uid_t) -> String? {
        if mode & 0o007 != 0 { return "every user of this machine" }
        if mode & 0o030 != 0 || mode & 0o040 != 0 && owner != 0 { return "others of its group" }
        return nil
    }
}
