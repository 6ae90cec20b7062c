// The admin port on a real socket: it opens, answers, closes, and a port that is taken is a warning and nothing more.

import Foundation
import FoundationNetworking
import Glibc
import Server
import Synchronization
import Testing

@Suite struct AdminServerTests {
    private final class Notices: Sendable {
        let texts = Mutex<[AdminEvent]>([])
        func add(_ event: AdminEvent) { texts.withLock { $0.append(event) } }
        /// The first trouble that was told.
        var trouble: String {
            texts.withLock { events in
                for case .trouble(let text) in events { return text }
                return ""
            }
        }
    }

    private func board() -> MetricsBoard {
        var snapshot = MetricsSnapshot(takenAt: .max)
        snapshot.isServing = true
        snapshot.mode = "leader"
        return MetricsBoard(snapshot)
    }

    private func settings(port: UInt16 = 0, enabled: Bool = true) -> ServerConfiguration.Admin {
        ServerConfiguration.Admin(enabled: enabled, address: "127.0.0.1", port: port, commandURL: "/commands")
    }

    /// Asks again until the condition holds; the port opens on another thread and there is nothing to wait on.
    private func until(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<500 {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return condition()
    }

    private func get(_ path: String, _ port: UInt16) async throws -> (status: Int, type: String, body: String) {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
        let (data, response) = try await URLSession.shared.data(from: url)
        let http = try #require(response as? HTTPURLResponse)
        return (http.statusCode, http.value(forHTTPHeaderField: "Content-Type") ?? "", String(decoding: data, as: UTF8.self))
    }

    @Test func anOpenPortAnswersFromTheBoard() async throws {
        let (board, notices) = (board(), Notices())
        let server = AdminServer(settings(), board: board) { notices.add($0) }
        server.start()
        #expect(await until { server.port != 0 })
        let port = server.port
        let ready = try await get("/readyz", port)
        #expect(ready.status == 200)
        #expect(ready.body == "ready: leader\n")
        var changed = MetricsSnapshot(takenAt: .max)
        changed.reason = "gone"
        board.publish(changed)
        let unready = try await get("/readyz", port)
        #expect(unready.status == 503)
        #expect(unready.body == "not ready: gone\n")
        let metrics = try await get("/metrics?x=1", port)
        #expect(metrics.type.contains("0.0.4"))
        #expect(try await get("/nothing", port).status == 404)
        server.stop()
        #expect(await until { server.port == 0 })
        #expect(notices.texts.withLock { $0 } == [.open(port)])
    }

    /// Connects, sends, and waits until the other side closes; whether it did, and what came before.
    /// On a thread of its own, because those of the executor are the server's.
    private func exchange(_ port: UInt16, _ text: String) async -> (closed: Bool, answer: String) {
        let result = await exchange(port, text, then: 0, byteEveryMs: 0)
        return (result.closed, result.answer)
    }

    /// The same with more bytes one by one, until the other side takes no more.
    private func exchange(_ port: UInt16, _ text: String, then more: Int, byteEveryMs pause: UInt32) async
        -> (closed: Bool, answer: String, sent: Int)
    {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Self.exchangeBlocking(port, text, more, pause)) }
        }
    }

    private static func exchangeBlocking(_ port: UInt16, _ text: String, _ more: Int, _ pause: UInt32)
        -> (closed: Bool, answer: String, sent: Int)
    {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        // Long, because blocking tests beside this one can keep the executor busy for a while.
        var limit = timeval(tv_sec: 120, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        _ = Array(text.utf8).withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        var sent = 0
        while sent < more, send(descriptor, "x", 1, Int32(MSG_NOSIGNAL)) == 1 {
            sent += 1
            usleep(1_000 * pause)
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count > 0 {
                answer += chunk[..<count]
            } else {
                return (count == 0 || errno == ECONNRESET, String(decoding: answer, as: UTF8.self), sent)
            }
        }
    }

    @Test func whatCanNotBeReadIsAnsweredWithItsReason() async throws {
        let server = AdminServer(settings(), board: board()) { _ in }
        server.start()
        #expect(await until { server.port != 0 })
        let port = server.port
        let endless = String(repeating: "x", count: 20_000)
        let body = String(repeating: "y", count: 300_000)
        let cases: [(String, Int)] = [
            ("nonsense\r\n\r\n", 400), ("GET /livez\r\n\r\n", 400), ("GET /livez HTTP/1.1\r\nno field\r\n\r\n", 400),
            ("GET /\(endless)", 414), ("GET /livez HTTP/1.1\r\nA: \(endless)", 431),
            ("POST /livez HTTP/1.1\r\nContent-Length: 300000\r\n\r\n\(body)", 405), ("GET /nothing HTTP/1.1\r\n\r\n", 404),
            ("\u{16}\u{3}\u{1}\u{2}\u{0}\n\n", 400),
        ]
        for (text, status) in cases {
            let (closed, answer) = await exchange(port, text)
            #expect(closed && answer.hasPrefix("HTTP/1.1 \(status) "), "\(text.prefix(40)): \(answer)")
            #expect(answer.contains("\r\nConnection: close\r\n") && answer.hasSuffix(".\n"), "\(answer)")
        }
        // It is counted behind what was sent after it.
        #expect(await until { server.refused == UInt64(cases.count - 1) })
        let head = await exchange(port, "HEAD /livez HTTP/1.1\r\n\r\n")
        #expect(head.answer.contains("\r\nContent-Length: 5\r\n") && head.answer.hasSuffix("\r\n\r\n"))
        let whole = await exchange(port, "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(whole.closed && whole.answer.hasSuffix("\r\n\r\nlive\n"))
        server.stop()
    }

    @Test func whoeverIsSilentOrSlowIsCutOff() async throws {
        var limits = AdminLimits()
        limits.requestMs = 300
        limits.lingerMs = 100
        let server = AdminServer(settings(), board: board(), limits: limits) { _ in }
        server.start()
        #expect(await until { server.port != 0 })
        let port = server.port
        let silent = await exchange(port, "")
        #expect(silent.closed && silent.answer.isEmpty)
        let late = await exchange(port, "GET /liv")
        #expect(late.closed && late.answer.hasPrefix("HTTP/1.1 408 "))
        // A byte now and then does not put the end off.
        let slow = await exchange(port, "GET /livez HTTP/1.1\r\nA: ", then: 200, byteEveryMs: 50)
        #expect(slow.closed && slow.sent < 100, "\(slow)")
        server.stop()
    }

    @Test func onlySoManyAreServedAtOnce() async throws {
        var limits = AdminLimits()
        limits.connections = 0
        let server = AdminServer(settings(), board: board(), limits: limits) { _ in }
        server.start()
        #expect(await until { server.port != 0 })
        let turnedAway = await exchange(server.port, "")
        #expect(turnedAway.closed && turnedAway.answer.hasPrefix("HTTP/1.1 503 "))
        #expect(server.refused == 1)
        server.stop()
    }

    @Test func aBusyPortIsOneWarning() async throws {
        let first = AdminServer(settings(), board: board()) { _ in }
        first.start()
        #expect(await until { first.port != 0 })
        let notices = Notices()
        let second = AdminServer(settings(port: first.port), board: board()) { notices.add($0) }
        second.start()
        #expect(await until { !notices.texts.withLock { $0.isEmpty } })
        let text = notices.trouble
        #expect(text.contains("\(first.port) can't be opened (address already in use)"))
        #expect(text.contains("admin.serverPort"))
        #expect(second.port == 0)
        // The first one is not harmed.
        #expect(try await get("/livez", first.port).status == 200)
        first.stop()
    }

    @Test func anAddressThatIsNoneIsOneWarning() async {
        let notices = Notices()
        let admin = ServerConfiguration.Admin(enabled: true, address: "no.such.host.invalid", port: 0, commandURL: "/commands")
        let server = AdminServer(admin, board: board()) { notices.add($0) }
        server.start()
        #expect(notices.texts.withLock { $0.count } == 1)
        #expect(notices.trouble.contains("no.such.host.invalid"))
    }

    @Test func aServerThatIsSwitchedOffOpensNothing() async {
        let notices = Notices()
        let server = AdminServer(settings(enabled: false), board: board()) { notices.add($0) }
        server.start()
        #expect(server.port == 0)
        #expect(notices.texts.withLock { $0.isEmpty })
        server.stop()
    }
}
