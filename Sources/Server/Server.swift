// A running member: the configuration becomes a recovered journal, a state machine, a node and its threads. The turn of the loop
// is in ServerLoop; what a node decides is in Node.

import Batch
import CLinux
import Glibc
public import Handlers
import Journal
import Logging
import Node
import StateMachine
import Synchronization
import Transport
import Zab

/// Why a server could not start: one sentence, and what the process should exit with.
public struct ServerError: Error, CustomStringConvertible, Sendable {
    public let description: String
    public let exitCode: Int32

    init(_ description: String, exitCode: Int32) {
        self.description = description
        self.exitCode = exitCode
    }
}

/// One member of an ensemble, or a server on its own, in this process.
///
///     let server = try Server(configuration)
///     server.addRequestHandler(QueueHandler())
///     try server.start()
///     exit(server.wait())
public final class Server: @unchecked Sendable {
    // `@unchecked`: everything mutable is either set before `start` or guarded by `state`.
    public let configuration: ServerConfiguration
    private var handlers: [any RequestHandler] = []
    private let state = Mutex(State())

    private struct State {
        var isStarted = false
        var loop: ServerLoopHandle?
    }

    public init(_ configuration: ServerConfiguration) {
        self.configuration = configuration
    }

    /// Adds a handler for its range of op codes. All members of an ensemble must have the same handlers; only before `start`.
    public func addRequestHandler(_ handler: any RequestHandler) {
        precondition(!state.withLock { $0.isStarted }, "handlers are added before the server starts")
        handlers.append(handler)
    }

    /// Recovers, opens the ports and begins to turn. Returns when the ports are open; serving begins when a quorum is found,
    /// which one line on stderr tells.
    public func start() throws(ServerError) {
        let mayStart = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        precondition(mayStart, "a server starts once")
        ignore(SIGPIPE)
        ignore(SIGXFSZ)
        let handle = ServerLoopHandle()
        let (configuration, handlers) = (configuration, handlers)
        let starter = Starter(configuration: configuration, handlers: handlers, handle: handle)
        let thread = startThread(named: "quorate-loop") { starter.run() }
        handle.adopt(thread)
        state.withLock { $0.loop = handle }
        if let failure = handle.waitUntilStarted() { throw failure }
    }

    /// Waits until the server has ended.
    /// - Returns: what the process should exit with: 0 after `stop`, 74 after a failed write, 75 after its state was found to
    ///   differ.
    public func wait() -> Int32 {
        guard let loop = state.withLock({ $0.loop }) else { return 0 }
        return loop.waitUntilEnded()
    }

    /// Asks the server to end: clients are cut off, the log is sealed. Callable from any thread.
    public func stop() { state.withLock { $0.loop }?.requestStop() }

    /// Reads the certificates and keys of the configuration anew. Connections from now on use them, those that are open stay as
    /// they are; if the files are not in order the old ones stay in use, and a line in the log says why. Callable from any
    /// thread, but not for the loop: it waits for files.
    public func reloadCertificates() {
        guard let loop = state.withLock({ $0.loop }) else { return }
        do throws(ServerError) {
            loop.hand(.success(try ServerSecurity(configuration)))
        } catch {
            loop.hand(.failure(error))
        }
    }

    /// The port that clients connect to, once started; what the system chose if the configuration says 0. 0 if there is none.
    public var clientPort: UInt16 { state.withLock { $0.loop }?.clientPort ?? 0 }
    /// The same for clients with TLS.
    public var secureClientPort: UInt16 { state.withLock { $0.loop }?.secureClientPort ?? 0 }
}

/// Whoever reads this process's log may go away, and the next line must not end a member for it; a file that reaches the limit
/// of its size is a failed write, which ends it with a sentence (rule F1). An embedder's own handler stays.
private func ignore(_ number: Int32) {
    var present = sigaction()
    guard sigaction(number, nil, &present) == 0, present.__sigaction_handler.sa_handler == nil else { return }
    signal(number, SIG_IGN)
}

/// Carries what a new thread needs; `@unchecked` because the starting thread does not touch it again.
private struct Starter: @unchecked Sendable {
    let configuration: ServerConfiguration
    let handlers: [any RequestHandler]
    let handle: ServerLoopHandle

    func run() {
        do throws(ServerError) {
            let loop = try ServerLoop(configuration, handlers: handlers, handle: handle)
            handle.started(loop.ports, waker: loop.waker)
            handle.ended(loop.run())
        } catch {
            handle.failed(error)
        }
    }
}

/// Where the loop's thread and the rest of the process meet: beginnings, endings, the wish to stop.
final class ServerLoopHandle: Sendable {
    private struct State {
        var isStarted = false
        var failure: ServerError?
        var exitCode: Int32?
        var clientPort: UInt16 = 0
        var secureClientPort: UInt16 = 0
        var waker: Waker?
        var wantsStop = false
        /// Certificates that were read anew, or why they could not be.
        var security: Result<ServerSecurity, ServerError>?
        var thread: pthread_t?
    }

    private let state = Mutex(State())
    private let changed = Condition()

    var clientPort: UInt16 { state.withLock { $0.clientPort } }
    var secureClientPort: UInt16 { state.withLock { $0.secureClientPort } }
    var wantsStop: Bool { state.withLock { $0.wantsStop } }

    func adopt(_ thread: pthread_t) { state.withLock { $0.thread = thread } }

    func started(_ ports: ServerPorts, waker: Waker) {
        state.withLock {
            $0.isStarted = true
            $0.clientPort = ports.plain?.port ?? 0
            $0.secureClientPort = ports.secure?.port ?? 0
            $0.waker = waker
        }
        changed.signal()
    }

    func failed(_ failure: ServerError) {
        state.withLock {
            $0.failure = failure
            $0.exitCode = failure.exitCode
        }
        changed.signal()
    }

    func ended(_ code: Int32) {
        state.withLock { $0.exitCode = code }
        changed.signal()
    }

    func requestStop() {
        let waker = state.withLock { state in
            state.wantsStop = true
            return state.waker
        }
        waker?.wake()
    }

    /// For the loop's next turn. What was handed over before and not taken yet is out of date.
    func hand(_ security: Result<ServerSecurity, ServerError>) {
        let waker = state.withLock { state in
            state.security = security
            return state.waker
        }
        waker?.wake()
    }

    func takeSecurity() -> Result<ServerSecurity, ServerError>? { state.withLock { $0.security.take() } }

    func waitUntilStarted() -> ServerError? {
        changed.wait { self.state.withLock { $0.isStarted || $0.failure != nil } }
        return state.withLock { $0.failure }
    }

    /// Behind it the loop's thread is gone, too: what a process takes down when it exits, such as libcrypto, is no longer in use.
    func waitUntilEnded() -> Int32 {
        changed.wait { self.state.withLock { $0.exitCode != nil } }
        let thread = state.withLock { $0.thread.take() }
        if let thread { pthread_join(thread, nil) }
        return state.withLock { $0.exitCode ?? 0 }
    }
}
