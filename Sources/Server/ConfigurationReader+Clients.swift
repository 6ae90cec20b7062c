// Where clients connect: the port of the file or of the member's own line, its address, and that it is none of the member's
// other ports. Whether the address is this machine's and the port is free only shows at the start (ServerLoop.swift).

import Transport

extension ConfigurationReader {
    /// The client port of the file, or that of the member's own line; two that differ are an error. It may be missing where
    /// clients have a secure one. An empty host stands for all addresses.
    mutating func clientAddress(
        _ me: ConfigurationMember?, members: [ConfigurationMember]
    ) -> (host: String, port: UInt16?) {
        let port = optionalInteger("clientPort").map { UInt16($0) }
        let host = clientHost(me)
        if let port, let own = me?.clientPort, own != port {
            fail(
                values["clientPort"]?.line ?? 0, "clientPort is \(port), but this member's server line says \(own).",
                remedy: "Write the port in one place only.")
        }
        guard let chosen = port ?? me?.clientPort else {
            if values["secureClientPort"] == nil, !wasReported("clientPort"), !wasReported("secureClientPort") {
                fail(0, "clientPort is missing.", remedy: "Write for example clientPort=2181.")
            }
            return (host, nil)
        }
        if let me, members.count > 1 { requireOtherPorts("clientPort", chosen, at: host, me) }
        return (host, chosen)
    }

    private mutating func clientHost(_ me: ConfigurationMember?) -> String {
        if let host = text("clientPortAddress") {
            if !Self.mayBeHost(host) { refuseHost("clientPortAddress", host, line: values["clientPortAddress"]?.line ?? 0) }
            return host
        }
        guard let me, let host = me.clientHost else { return "" }
        if !Self.mayBeHost(host) { refuseHost("The client address of server.\(me.id)", host, line: line(of: me)) }
        return host
    }

    mutating func refuseHost(_ what: String, _ host: String, line: Int) {
        fail(
            line, "\(what) is '\(host)', which is neither an address nor a host name.",
            remedy: "Write an address of this machine, for example 127.0.0.1, or leave it out to listen on all.")
    }

    /// One socket can't be had twice: without this the start would say that another process listens there.
    mutating func requireOtherPorts(_ key: String, _ port: UInt16, at host: String, _ me: ConfigurationMember) {
        guard flag("quorumListenOnAllIPs", false) || Self.mayMeet(host, me.host) else { return }
        let (name, example) = key == "clientPort" ? ("client port", 2181) : ("secure client port", 2281)
        for (use, own) in [("quorum", me.quorumPort), ("election", me.electionPort)] where own == port {
            fail(
                values[key]?.line ?? line(of: me),
                "The \(name) is \(port), which server.\(me.id) has as its \(use) port.",
                remedy: "Write another one, for example \(key)=\(example).")
        }
    }

    /// Whether one port can't be had at both: they are the same place, or one is all addresses.
    static func mayMeet(_ host: String, _ other: String) -> Bool {
        let all: Set = ["", "0.0.0.0", "::"]
        return all.contains(host) || all.contains(other) || host == other
    }

    private func line(of member: ConfigurationMember) -> Int {
        memberEntries.first { $0.key == "server.\(member.id)" }?.line ?? 0
    }

    /// Whether a text has the form of an address or of a host name; whether the name has an address is the resolver's to say.
    static func mayBeHost(_ text: String) -> Bool {
        if SocketAddress(host: text, port: 0) != nil { return true }
        let name = text.hasSuffix(".") ? text.dropLast() : text[...]
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        // A name whose last label is a number would be an address, and is a wrong one (`10.0.0.256`).
        guard name.utf8.count <= 253, labels.last?.allSatisfy(\.isNumber) == false else { return false }
        return labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        }
    }
}
