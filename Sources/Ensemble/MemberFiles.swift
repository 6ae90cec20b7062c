// Writes what a member reads at its start: `zoo.cfg` and `myid`, in the form of any ZooKeeper deployment.

internal import Glibc

/// The ports of one member on the loopback interface.
package struct MemberPorts: Sendable, Equatable {
    package var client: UInt16
    package var admin: UInt16
    package var quorum: UInt16
    package var election: UInt16
    /// For clients with TLS.
    package var secureClient: UInt16?

    static func count(_ order: EnsembleOrder) -> Int { order.clientTLS == nil ? 4 : 5 }

    package init(_ ports: ArraySlice<UInt16>) {
        precondition(ports.count == 4 || ports.count == 5, "a member has four ports, and a fifth for clients with TLS")
        let first = ports.startIndex
        client = ports[first]
        admin = ports[first + 1]
        quorum = ports[first + 2]
        election = ports[first + 3]
        secureClient = ports.count == 5 ? ports[first + 4] : nil
    }

    var all: [UInt16] { [client, admin, quorum, election] + (secureClient.map { [$0] } ?? []) }
}

/// Where a member is reached by another.
package struct LinkPorts: Sendable, Equatable {
    package var quorum: UInt16
    package var election: UInt16
}

package enum MemberFiles {
    /// The name that members know each other by, and that their certificate carries.
    static let host = "127.0.0.1"

    /// The lines of member `id`; `ports` are those of all members, that of member 1 first. `links` are the ports by which this
    /// member reaches the others, in the same order, if these are not reached directly.
    package static func configuration(
        _ order: EnsembleOrder, id: Int, directory: String, ports: [MemberPorts], links: [LinkPorts]? = nil
    ) -> String {
        let own = ports[id - 1]
        var lines: [(key: String, value: String)] = [
            ("dataDir", "\(directory)/data"), ("clientPort", "\(own.client)"), ("clientPortAddress", host),
            ("tickTime", "2000"), ("initLimit", "10"), ("maxClientCnxns", "0"),
            ("4lw.commands.whitelist", "*"), ("admin.enableServer", "true"), ("admin.serverAddress", host),
            ("admin.serverPort", "\(own.admin)"),
        ]
        // Another server does not start without it; ours has no use for it and would say so.
        if !order.command.isQuorate { lines.append(("syncLimit", "5")) }
        if ports.count > 1 {
            for (index, member) in ports.enumerated() {
                let own = LinkPorts(quorum: member.quorum, election: member.election)
                let reached = index == id - 1 ? own : links?[index] ?? own
                let role = index >= ports.count - order.observers ? ":observer" : ""
                lines.append(("server.\(index + 1)", "\(host):\(reached.quorum):\(reached.election)\(role)"))
            }
            if let tls = order.tls { lines += quorumLines(tls, order, directory) }
        }
        if let tls = order.clientTLS, let port = own.secureClient { lines += clientLines(tls, port, order, directory) }
        for setting in order.settings {
            lines.removeAll { $0.key == setting.key }
            lines.append(setting)
        }
        return lines.map { "\($0.key)=\(escaped($0.value))\n" }.joined()
    }

    private typealias Lines = [(key: String, value: String)]

    private static func quorumLines(_ tls: MemberTLS, _ order: EnsembleOrder, _ directory: String) -> Lines {
        let own: Lines = [
            ("sslQuorum", "true"), ("quorate.quorum.tls.cert", tls.certificate), ("quorate.quorum.tls.key", tls.key),
            ("quorate.quorum.tls.ca", tls.authority),
        ]
        return order.command.isQuorate
            ? own : [("sslQuorum", "true")] + storeLines("ssl.quorum.", quorumStore(in: directory), tls.authority)
    }

    private static func clientLines(
        _ tls: ClientTLS, _ port: UInt16, _ order: EnsembleOrder, _ directory: String
    ) -> Lines {
        let files = tls.files
        let place: Lines = [
            ("secureClientPort", "\(port)"), ("secureClientPortAddress", host),
            ("ssl.clientAuth", tls.needsCertificate ? "need" : "none"),
        ]
        let own: Lines = [
            ("quorate.client.tls.cert", files.certificate), ("quorate.client.tls.key", files.key),
            ("quorate.client.tls.ca", files.authority),
        ]
        if order.command.isQuorate { return place + own }
        // Only one of Apache ZooKeeper's two kinds of connection knows TLS.
        return place + [("serverCnxnFactory", "org.apache.zookeeper.server.NettyServerCnxnFactory")]
            + storeLines("ssl.", clientStore(in: directory), files.authority)
    }

    /// What Apache ZooKeeper needs to speak the TLS that ours speaks: left to itself 3.8 takes 1.2, and knows no suite of 1.3.
    private static func storeLines(_ prefix: String, _ keyStore: String, _ authority: String) -> Lines {
        [
            ("\(prefix)keyStore.location", keyStore), ("\(prefix)keyStore.type", "PEM"),
            ("\(prefix)trustStore.location", authority), ("\(prefix)trustStore.type", "PEM"),
            ("\(prefix)protocol", "TLSv1.3"), ("\(prefix)enabledProtocols", "TLSv1.3"),
            ("\(prefix)ciphersuites", "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384"),
        ]
    }

    /// Key and certificates in one file, which is what Apache ZooKeeper calls a key store of type PEM.
    private static func quorumStore(in directory: String) -> String { "\(directory)/quorum-store.pem" }
    private static func clientStore(in directory: String) -> String { "\(directory)/client-store.pem" }

    /// Makes these files, as far as the member's lines name them.
    static func writeStores(_ order: EnsembleOrder, directory: String) throws(EnsembleError) {
        guard !order.command.isQuorate else { return }
        let stores = [(order.tls, quorumStore(in: directory)), (order.clientTLS?.files, clientStore(in: directory))]
        for (tls, store) in stores {
            guard let tls else { continue }
            var text = ""
            for file in [tls.key, tls.certificate] {
                guard let part = ProcFile.text(file) else {
                    throw EnsembleError(.unusable, "The file \(file) can't be read; it should hold a key or certificate in PEM.")
                }
                text += part
            }
            try write(text, to: store, mode: 0o600)
        }
    }

    /// The file is one of Java's properties, where a backslash takes the next character's meaning away.
    private static func escaped(_ value: String) -> String { value.replacing("\\", with: "\\\\") }

    static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws(EnsembleError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { throw EnsembleError(.unusable, "The file \(path) can't be written: \(systemErrorText(errno)).") }
        defer { close(file) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else {
                throw EnsembleError(.outOfResources, "The file \(path) can't be written: \(systemErrorText(errno)).")
            }
            rest = rest.dropFirst(count)
        }
    }

    static func makeDirectory(_ path: String) throws(EnsembleError) {
        guard mkdir(path, 0o755) != 0, errno != EEXIST else { return }
        throw EnsembleError(.unusable, "The directory \(path) can't be made: \(systemErrorText(errno)).")
    }
}
