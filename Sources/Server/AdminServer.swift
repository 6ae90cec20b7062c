// The admin port: HTTP by FlyingFox on Swift's own executor, off the loop's thread, which it only meets at the board of metrics.
// What is answered is decided in AdminAnswer.swift. A port that can't be had is a warning: the server goes on without it.

import CLinux
import FlyingFox
import FlyingSocks
import Foundation
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
    private let bound = BoundPort()
    private let refusals = AdminRefusals()
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
    package var port: UInt16 { bound.port.withLock { $0 } }

    /// Connections that were closed without an answer: too slow, too long, or too many.
    package var refused: UInt64 { refusals.count.withLock { $0 } }

    /// Opens the port in the background; nothing waits for it.
    package func start() {
        guard settings.enabled else { return }
        guard let address = Self.address(settings.address, settings.port) else {
            return notice(
                .trouble("admin.serverAddress is '\(settings.address)', which has no address here; there is no admin port."))
        }
        // The task holds the parts and not the server, so that letting go of the server ends it.
        let (board, notice, settings, bound, limits, refusals) = (board, notice, settings, bound, limits, refusals)
        let task = Task.detached {
            await Self.keepOpen(address, settings, board, limits, refusals, notice) { port in bound.port.withLock { $0 = port } }
        }
        serving.withLock { $0 = task }
    }

    package func stop() {
        serving.withLock { $0 }?.cancel()
    }

    /// Serves until it is cancelled. What ends it otherwise, such as no descriptor being left, is tried again a second later;
    /// a port that is taken at the start is not, since somebody else means to keep it.
    private static func keepOpen(
        _ address: any FlyingSocks.SocketAddress, _ settings: ServerConfiguration.Admin, _ board: MetricsBoard,
        _ limits: AdminLimits, _ refusals: AdminRefusals, _ notice: @escaping @Sendable (AdminEvent) -> Void,
        _ opened: @escaping @Sendable (UInt16) -> Void
    ) async {
        var hasBeenOpen = false
        while !Task.isCancelled {
            let handler = ClosureHTTPHandler { request in respond(to: request, settings, board) }
            let server = HTTPServer(
                address: address, pool: AdminPool(HTTPServer.defaultPool(), limits: limits, refusals: refusals),
                logger: .disabled, handler: handler)
            let listening = Task {
                try await server.waitUntilListening(timeout: 10)
                let port = Self.port(of: await server.listeningAddress)
                opened(port)
                notice(.open(port))
            }
            let failure: any Error
            do {
                try await server.run()
                failure = CancellationError()
            } catch {
                failure = error
            }
            let wasListening = await server.wasListening(listening)
            opened(0)
            if Task.isCancelled || failure is CancellationError { return }
            hasBeenOpen = hasBeenOpen || wasListening
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

    private static func respond(
        to request: HTTPRequest, _ settings: ServerConfiguration.Admin, _ board: MetricsBoard
    ) -> HTTPResponse {
        guard request.method == .GET || request.method == .HEAD else {
            return HTTPResponse(
                statusCode: .methodNotAllowed, headers: [.contentType: "text/plain; charset=utf-8", .connection: "close"],
                body: Data("Only GET is answered here.\n".utf8))
        }
        let answer = AdminAnswer(
            path: request.path, commandURL: settings.commandURL, snapshot: board.read(), now: quorate_monotonic_ns())
        return HTTPResponse(
            statusCode: HTTPStatusCode(answer.status, phrase: Self.phrases[answer.status] ?? ""),
            headers: [.contentType: answer.contentType, HTTPHeader("Cache-Control"): "no-store", .connection: "close"],
            body: request.method == .HEAD ? Data() : Data(answer.body.utf8))
    }

    private static let phrases = [200: "OK", 404: "Not Found", 503: "Service Unavailable"]

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

/// The port in force, known once the system has given it.
private final class BoundPort: Sendable {
    let port = Mutex<UInt16>(0)
}

extension HTTPServer {
    /// Whether the port was open at any time before `run` ended.
    fileprivate func wasListening(_ listening: Task<Void, any Error>) async -> Bool {
        listening.cancel()
        return (try? await listening.value) != nil
    }
}
