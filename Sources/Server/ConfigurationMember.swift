// One member of the ensemble as its `server.N` line tells it: host:quorumPort:electionPort[:role][;[clientHost:]clientPort].
// The reader of the whole file (ConfigurationReader.swift) checks the lines against each other and against `myid`.

/// A member of the ensemble, as the files found it.
public struct ConfigurationMember: Hashable, Sendable {
    public var id: Int
    public var host: String
    /// For data between members: proposals, acknowledgements, histories.
    public var quorumPort: UInt16
    /// For elections and heartbeats.
    public var electionPort: UInt16
    /// Where clients find this member, if its line says so; a port without a host is one on all addresses.
    public var clientHost: String?
    public var clientPort: UInt16?
    /// Learns what is committed, serves clients and never votes.
    public var isObserver = false
    /// Of its vote: `weight.N`.
    public var weight = 1
    /// Number of the `group.N` line that lists it; nil without groups.
    public var group: Int?

    public init(
        id: Int, host: String, quorumPort: UInt16, electionPort: UInt16, clientHost: String? = nil, clientPort: UInt16? = nil
    ) {
        self.id = id
        self.host = host
        self.quorumPort = quorumPort
        self.electionPort = electionPort
        self.clientHost = clientHost
        self.clientPort = clientPort
    }
}

/// Why a `server.N` line can't be taken.
struct ConfigurationMemberObjection: Error {
    let sentence: String
    let remedy: String
}

extension ConfigurationMember {
    static let form = "server.N=HOST:QUORUM_PORT:ELECTION_PORT[:participant|:observer][;[CLIENT_HOST:]CLIENT_PORT]"

    /// The number is the top byte of session ids, and 255 there marks znodes with a time to live.
    static let ids = 1...254

    init(number: String, value: String) throws(ConfigurationMemberObjection) {
        guard let id = Int(number), Self.ids.contains(id), String(id) == number else {
            throw ConfigurationMemberObjection(
                sentence: "server.\(number) does not name a member: the number has to be from 1 to 254.",
                remedy: "Write for example server.1=\(value).")
        }
        if value.contains("|") {
            throw ConfigurationMemberObjection(
                sentence: "server.\(number) gives several addresses, but a member has one.",
                remedy: "Keep the first address and remove everything from '|' on.")
        }
        let parts = value.split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
        guard parts.count <= 2 else {
            throw ConfigurationMemberObjection(
                sentence: "server.\(number) has a second client address for TLS, which is read from secureClientPort only.",
                remedy: "Write secureClientPort=PORT and remove the part behind the second ';'.")
        }
        let (host, rest) = try Self.host(of: parts[0], number: number)
        let fields = rest.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard !host.isEmpty, fields.count == 2 || fields.count == 3 else { throw Self.malformed(number, value) }
        self.init(
            id: id, host: host, quorumPort: try Self.port(fields[0], number, value),
            electionPort: try Self.port(fields[1], number, value))
        if fields.count == 3 { isObserver = try Self.isObserver(fields[2], number: number) }
        if quorumPort == electionPort {
            throw ConfigurationMemberObjection(
                sentence: "server.\(number) has port \(quorumPort) for both the quorum and the election.",
                remedy: "Give the election a port of its own, for example \(host):\(quorumPort):\(electionPort &+ 1000).")
        }
        if parts.count == 2 { try takeClientAddress(parts[1], number: number, value: value) }
    }

    private mutating func takeClientAddress(
        _ text: String, number: String, value: String
    ) throws(ConfigurationMemberObjection) {
        if let colon = text.lastIndex(of: ":") {
            let host = text[..<colon]
            clientHost = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
            clientPort = try Self.port(String(text[text.index(after: colon)...]), number, value)
        } else {
            clientPort = try Self.port(text, number, value)
        }
    }

    /// Cuts the host off; an IPv6 address stands in brackets, so that its colons aren't the line's.
    private static func host(
        of text: String, number: String
    ) throws(ConfigurationMemberObjection) -> (host: String, rest: Substring) {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]"), text[end...].hasPrefix("]:") else { throw malformed(number, text) }
            return (String(text[text.index(after: text.startIndex)..<end]), text[end...].dropFirst(2))
        }
        guard let colon = text.firstIndex(of: ":") else { throw malformed(number, text) }
        return (String(text[..<colon]), text[text.index(after: colon)...])
    }

    private static func isObserver(_ role: String, number: String) throws(ConfigurationMemberObjection) -> Bool {
        switch role {
        case "participant": return false
        case "observer": return true
        default:
            throw ConfigurationMemberObjection(
                sentence: "server.\(number) has the role '\(role)', but has to be participant or observer.",
                remedy: "Write :participant or :observer, or leave the role out.")
        }
    }

    private static func port(
        _ text: String, _ number: String, _ value: String
    ) throws(ConfigurationMemberObjection) -> UInt16 {
        guard let port = UInt16(trimmed(text[...])), port > 0 else {
            throw ConfigurationMemberObjection(
                sentence: "server.\(number) has '\(text)' where a port from 1 to 65535 has to stand.", remedy: "Write \(form).")
        }
        return port
    }

    private static func malformed(_ number: String, _ value: String) -> ConfigurationMemberObjection {
        ConfigurationMemberObjection(
            sentence: "server.\(number) is '\(value)', which does not name a member.", remedy: "Write \(form).")
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
