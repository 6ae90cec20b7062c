// Whole fault tests, short ones: real members, every kind of fault, and `quorate chaos` as a user runs it.

import CLinux
import Chaos
import Ensemble
import Foundation
import Testing
import Workload

@Suite(.serialized) struct ChaosRunTests {
    private let place =
        FileManager.default.temporaryDirectory.path
        + "/quorate-chaos-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"

    private func program() throws -> String {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("quorate").path
    }

    private func run(_ plan: ChaosOrder.Plan, members: Int, seed: UInt64 = 1) throws -> ChaosResult {
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        var order = ChaosOrder(members: members, plan: plan, seed: seed, directory: place, program: try program())
        order.tls = members > 1 ? try MemberTLS.make(directory: "\(place)/certificates") : nil
        return try ChaosRun(order, isCancelled: { false }, tell: { _ in }).run()
    }

    @Test(arguments: [1, 3]) func allPromisesAreKeptUnderFaults(members: Int) throws {
        let result = try run(.drawn(try ChaosOrder.kinds(nil, members: members), seconds: 6), members: members)
        #expect(result.isClean && !result.isPartial, "\(result.promises)")
        #expect(result.strikes.count >= 2 && result.answered > 500 && result.acknowledgedWrites > 200 && result.watchEvents > 0)
        #expect(Set(result.promises.map(\.name)).count == 7)
        let text = ChaosText.report(result)
        #expect(text.contains("kept    history: \(result.answered) answers"), "\(text)")
        let read = try JSONDecoder().decode(ChaosResult.self, from: ChaosText.json(result))
        #expect(read.promises == result.promises && read.strikes.count == result.strikes.count)
    }

    @Test func killsOfTheLeaderAreMeasured() throws {
        let result = try run(.leaderKills(3), members: 3)
        #expect(result.isClean, "\(result.promises)")
        let figures = try #require(result.gaps.first { $0.fault == .kill && $0.role == "leader" }?.writeGap)
        #expect(figures.count == 3 && figures.p50Nanoseconds > 1_000_000 && figures.maxNanoseconds < 10_000_000_000)
    }

    @Test func aSilentPartitionTakesAsLongAsSilenceMayLast() throws {
        let result = try run(.silentPartitions(1), members: 3)
        #expect(result.isClean, "\(result.promises)")
        let figures = try #require(result.gaps.first?.writeGap)
        #expect(figures.p50Nanoseconds > 300_000_000 && figures.maxNanoseconds < 3_000_000_000, "\(figures)")
    }

    @Test func quickKillsLoseNothing() throws {
        let result = try run(.killCycles(6), members: 3)
        #expect(result.isClean && result.strikes.count >= 5, "\(result.promises)")
    }

    @Test(arguments: [
        (["--members", "0"], "--members must be from 1 to 15, not 0; see: quorate chaos --help"),
        (["--clients", "0"], "--clients must be from 1 to 200, not 0; see: quorate chaos --help"),
        (["--seconds", "0"], "--seconds must be from 1 to 86400, not 0.0; see: quorate chaos --help"),
        (["--faults", "kill,kil"], "--faults takes some of kill,kill-all,"),
        (["--members", "1", "--faults", "reset"], "--faults reset is one of links between members, and there is one member."),
        (["--leader-kills", "0"], "--leader-kills must be from 1 to 100000, not 0; see: quorate chaos --help"),
        (
            ["--leader-kills", "1", "--kill-cycles", "1"],
            "--leader-kills and --kill-cycles can't be given together; see: quorate chaos --help"
        ),
        (
            ["--leader-kills", "1", "--seconds", "5"],
            "--leader-kills can't be given together with --seconds; see: quorate chaos --help"
        ),
        (
            ["--silent-partitions", "1", "--members", "2"],
            "--silent-partitions needs 3 members, not 2; see: quorate chaos --help"
        ),
        (["--setting", "quorate.segmentMbb=1"], "--setting quorate.segmentMbb=1"),
        (["--setting", "maxClientCnxns=12"], "--setting maxClientCnxns=12 shuts out the 12 clients of the run"),
        (["--data-dir", "/dev/null"], "/dev/null"),
    ])
    func aWrongCommandIsRefused(arguments: [String], sentence: String) throws {
        try refuse(arguments, sentence, code: 64)
    }

