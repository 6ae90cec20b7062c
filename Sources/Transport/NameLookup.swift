// Turns host names into addresses: blocking for start-up, and on threads of its own while a loop runs.
//
// The system's resolver blocks, for many seconds when a name server is gone. The loop must never wait for it, and one bad
// name must not delay a good one, so every look-up under way has a thread, up to a small number; the rest queue.

import Glibc
import Synchronization

extension SocketAddress {
    /// All addresses of a name, or the one of a numeric text. Blocks; only for start-up and for look-up threads.
    package static func resolve(host: String, port: UInt16) throws(TransportError) -> [SocketAddress] {
        if let numeric = SocketAddress(host: host, port: port) { return [numeric] }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            let cause = code == EAI_SYSTEM ? systemErrorText(errno) : String(cString: gai_strerror(code))
            throw TransportError(
                "The host name '\(host)' cannot be resolved: \(cause). Check the spelling, /etc/hosts and the name server.",
                code: code)
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next {
            var storage = sockaddr_storage()
            withUnsafeMutableBytes(of: &storage) { bytes in
                bytes.copyMemory(from: UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen)))
            }
            if let address = SocketAddress(storage: storage)?.with(port: port), !addresses.contains(address) {
                addresses.append(address)
            }
            next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else {
            throw TransportError("The host name '\(host)' has no IPv4 or IPv6 address; give it one or write the address itself.")
        }
        return addresses
    }
}

/// Look-ups that a running loop has asked for. The loop takes the answers after it has been woken.
final class NameLookup: Sendable {
    struct Answer: Sendable {
        let connection: ConnectionID
        let result: Result<[SocketAddress], TransportError>
    }
    private struct Question: Sendable {
        let connection: ConnectionID
        let host: String
        let port: UInt16
    }
    private struct State {
        var questions: [Question] = []
        var answers: [Answer] = []
        var threads = 0
    }

    static let threadsMax = 8

    private let state = Mutex(State())
    private let waker: Waker

    init(waker: Waker) { self.waker = waker }

    func ask(_ connection: ConnectionID, host: String, port: UInt16) {
        let startThread = state.withLock { state in
            state.questions.append(Question(connection: connection, host: host, port: port))
            guard state.threads < Self.threadsMax else { return false }
            state.threads += 1
            return true
        }
        if startThread && !startDetachedThread(named: "lookup", { self.answerAll() }) {
            state.withLock { $0.threads -= 1 }
            answerAll(failing: TransportError("No thread could be started to resolve the host name '\(host)'."))
        }
    }

    func takeAnswers() -> [Answer] {
        state.withLock { state in
            let answers = state.answers
            state.answers = []
            return answers
        }
    }

    private func answerAll() {
        while let question = nextQuestion() {
            let result: Result<[SocketAddress], TransportError>
            do throws(TransportError) {
                result = .success(try SocketAddress.resolve(host: question.host, port: question.port))
            } catch {
                result = .failure(error)
            }
            state.withLock { $0.answers.append(Answer(connection: question.connection, result: result)) }
            waker.wake()
        }
    }

    private func nextQuestion() -> Question? {
        state.withLock { state in
            guard !state.questions.isEmpty else {
                state.threads -= 1
                return nil
            }
            return state.questions.removeFirst()
        }
    }

    private func answerAll(failing error: TransportError) {
        state.withLock { state in
            for question in state.questions {
                state.answers.append(Answer(connection: question.connection, result: .failure(error)))
            }
            state.questions = []
        }
        waker.wake()
    }
}
