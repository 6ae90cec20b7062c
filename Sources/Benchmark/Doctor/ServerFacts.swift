// What one server tells of itself when it is asked: by `srvr` and `mntr` on its client port, as Apache ZooKeeper and this
// project's members answer them, and by a client's session of its own.

internal import CLinux
package import Ensemble
package import LoadGenerator
internal import Transport

package struct ServerFacts: Sendable {
    /// As it was named.
    package let name: String
    /// Why it can't be examined at all; nil if it can.
    package var trouble: String?
    /// The answer to `srvr`, and how long it took; nil if there was none.
    package var serverText: String?
    package var serverNanoseconds: UInt64?
    /// The lines of `mntr` without their `zk_`; empty if it is not answered.
    package var monitor: [String: String] = [:]
    package var roundTrips: RoundTrips?
    /// Why a session with it came to nothing.
    package var sessionTrouble: String?

    package init(name: String) { self.name = name }

    package var status: MemberStatus? { serverText.flatMap { MemberStatus(srvr: $0) } }

    /// A number of `mntr`.
    package func count(_ key: String) -> UInt64? {
        monitor[key].flatMap { UInt64($0) ?? Double($0).flatMap { $0 >= 0 ? UInt64(exactly: $0.rounded()) : nil } }
    }

    /// What stands behind a word at the beginning of a line of `srvr`.
    package func line(_ key: String) -> String? {
        serverText?.split(whereSeparator: \.isNewline).first { $0.hasPrefix(key + ":") }
            .map { String($0.dropFirst(key.count + 1).drop { $0 == " " }) }
    }

    /// It answers, and says that it does not serve.
    package var saysItDoesNotServe: Bool { serverText?.contains("not currently serving requests") == true }
    /// A four-letter word that the server knows and may not answer.
    package static func isRefusal(_ text: String?) -> Bool { text?.contains("not in the whitelist") == true }
}

package struct ServerExamination: Sendable {
    private static let roundTrips = 20
    private let hosts: [String]
    private let writes: Bool
    private let cancel: CancelFlag

    package init(hosts: [String], writes: Bool, cancel: CancelFlag) {
        self.hosts = hosts
        self.writes = writes
        self.cancel = cancel
    }

    /// Throws for names that are none, and where it is ended.
    package func run() throws(LoadError) -> [ServerFacts] {
        var found: [ServerFacts] = []
        for host in hosts { found.append(try examine(host)) }
        return found
    }

    private func examine(_ host: String) throws(LoadError) -> ServerFacts {
        var facts = ServerFacts(name: host)
        do throws(LoadError) {
            if let address = try RunningTree(hosts: [host], cancel: cancel).addresses.first { ask(address, &facts) }
            let znode = writes && !facts.saysItDoesNotServe ? "/quorate-doctor-\(quorate_realtime_ns())" : nil
            facts.roundTrips = try RoundTrips.measure(host: host, count: Self.roundTrips, znode: znode, cancel: cancel)
        } catch {
            if error.cause == .interrupted || error.cause == .addressUnusable { throw error }
            if facts.serverText == nil { facts.trouble = error.description } else { facts.sessionTrouble = error.description }
        }
        return facts
    }

    private func ask(_ address: SocketAddress, _ facts: inout ServerFacts) {
        let begin = quorate_monotonic_ns()
        guard let text = Asking.fourLetterWord("srvr", at: address) else { return }
        facts.serverNanoseconds = quorate_monotonic_ns() - begin
        facts.serverText = text
        let lines = MemberStatus.monitorLines(Asking.fourLetterWord("mntr", at: address) ?? "")
        for (key, value) in lines { facts.monitor[key.hasPrefix("zk_") ? String(key.dropFirst(3)) : key] = value }
    }
}
