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
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Self.exchangeBlocking(port, text)) }
        }
    }

    private static func connected(_ port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
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
        return descriptor
    }

    private static func exchangeBlocking(_ port: UInt16, _ text: String) -> (closed: Bool, answer: String) {
        let descriptor = connected(port)
        defer { close(descriptor) }
        _ = Array(text.utf8).withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count > 0 {
                answer += chunk[..<count]
            } else {
                return (count == 0 || errno == ECONNRESET, String(decoding: answer, as: UTF8.self))
            }
        }
    }

    @Test func whoeverSaysNothingOrTooMuchIsCutOff() async throws {
        var limits = AdminLimits()
        limits.wholeMs = 200
        let server = AdminServer(settings(), board: board(), limits: limits) { _ in }
        server.start()
        #expect(await until { server.port != 0 })
        let port = server.port
        let silent = await exchange(port, "GET /liv")
        #expect(silent.closed && silent.answer.isEmpty)
        let endless = await exchange(port, "GET /livez HTTP/1.1\r\n" + String(repeating: "x", count: 9_000))
        #expect(endless.closed && endless.answer.isEmpty)
        let whole = await exchange(port, "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(whole.closed && whole.answer.hasSuffix("live\n"))
        let head = await exchange(port, "HEAD /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(head.closed && head.answer.hasPrefix("HTTP/1.1 200") && !head.answer.contains("live"))
        #expect(server.refused == 2)
        server.stop()
    }

    /// A byte now and then is no way to keep a place.
    @Test func whoeverDripsIsCutOffAsWell() async throws {
        var limits = AdminLimits()
        limits.wholeMs = 300
        let server = AdminServer(settings(), board: board(), limits: limits) { _ in }
        server.start()
        #expect(await until { server.port != 0 })
        let port = server.port
        let dripped = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Self.drip(port)) }
        }
        #expect(dripped < 2_000, "of 2,000 bytes, one every 10 ms, \(dripped) were taken")
        #expect(server.refused == 1)
        server.stop()
    }

    /// How many bytes the other side takes, one every 10 ms, before it closes.
    private static func drip(_ port: UInt16) -> Int {
        let descriptor = connected(port)
        defer { close(descriptor) }
        var byte = UInt8(ascii: "x")
        for sent in 0..<2_000 {
            guard send(descriptor, &byte, 1, Int32(MSG_NOSIGNAL)) == 1, recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) < 0,
                errno == EAGAIN
            else { return sent }
            usleep(10_000)
        }
        return 2_000
    }

    @Test func onlySoManyMayWait() async throws {
        var limits = AdminLimits()
        limits.connections = 0
        let server = AdminServer(settings(), board: board(), limits: limits) { _ in }
        server.start()
        #expect(await until { server.port != 0 })
        let turnedAway = await exchange(server.port, "GET /liv")
        #expect(turnedAway.closed && turnedAway.answer.isEmpty)
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
