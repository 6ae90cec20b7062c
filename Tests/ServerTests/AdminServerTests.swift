// The admin port on a real socket: it opens, answers, closes, and a port that is taken is a warning and nothing more.

import Foundation
import FoundationNetworking
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