    @Test func aResultWithoutAPlaceIsNotWorkedFor() throws {
        for path in ["\(place)/none/found.json", place] {
            try refuse(["--json", path], "The file \(path) can't be written; name another one with --json.", code: 74)
        }
    }

    private func refuse(_ arguments: [String], _ sentence: String, code: Int32) throws {
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let log = "\(place)/log"
        let command = ProcessCommand(program: try program(), arguments: ["chaos"] + arguments)
        let process = try ChildProcess.start(command, logFile: log, on: SpawningThread())
        #expect(process.waitForEnd(nanoseconds: 20_000_000_000) == .exited(code: code))
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        #expect(text.contains(sentence) && text.split(separator: "\n").count == 1, "\(text)")
    }

    /// Nothing of what such a member did is a broken promise of it.
    @Test func aMemberThatSomebodyElseKillsEndsTheRunWithoutAVerdict() throws {
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let arguments = ["chaos", "--members", "1", "--seconds", "30", "--faults", "pause", "--data-dir", place]
        let process = try ChildProcess.start(
            ProcessCommand(program: try program(), arguments: arguments), logFile: "\(place)/log", on: SpawningThread())
        let log = "\(place)/log"
        let member = try #require(
            Self.awaited {
                // A fault was told of, so the member has served.
                ProcFile.text(log)?.contains("pause of member 1") == true ? Self.member(of: process.pid) : nil
            })
        #expect(kill(member, SIGKILL) == 0)
        #expect(process.waitForEnd(nanoseconds: 20_000_000_000) == .exited(code: 2))
        let text = (try? String(contentsOfFile: "\(place)/log", encoding: .utf8)) ?? ""
        #expect(text.contains("Nothing can be judged: member 1 was killed by someone else"), "\(text)")
    }

    /// The child that serves: what tells of the checkout is one for a moment, too.
    private static func member(of parent: pid_t) -> pid_t? {
        for name in ProcFile.names(in: "/proc") {
            guard let pid = pid_t(name), let status = ProcFile.text("/proc/\(name)/stat"), let end = status.lastIndex(of: ")"),
                let field = status[end...].split(separator: " ").dropFirst(2).first, pid_t(field) == parent,
                ProcFile.text("/proc/\(name)/cmdline")?.contains("serve") == true
            else { continue }
            return pid
        }
        return nil
    }

    private static func awaited<T>(_ find: () -> T?) -> T? {
        let deadline = quorate_monotonic_ns() + 20_000_000_000
        while quorate_monotonic_ns() < deadline {
            if let found = find() { return found }
            usleep(20_000)
        }
        return nil
    }

    @Test func theCommandWritesWhatItFoundAndLeavesNothingBehind() throws {
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let arguments = [
            "chaos", "--members", "1", "--seconds", "2", "--faults", "kill", "--data-dir", place, "--json", "\(place)/found.json",
        ]
        let process = try ChildProcess.start(
            ProcessCommand(program: try program(), arguments: arguments), logFile: "\(place)/log", on: SpawningThread())
        #expect(process.waitForEnd(nanoseconds: 60_000_000_000) == .exited(code: 0))
        let found = try JSONDecoder().decode(
            ChaosResult.self, from: Data(contentsOf: URL(fileURLWithPath: "\(place)/found.json")))
        #expect(found.isClean && found.members == 1 && found.directory == nil && found.isUnflushed == nil)
        #expect(found.origin?.command.prefix(3) == ["chaos", "--members", "1"] && found.origin?.version.isEmpty == false)
        #expect(Set(ProcFile.names(in: place)) == ["log", "found.json"])
    }
}
