// Writes what a member reads at its start: `zoo.cfg` and `myid`, in the form of any ZooKeeper deployment.

internal import Glibc

/// The ports of one member on the loopback interface.
package struct MemberPorts: Sendable, Equatable {
    package var client: UInt16
    package var admin: UInt16
    package var quorum: UInt16
    package var election: UInt16

    static let count = 4

    package init(_ ports: ArraySlice<UInt16>) {
        precondition(ports.count == Self.count, "a member has four ports")
        let first = ports.startIndex
        client = ports[first]
        admin = ports[first + 1]
        quorum = ports[first + 2]
        election = ports[first + 3]
    }

    var all: [UInt16] { [client, admin, quorum, election] }
}

package enum MemberFiles {
    /// The name that members know each other by, and that their certificate carries.
    static let host = "127.0.0.1"

    /// The lines of member `id`; `ports` are those of all members, that of member 1 first. `links` are the ports by which this
    /// member reaches the others' quorum ports, if these are not reached directly.
    package static func configuration(
        _ order: EnsembleOrder, id: Int, directory: String, ports: [MemberPorts], links: [UInt16]? = nil
    ) -> String {
        let own = ports[id - 1]
        var lines: [(key: String, value: String)] = [
            ("dataDir", "\(directory)/data"), ("clientPort", "\(own.client)"), ("clientPortAddress", host),
            ("tickTime", "2000"), ("initLimit", "10"), ("maxClientCnxns", "0"),
            ("4lw.commands.whitelist", "*"),
        ]
        if order.command.isQuorate {
            lines += [
                ("admin.enableServer", "true"), ("admin.serverAddress", host), ("admin.serverPort", "\(own.admin)"),
            ]
        } else {
            // Another server does not start without the limit; ours has no use for it and would say so. Its admin port is asked
            // for nothing.
            lines += [("syncLimit", "5"), ("admin.enableServer", "false")]
        }
        if ports.count > 1 {
            for (index, member) in ports.enumerated() {
                let quorum = index == id - 1 ? member.quorum : links?[index] ?? member.quorum
                lines.append(("server.\(index + 1)", "\(host):\(quorum):\(member.election)"))
            }
            if let tls = order.tls { lines += tlsLines(tls, isQuorate: order.command.isQuorate) }
        }
        for setting in order.settings {
            lines.removeAll { $0.key == setting.key }
            lines.append(setting)
        }
        return lines.map { "\($0.key)=\(escaped($0.value))\n" }.joined()
    }

    private static func tlsLines(_ tls: MemberTLS, isQuorate: Bool) -> [(key: String, value: String)] {
        if isQuorate {
            return [
                ("sslQuorum", "true"), ("quorate.quorum.tls.cert", tls.certificate), ("quorate.quorum.tls.key", tls.key),
                ("quorate.quorum.tls.ca", tls.authority),
            ]
        }
        return [
            ("sslQuorum", "true"), ("serverCnxnFactory", "org.apache.zookeeper.server.NettyServerCnxnFactory"),
            ("ssl.quorum.keyStore.location", tls.key), ("ssl.quorum.keyStore.type", "PEM"),
            ("ssl.quorum.trustStore.location", tls.authority), ("ssl.quorum.trustStore.type", "PEM"),
        ]
    }

    /// The file is one of Java's properties, where a backslash takes the next character's meaning away.
    private static func escaped(_ value: String) -> String { value.replacing("\\", with: "\\\\") }

    static func write(_ text: String, to path: String) throws(EnsembleError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
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
