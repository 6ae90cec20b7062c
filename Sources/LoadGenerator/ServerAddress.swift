// The servers of a run: how they are written, and their names turned into addresses once, before the load begins. A wrong name is
// known at once then, and no look-up stands in the way of a client that has lost its server.

internal import Glibc
internal import Synchronization
internal import Transport

/// A server as it was named.
struct ServerName: Hashable, Sendable {
    let host: String
    let port: UInt16

    /// Reads `host:port`; an IPv6 address stands in brackets.
    init(_ text: String) throws(LoadError) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            throw LoadError(.addressUnusable, "'\(text)' is not an address of the form host:port, such as 127.0.0.1:2181")
        }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        if isBracketed { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else {
            throw LoadError(.addressUnusable, "'\(text)' has no host before the port; write 127.0.0.1:\(port) for this machine")
        }
        guard isBracketed ? SocketAddress(host: String(host), port: port) != nil : !host.contains(where: Self.isOdd) else {
            throw LoadError(
                .addressUnusable,
                "'\(text)' has no host name or address before the port; write host:port, and an IPv6 address as [::1]:\(port)")
        }
        self.host = String(host)
        self.port = port
    }

    private static func isOdd(_ symbol: Character) -> Bool {
        symbol == ":" || symbol == "[" || symbol == "]" || symbol == "/" || symbol == "," || symbol.isWhitespace
    }

    var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// A server with the addresses that its name stands for.
struct ServerAddress: Sendable {
    let name: ServerName
    let addresses: [SocketAddress]
}

/// The system's resolver blocks, for half a minute where a name server is gone, and can't be told to stop. So every name has a
/// thread, which is left alone when the time is up.
final class HostLookup: Sendable {
    private static let pollInterval: UInt32 = 5_000
    private let answers = Mutex<[ServerName: Result<[SocketAddress], TransportError>]>([:])

    private init() {}

    /// The addresses of all servers, or why one of them has none.
    static func resolve(
        _ names: [ServerName], limitNanoseconds: UInt64, cancel: CancelFlag
    ) throws(LoadError) -> [ServerAddress] {
        let lookup = HostLookup()
        for name in Set(names) { try lookup.ask(name) }
        let deadline = monotonicNanoseconds() + limitNanoseconds
        var found: [ServerAddress] = []
        for name in names {
            let addresses = try lookup.wait(for: name, until: deadline, limitNanoseconds, cancel)
            found.append(ServerAddress(name: name, addresses: addresses))
        }
        return found
    }

    private func ask(_ name: ServerName) throws(LoadError) {
        if let address = SocketAddress(host: name.host, port: name.port) { return note(.success([address]), name) }
        let isStarted = startDetachedThread(named: "lookup") {
            do throws(TransportError) {
                self.note(.success(try SocketAddress.resolve(host: name.host, port: name.port)), name)
            } catch {
                self.note(.failure(error), name)
            }
        }
        guard isStarted else { throw LoadError(.outOfResources, "no thread could be started to look up '\(name.host)'") }
    }

    private func note(_ answer: Result<[SocketAddress], TransportError>, _ name: ServerName) {
        answers.withLock { $0[name] = answer }
    }

    private func wait(
        for name: ServerName, until deadline: UInt64, _ limit: UInt64, _ cancel: CancelFlag
    ) throws(LoadError) -> [SocketAddress] {
        while true {
            switch answers.withLock({ $0[name] }) {
            case .success(let addresses)?: return addresses
            case .failure(let error)?: throw LoadError(.unreachable, error.text)
            case nil: break
            }
            if cancel.isSet { throw LoadError(.interrupted, "the run was ended before its load began") }
            guard monotonicNanoseconds() < deadline else {
                throw LoadError(
                    .unreachable,
                    "the host name '\(name.host)' was not resolved within \(limit / 1_000_000_000) s; mend the name server, or "
                        + "write the address itself")
            }
            usleep(Self.pollInterval)
        }
    }
}
