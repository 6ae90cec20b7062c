// Servers that run already and belong to somebody: where they are, what lies in their tree, and taking away what a load has left.

package import Transport

package struct RunningTree: Sendable {
    private let servers: [ServerAddress]
    private let cancel: CancelFlag

    /// Looks the names up; each has the form `host:port`.
    package init(hosts: [String], limitNanoseconds: UInt64 = 5_000_000_000, cancel: CancelFlag) throws(LoadError) {
        self.cancel = cancel
        var names: [ServerName] = []
        for text in hosts { names.append(try ServerName(text)) }
        servers = try HostLookup.resolve(names, limitNanoseconds: limitNanoseconds, cancel: cancel)
    }

    /// One address of each server.
    package var addresses: [SocketAddress] { servers.compactMap(\.addresses.first) }

    /// The first server that is on another machine.
    package var firstElsewhere: String? {
        servers.first { !$0.addresses.allSatisfy(\.isLoopback) }?.name.text
    }

    /// The first server that stands in the list under another name already.
    package var firstTwice: String? {
        servers.indices.first { place in
            servers[..<place].contains {
                !Set($0.addresses.map(\.description)).isDisjoint(with: servers[place].addresses.map(\.description))
            }
        }.map { servers[$0].name.text }
    }

    /// Opens a session with each, so that one that is not there is not taken for a member.
    package func checkThatAllAnswer() throws(LoadError) {
        for server in servers { try PlainSession.open([server], cancel: cancel).end() }
    }

    /// Names of the znodes directly below the root.
    package func rootChildren() throws(LoadError) -> [String] {
        let session = try PlainSession.open(servers, cancel: cancel)
        let names = try session.children(of: "/") ?? []
        try session.end()
        return names
    }

    /// Removes a znode and all below it; returns how many znodes that were.
    package func remove(_ path: String) throws(LoadError) -> Int {
        let session = try PlainSession.open(servers, cancel: cancel)
        let removed = try session.remove(path)
        try session.end()
        return removed
    }
}
