// Whom the load was for: one of the servers that a document compares, or the only one.

package struct ResultTarget: Sendable, Equatable, Codable {
    package static let quorate = "quorate"
    package static let zookeeper = "zookeeper"

    /// `quorate`, `zookeeper`, or the addresses of servers that ran already.
    package var name: String
    /// The protocol that the load speaks.
    package var driver: String
    /// What the servers call themselves.
    package var version: String?
    /// The program that each member ran; left out where they ran already.
    package var program: String?
    /// Mutual TLS between members; left out where nobody can tell.
    package var tls: Bool?
    /// TLS on the clients' connections; left out where there is none.
    package var clientTLS: Bool?
    package var nodes: [Int]
    /// Lines of the members' configuration beyond the usual, as `key=value`.
    package var settings: [String]

    package init(
        name: String = quorate, driver: String = "zookeeper", version: String?, program: String?, tls: Bool?, nodes: [Int],
        settings: [String]
    ) {
        self.name = name
        self.driver = driver
        self.version = version
        self.program = program
        self.tls = tls
        self.nodes = nodes
        self.settings = settings
    }

    private enum CodingKeys: String, CodingKey {
        case name, driver, version, program, tls
        case clientTLS = "client_tls"
        case nodes, settings
    }
}
