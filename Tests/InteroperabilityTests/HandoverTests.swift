// The lead changes hands among real processes under load: by the command, and when members are restarted one after the other.
// Clients of members that stay up are not disconnected, no write is lost or done twice, and how long writes stop is printed.

import Ensemble
import Foundation
import Testing

/// A client of one member that sets a znode again and again, one write at a time, on a thread of its own.
private final class SteadyWriter: @unchecked Sendable {
    let port: UInt16
    let path: String
    private let lock = NSLock()
    private var isStopped = false
    private var longest = 0.0
    private(set) var failures = 0
    private(set) var writes = 0
    /// Writes whose outcome nobody knows.
    private(set) var unknown = 0
    private let done = DispatchSemaphore(value: 0)

    init(port: UInt16, path: String) {
        self.port = port
        self.path = path
    }

    func start() throws {
        let client = try WireClient(port: port, timeout: 20_000)
        guard try client.create(path, "0") == 0 else { throw WireFailure(description: "\(path) is there") }
        Thread.detachNewThread { [self] in
            run()
            done.signal()
        }
    }

    private var mayGoOn: Bool { lock.withLock { !isStopped } }

    private func run() {
        var client: WireClient?
        while mayGoOn {
            let begin = Date()
            do {
                if client == nil { client = try WireClient(port: port, timeout: 20_000) }
                let error = try client?.set(path, "x")
                lock.withLock {
                    if error == 0 { writes += 1 } else { failures += 1 }
                    longest = max(longest, Date().timeIntervalSince(begin))
                }
            } catch {
                lock.withLock {
                    if client != nil {
                        failures += 1
                        unknown += 1
                    }
                }
                client = nil
                usleep(5_000)
            }
        }
    }

    /// The longest write since the last look, in milliseconds.
    func takeLongest() -> Double {
        lock.withLock {
            defer { longest = 0 }
            return longest * 1_000
        }
    }

    func stop() {
        lock.withLock { isStopped = true }
        done.wait()
    }
}

@Suite(.serialized) struct HandoverTests {
    private func writers(_ ensemble: Ensemble) throws -> [[SteadyWriter]] {
        let made = ensemble.members.map { member in
            (0..<2).map { SteadyWriter(port: member.ports.client, path: "/w-\(member.id)-\($0)") }
        }
        for writer in made.joined() { try writer.start() }
        return made
    }

    private func handOver(_ leader: Member, to target: Int?) throws -> (code: Int32, text: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: try RealEnsemble.product("quorate"))
        process.arguments =
            ["handover", "--admin", "127.0.0.1:\(leader.ports.admin)"] + (target.map { ["--to", "\($0)"] } ?? [])
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    /// As often as the writers were answered, their znodes were set; those nobody knows of may have been set, too.
    private func check(_ writers: [[SteadyWriter]], _ ensemble: Ensemble) throws {
        let client = try RealEnsemble.client(ensemble)
        try client.sync()
        for writer in writers.joined() {
            let version = Int(try client.version(writer.path))
            #expect(version >= writer.writes && version <= writer.writes + writer.unknown, "\(writer.path)")
        }
    }

    @Test("quorate handover: the lead goes round under load, no client is disconnected, and writes stop for a moment")
    func command() throws {
        try RealEnsemble.with(3) { ensemble in
            let writers = try writers(ensemble)
            usleep(300_000)
            var gaps: [Double] = []
            for _ in 0..<6 {
                let leader = try RealEnsemble.leader(ensemble)
                let target = leader.id % 3 + 1
                for writer in writers.joined() { _ = writer.takeLongest() }
                let answer = try handOver(leader, to: target)
                #expect(answer.code == 0 && answer.text.contains("Member \(target) leads."), "\(answer.text)")
                #expect(RealEnsemble.wait(seconds: 5) { ensemble.leader()?.id == target })
                usleep(200_000)
                gaps.append(writers.joined().map { $0.takeLongest() }.max() ?? 0)
            }
            for writer in writers.joined() { writer.stop() }
            print("longest write over a hand-over by command, ms: \(gaps.map { Int($0) })")
            #expect(writers.joined().allSatisfy { $0.failures == 0 })
            try check(writers, ensemble)
            // To aim for is less than 50 ms on a machine that does nothing else; that of the tests does.
            #expect((gaps.sorted()[2] + gaps.sorted()[3]) / 2 < 100)
        }
    }

    @Test("A hand-over that can't be is refused with a sentence and code 2, and an address where nobody listens gives 69")
    func refusals() throws {
        try RealEnsemble.with(3) { ensemble in
            let leader = try RealEnsemble.leader(ensemble)
            let follower = try #require(ensemble.members.first { $0 !== leader })
            let wrong = try handOver(follower, to: nil)
            #expect(wrong.code == 2 && wrong.text.contains("does not lead"), "\(wrong.text)")
            let nobody = try handOver(leader, to: 9)
            #expect(nobody.code == 2 && nobody.text.contains("member 9 is no voter"), "\(nobody.text)")
            #expect(Asking.http("/commands/handover", at: leader.adminAddress) == nil)
            leader.kill()
            #expect(try handOver(leader, to: nil).code == 69)
        }
    }

    @Test("A rolling restart by SIGTERM under load: clients of the members that stay up notice nothing but a moment's wait")
    func rollingRestart() throws {
        try RealEnsemble.with(3) { ensemble in
            let writers = try writers(ensemble)
            usleep(300_000)
            // The leader first: then it is another one's turn, and the lead has to move at least twice.
            let first = try RealEnsemble.leader(ensemble)
            let order = ensemble.members.filter { $0 === first } + ensemble.members.filter { $0 !== first }
            var steps: [String] = []
            for member in order {
                let led = ensemble.leader() === member
                let others = zip(ensemble.members, writers).filter { $0.0 !== member }.flatMap(\.1)
                for writer in writers.joined() { _ = writer.takeLongest() }
                let before = others.map(\.failures)
                let end = member.terminate()
                #expect(end == .exited(code: 0))
                #expect(RealEnsemble.wait(seconds: 5) { ensemble.leader() != nil })
                usleep(300_000)
                let gap = others.map { $0.takeLongest() }.max() ?? 0
                try member.restart()
                #expect(RealEnsemble.wait(seconds: 10) { member.status() != nil })
                usleep(300_000)
                let back = others.map { $0.takeLongest() }.max() ?? 0
                steps.append("member \(member.id)\(led ? " (leader)" : ""): \(Int(gap)) ms down, \(Int(back)) ms up")
                #expect(others.map(\.failures) == before, "member \(member.id): others' clients were disconnected")
            }
            for writer in writers.joined() { writer.stop() }
            print("longest write of the other members' clients, rolling restart: \(steps.joined(separator: "; "))")
            #expect(RealEnsemble.agree(ensemble))
            try check(writers, ensemble)
        }
    }
}
