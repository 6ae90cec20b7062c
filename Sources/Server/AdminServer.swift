// The admin port: sockets by FlyingSocks on Swift's own executor, off the loop's thread, which it only meets at the board of
// metrics. One connection is served in AdminConnection.swift; that package's own HTTP server is not used, since it closes what it
// can't read without a word. A port that can't be had is a warning: the server goes on without it.

import CLinux
import FlyingSocks
import Glibc
import Synchronization
import Transport

/// What happens to the admin port.
package enum AdminEvent: Hashable, Sendable {
    case open(UInt16)
    /// One sentence; nothing that would stop the server.
    case trouble(String)
}

package final class AdminServer: Sendable {
    private let settings: ServerConfiguration.Admin
    private let board: MetricsBoard
    /// Told what happens to the port, from any thread.
    private let notice: @Sendable (AdminEvent) -> Void
    private let serving = Mutex<Task<Void, Never>?>(nil)
    private let door = AdminDoor()
    private let limits: AdminLimits

    package init(
        _ settings: ServerConfiguration.Admin, board: MetricsBoard, limits: AdminLimits = AdminLimits(),
        notice: @escaping @Sendable (AdminEvent) -> Void
    ) {
        self.limits = limits
        self.settings = settings
        self.board = board
        self.notice = notice
    }

    deinit {
        serving.withLock { $0 }?.cancel()
    }

    /// The port that is open; 0 before and without it.
    package var port: UInt16 { door.port }

    /// Requests that could not be read or came too slowly, and connections for which there was no place.
    package var refused: UInt64 { door.refused }

    /// Opens the port in the background; nothing waits for it.
    package func start() {
        guard settings.enabled else { return }
        guard let address = Self.address(settings.address, settings.port) else {
            return notice(
                .trouble("admin.serverAddress is '\(settings.address)', which has no address here; there is no admin port."))
        }
        // The task holds the parts and not the server, so that letting go of the server ends it.
        let (board, notice, settings, door, limits) = (board, notice, settings, door, limits)
        let task = Task.detached { await Self.keepOpen(address, settings, board, limits, door, notice) }
        serving.withLock { $0 = task }
    }

    package func stop() {
        serving.withLock { $0 }?.cancel()
    }

    /// Serves until it is cancelled. What ends it otherwise, such as no descriptor being left, is tried again a second later;
    /// a port that is taken at the start is not, since somebody else means to keep it.
    private static func keepOpen(
        _ address: any FlyingSocks.SocketAddress, _ settings: ServerConfiguration.Admin, _ board: MetricsBoard,
        _ limits: AdminLimits, _ door: AdminDoor, _ notice: @escaping @Sendable (AdminEvent) -> Void
    ) async {
        var hasBeenOpen = false
        while !Task.isCancelled {
            let failure: any Error
            do {
                failure = try await serve(address, settings, board, limits, door, notice)
            } catch {
                failure = error
            }
            hasBeenOpen = hasBeenOpen || door.close()
            if Task.isCancelled || failure is CancellationError { return }
            guard hasBeenOpen else {
                return notice(
                    .trouble(
                        "The admin port \(settings.port) can't be opened (\(describe(failure))); the server goes on without it. "
                            + "Write another admin.serverPort, or admin.enableServer=false."))
            }
            notice(.trouble("The admin port was closed (\(describe(failure))) and is opened again."))
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Opens the port and serves it.
    /// - Returns: why it did not go on.
    private static func serve(
        _ address: any FlyingSocks.SocketAddress, _ settings: ServerConfiguration.Admin, _ board: MetricsBoard,
        _ limits: AdminLimits, _ door: AdminDoor, _ notice: @escaping @Sendable (AdminEvent) -> Void
    ) async throws -> any Error {
        let pool = SocketPool<Poll>.make()
        try await pool.prepare()
        let listener = try Socket(domain: Int32(type(of: address).family))
        defer { try? listener.close() }
        try listener.setValue(true, for: .localAddressReuse)
        try listener.bind(to: address)
        try listener.listen()
        let port = Self.port(of: try listener.sockname())
        let socket = try AsyncSocket(socket: listener, pool: pool)
        return await withTaskGroup(of: (any Error).self) { group in
            group.addTask { await ending { try await pool.run() } }
            group.addTask {
                await ending {
                    door.open(port)
                    notice(.open(port))
                    try await accept(socket, limits, door) { path in
                        AdminAnswer(
                            path: path, commandURL: settings.commandURL, snapshot: board.read(), now: quorate_monotonic_ns())
                    }
                }
            }
            defer { group.cancelAll() }
            return await group.next()!
        }
    }

    private static func ending(_ body: () async throws -> Void) async -> any Error {
        do {
            try await body()
            return SocketError.disconnected
        } catch {
            return error
        }
    }

    private static func accept(
        _ listener: AsyncSocket, _ limits: AdminLimits, _ door: AdminDoor, _ answer: @escaping @Sendable (String) -> AdminAnswer
    ) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            defer { group.cancelAll() }
            while true {
                let connection = AdminConnection(socket: try await listener.accept(), limits: limits)
                guard door.enter(atMost: limits.connections) else {
                    connection.turnAway()
                    continue
                }
                group.addTask {
                    let isRefused = await connection.serve(answer)
                    door.leave(isRefused: isRefused)
                }
            }
        }
    }

    private static func describe(_ error: any Error) -> String {
        guard case SocketError.failed(_, let code, _) = error else { return "the system gives no reason" }
        return String(cString: strerror(code)).lowercased()
    }

    /// Numeric addresses as they are, names by the system's resolver; only at start, so a slow resolver delays nothing that runs.
    private static func address(_ host: String, _ port: UInt16) -> (any FlyingSocks.SocketAddress)? {
        let address = Transport.SocketAddress(host: host, port: port)
        guard let text = (address ?? (try? Transport.SocketAddress.resolve(host: host, port: port))?.first)?.host else {
            return nil
        }
        if text.contains(":") { return try? sockaddr_in6.inet6(ip6: text, port: port) }
        return try? sockaddr_in.inet(ip4: text, port: port)
    }

    private static func port(of address: Socket.Address?) -> UInt16 {
        switch address {
        case .ip4(_, let port), .ip6(_, let port): port
        case .unix, .none: 0
        }
    }
}

/// What the port's tasks and the rest of the process share: the port in force, and who is served or was refused.
private final class AdminDoor: Sendable {
    private struct State {
        var port: UInt16 = 0
        var inside = 0
        var refused: UInt64 = 0
    }

    private let state = Mutex(State())

    var port: UInt16 { state.withLock { $0.port } }
    var refused: UInt64 { state.withLock { $0.refused } }

    func open(_ port: UInt16) { state.withLock { $0.port = port } }

    /// - Returns: whether it was open.
    func close() -> Bool {
        state.withLock { state in
            defer { state.port = 0 }
            return state.port != 0
        }
    }

    /// - Returns: false, counted as a refusal, if so many are inside already.
    func enter(atMost limit: Int) -> Bool {
        state.withLock { state in
            guard state.inside < limit else {
                state.refused += 1
                return false
            }
            state.inside += 1
            return true
        }
    }

    func leave(isRefused: Bool) {
        state.withLock { state in
            state.inside -= 1
            if isRefused { state.refused += 1 }
        }
    }
}
