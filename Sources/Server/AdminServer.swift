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
    private let actions: AdminActions
    /// Told what happens to the port, from any thread.
    private let notice: @Sendable (AdminEvent) -> Void
    private let serving = Mutex<Task<Void, Never>?>(nil)
    private let bound = BoundPort()
    private let refusals = AdminRefusals()
    private let limits: AdminLimits

    package init(
        _ settings: ServerConfiguration.Admin, board: MetricsBoard, actions: AdminActions = AdminActions(),
        limits: AdminLimits = AdminLimits(),
        notice: @escaping @Sendable (AdminEvent) -> Void
    ) {
        self.limits = limits
        self.settings = settings
        self.board = board
        self.actions = actions
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
        let actions = actions
        let task = Task.detached {
            let respond: Respond = { await Self.respond(to: $0, settings, board, actions) }
            await Self.keepOpen(address, settings.port, limits, refusals, respond, notice) { port in
                bound.port.withLock { $0 = port }
            }
        }
        serving.withLock { $0 = task }
    }

    package func stop() {
        serving.withLock { $0 }?.cancel()
    }

    /// Serves until it is cancelled. What ends it otherwise, such as no descriptor being left, is tried again a second later;
    /// a port that is taken at the start is not, since somebody else means to keep it.
    private static func keepOpen(
        _ address: any FlyingSocks.SocketAddress, _ port: UInt16, _ limits: AdminLimits, _ refusals: AdminRefusals,
        _ respond: @escaping Respond,
        _ notice: @escaping @Sendable (AdminEvent) -> Void, _ opened: @escaping @Sendable (UInt16) -> Void
    ) async {
        var hasBeenOpen = false
        while !Task.isCancelled {
            let handler = ClosureHTTPHandler { request in await respond(request) }
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
                        "The admin port \(port) can't be opened (\(describe(failure))); the server goes on without it. "
                            + "Write another admin.serverPort, or admin.enableServer=false."))
            }
            notice(.trouble("The admin port was closed (\(describe(failure))) and is opened again."))
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private typealias Respond = @Sendable (HTTPRequest) async -> HTTPResponse

    private static func respond(
        to request: HTTPRequest, _ settings: ServerConfiguration.Admin, _ board: MetricsBoard, _ actions: AdminActions
    ) async -> HTTPResponse {
        if request.path == settings.commandURL + "/handover" { return await handOver(request, actions) }
        if request.path == settings.commandURL + "/replace" { return await replace(request, actions) }
        guard request.method == .GET || request.method == .HEAD else {
            return HTTPResponse(
                statusCode: .methodNotAllowed, headers: [.contentType: "text/plain; charset=utf-8", .connection: "close"],
                body: Data(
                    "Nothing at \(request.path) takes orders, GET alone is answered; those that do are below \(settings.commandURL).\n"
                        .utf8))
        }
        let answer = AdminAnswer(
            path: request.path, commandURL: settings.commandURL, snapshot: board.read(), now: quorate_monotonic_ns())
        return HTTPResponse(
            statusCode: HTTPStatusCode(answer.status, phrase: Self.phrases[answer.status] ?? ""),
            headers: [.contentType: answer.contentType, HTTPHeader("Cache-Control"): "no-store", .connection: "close"],
            body: request.method == .HEAD ? Data() : Data(answer.body.utf8))
    }

    /// `POST .../handover?to=N`, from this machine only: the port has no authentication, and whoever reaches it could keep an
    /// ensemble busy with changing its leader.
    private static func handOver(_ request: HTTPRequest, _ actions: AdminActions) async -> HTTPResponse {
        guard request.method == .POST else { return says(405, "Only POST is answered here: quorate handover --admin HOST:PORT.") }
        guard isFromHere(request) else { return says(403, "The lead is handed over from this machine only.") }
        let words = request.query.first { $0.name == "to" }?.value
        let wanted = words.flatMap { UInt32($0) }
        if let words, wanted == nil { return says(400, "to=\(words) is no number of a member.") }
        switch await actions.ask(.handover(to: wanted)) {
        case .leads(let leader): return says(200, leader.map { "Member \($0) leads." } ?? "Another member leads.")
        case .awaits: return says(500, "The server answered something else than it was asked.")
        case .refused(let reason): return says(409, "The lead was not handed over: \(reason).")
        }
    }

    /// `POST .../replace?member=N`, from this machine only, as it lets another directory into the ensemble.
    private static func replace(_ request: HTTPRequest, _ actions: AdminActions) async -> HTTPResponse {
        guard request.method == .POST else {
            return says(405, "Only POST is answered here: quorate replace N --admin HOST:PORT.")
        }
        guard isFromHere(request) else { return says(403, "A member is replaced from the leader's own machine only.") }
        let words = request.query.first { $0.name == "member" }?.value ?? ""
        guard let member = UInt32(words) else { return says(400, "member=\(words) is no number of a member.") }
        switch await actions.ask(.replace(member)) {
        case .awaits: return says(200, "Member \(member) may come with an empty data directory now: start it.")
        case .refused(let reason): return says(409, "Member \(member) is not replaced: \(reason).")
        case .leads: return says(500, "The server answered something else than it was asked.")
        }
    }

    private static func isFromHere(_ request: HTTPRequest) -> Bool {
        switch request.remoteAddress {
        case .ip4(let text, port: _): text.hasPrefix("127.")
        case .ip6(let text, port: _): text == "::1" || text.hasPrefix("::ffff:127.")
        case .unix, .none: false
        }
    }

    private static func says(_ status: Int, _ sentence: String) -> HTTPResponse {
        HTTPResponse(
            statusCode: HTTPStatusCode(status, phrase: phrases[status] ?? ""),
            headers: [.contentType: "text/plain; charset=utf-8", HTTPHeader("Cache-Control"): "no-store", .connection: "close"],
            body: Data((sentence + "\n").utf8))
    }

    private static let phrases = [
        200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict",
        503: "Service Unavailable",
    ]

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
