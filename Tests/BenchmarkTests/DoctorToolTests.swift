// `quorate doctor` as a user runs it: on disks that are well, slow, full and read-only, on servers that are well, half gone and
// gone, and under a load. The library that stands before flushes and writes makes the disks.

import Benchmark
import Ensemble
import Foundation
import Results
import Testing
import Transport

@Suite(.serialized) struct DoctorToolTests {
    private func document(_ tool: Tool) throws -> DoctorDocument {
        try JSONDecoder().decode(DoctorDocument.self, from: Data(contentsOf: URL(fileURLWithPath: "\(tool.place)/doctor.json")))
    }

    /// What lies in the directory whose disk is examined.
    private func left(_ tool: Tool) -> [String] { ProcFile.names(in: "\(tool.place)/disk") }

    private func tool() throws -> Tool {
        let tool = try Tool()
        try FileManager.default.createDirectory(atPath: "\(tool.place)/disk", withIntermediateDirectories: true)
        return tool
    }

    private static let examine = "\"$0\" doctor --disk PLACE/disk --for 500ms --json PLACE/doctor.json"

    /// The line with the library loaded: `control` as its file of four numbers says.
    private func faulty(_ tool: Tool, delay: Int64 = 0, writeError: Int64 = 0, isFull: Bool = false) throws -> String {
        let library = URL(fileURLWithPath: tool.program).deletingLastPathComponent().appendingPathComponent("libSlowFlush.so")
            .path
        let numbers: [Int64] = [delay, 0, writeError, isFull ? 1 : 0]
        try numbers.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: "\(tool.place)/control"))
        return "LD_PRELOAD=\(library) QUORATE_FLUSH_CONTROL=PLACE/control \(Self.examine)"
    }

    private func firstLine(_ tool: Tool) -> String {
        tool.output.split(separator: "\n").first { !$0.hasPrefix("Flushing") && !$0.hasPrefix("Loading") }.map(String.init) ?? ""
    }

    // MARK: disks

    @Test func aDiskIsMeasuredAndNothingIsLeft() throws {
        let tool = try tool()
        let end = try tool.shell(Self.examine)
        let found = try document(tool)
        #expect(end == .exited(code: found.verdict == .healthy ? 0 : 3), "\(tool.output)")
        #expect(firstLine(tool) == found.sentence && left(tool).isEmpty)
        #expect(found.findings.contains { $0.subject == "machine" && $0.name == "woken late, p99" })
        // Where temporary files lie in memory, there is nothing to measure, which the test below looks at.
        guard found.environment?.filesystem.inMemory == false else { return }
        let disk = try #require(found.disk)
        #expect(disk.alone.latency.count > 0 && disk.besideWriter.latency.count > 0 && disk.writerBytesPerSecond > 0)
        #expect(tool.output.contains("flush beside a snapshot, p99"), "\(tool.output)")
    }

    @Test func aSlowDiskMissesItsLine() throws {
        let tool = try tool()
        #expect(try tool.shell(try faulty(tool, delay: 30_000)) == .exited(code: 3), "\(tool.output)")
        let found = try document(tool)
        #expect(found.verdict == .notFit && left(tool).isEmpty)
        guard found.environment?.filesystem.inMemory == false else { return }
        #expect(firstLine(tool).hasPrefix("not fit: disk: flush alone, p99 3"), "\(tool.output)")
        let disk = try #require(found.disk)
        #expect(disk.alone.latency.percentile(1) >= 29_900_000)
        #expect(found.findings.contains { $0.name == "flush alone, p50" && $0.state == .mind })
    }

    @Test func memoryIsNoDisk() throws {
        let tool = try tool()
        let end = try tool.shell("\"$0\" doctor --disk /dev/shm --for 500ms --json PLACE/doctor.json")
        #expect(end == .exited(code: 3), "\(tool.output)")
        #expect(firstLine(tool).hasPrefix("not fit: disk: lies in memory (/dev/shm, tmpfs): nothing is flushed there"))
        #expect(try document(tool).disk == nil)
        #expect(!ProcFile.names(in: "/dev/shm").contains { $0.hasPrefix("quorate-doctor-\(tool.process!.pid)") })
    }

    @Test func aFullAndAReadOnlyDiskAreNamed() throws {
        let tool = try tool()
        #expect(try tool.shell(try faulty(tool, isFull: true)) == .exited(code: 74), "\(tool.output)")
        #expect(
            tool.output.contains("ceiling-fsync can't be filled: No space left on device; make room, or name"), "\(tool.output)")
        #expect(left(tool).isEmpty)
        #expect(try tool.shell(try faulty(tool, writeError: Int64(EROFS))) == .exited(code: 74), "\(tool.output)")
        #expect(tool.output.contains("Read-only file system; make room, or name another directory with --disk."))
        #expect(left(tool).isEmpty)
        #expect(try tool.quorate(["doctor", "--disk", "/proc"]) == .exited(code: 74))
        #expect(tool.output.hasPrefix("quorate: The directory /proc/quorate-doctor-"), "\(tool.output)")
        #expect(tool.output.hasSuffix("; name a directory that can be written with --disk.\n"), "\(tool.output)")
        #expect(try tool.quorate(["doctor", "--disk", "PLACE/none"]) == .exited(code: 74))
        #expect(tool.output.contains("/none is no directory that is there; name a directory that can be written with --disk."))
    }

    @Test func aSignalLeavesNothing() throws {
        let tool = try tool()
        let line = "\"$0\" doctor --disk PLACE/disk --for 30s & sleep 1.5; kill -TERM $!; wait $!"
        #expect(try tool.shell(line) == .exited(code: 143), "\(tool.output)")
        #expect(left(tool).isEmpty)
        // What even the kernel ended at once is removed by the next one.
        _ = try tool.shell("\"$0\" doctor --disk PLACE/disk --for 30s & sleep 1; kill -KILL $!; wait $!")
        #expect(!left(tool).isEmpty)
        _ = try tool.shell(Self.examine)
        #expect(left(tool).isEmpty)
    }

    @Test func aDocumentThatCanNotBeWrittenIsAFailure() throws {
        let tool = try tool()
        let end = try tool.quorate(["doctor", "--disk", "PLACE/disk", "--for", "500ms", "--json", "PLACE/none/doctor.json"])
        #expect(end == .exited(code: 74), "\(tool.output)")
        #expect(tool.output.contains("/none/doctor.json can't be written: No such file or directory."), "\(tool.output)")
    }

    // MARK: servers

    private func ensemble(_ tool: Tool, _ settings: [(key: String, value: String)] = []) throws -> Ensemble {
        let place = "\(tool.place)/ensemble"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        return try Ensemble.start(
            EnsembleOrder(
                nodes: 3, directory: place, logDirectory: place, command: .quorate(program: tool.program), settings: settings))
    }

    private func examined(_ tool: Tool, _ hosts: [String], _ more: [String] = []) throws -> ProcessEnd? {
        try tool.quorate(["doctor", "--target", hosts.joined(separator: ","), "--json", "PLACE/doctor.json"] + more)
    }

    @Test(.timeLimit(.minutes(2))) func anEnsembleIsWellUntilAMemberIsGone() throws {
        let tool = try tool()
        let ensemble = try ensemble(tool)
        defer { ensemble.stop() }
        #expect(eventually { ensemble.members.contains { $0.status()?.role == .leader && synced($0) == "2" } })
        #expect(try examined(tool, ensemble.hosts, ["--write"]) == .exited(code: 0), "\(tool.output)")
        var found = try document(tool)
        #expect(found.disk == nil && !found.findings.contains { $0.subject == "machine" })
        #expect(found.findings.contains { $0.name == "followers in step" && $0.measured == "2 of 2" && $0.state == .kept })
        for host in ensemble.hosts {
            let own = found.findings.filter { $0.subject == host }
            for name in ["serves", "outstanding requests", "epoch's counter", "watches", "open files", "ping", "read", "write"] {
                #expect(own.contains { $0.name == name && $0.state != .unknown }, "\(name): \(own)")
            }
        }
        #expect(!found.findings.contains { $0.state == .unknown }, "\(tool.output)")
        let follower = try #require(ensemble.members.first { $0.status()?.role == .follower })
        follower.kill()
        #expect(eventually { ensemble.members.contains { synced($0) == "1" } })
        #expect(try examined(tool, ensemble.hosts) == .exited(code: 3), "\(tool.output)")
        found = try document(tool)
        #expect(found.findings.contains { $0.name == "followers in step" && $0.measured == "1 of 2" && $0.state == .missed })
        #expect(found.findings.contains { $0.name == "answers" && $0.measured.contains("Connection refused") })
        #expect(!found.findings.contains { $0.name == "write" }, "that was not allowed")
    }

    private func synced(_ member: Member) -> String? {
        Asking.fourLetterWord("mntr", at: member.clientAddress).map(MemberStatus.monitorLines)?["zk_synced_followers"]
    }

    @Test func whatAServerMayNotTellIsSaid() throws {
        let tool = try tool()
        let ensemble = try ensemble(tool, [("4lw.commands.whitelist", "srvr")])
        defer { ensemble.stop() }
        #expect(try examined(tool, ensemble.hosts) == .exited(code: 0), "\(tool.output)")
        #expect(firstLine(tool).hasPrefix("healthy: all ") && firstLine(tool).hasSuffix(" could not be learnt"), "\(tool.output)")
        let unknown = try document(tool).findings.filter { $0.state == .unknown }.map(\.measured)
        #expect(unknown.contains("can't be learnt: mntr is not answered (4lw.commands.whitelist)"), "\(unknown)")
    }

    @Test func nobodyThereIsOneSentence() throws {
        let tool = try tool()
        let port = try FreePorts(count: 1).ports[0]
        #expect(try examined(tool, ["127.0.0.1:\(port)"]) == .exited(code: 2))
        let sentence =
            "unreachable: the server at 127.0.0.1:\(port) can't be asked: Connection refused; start them, or name others"
        #expect(firstLine(tool).hasPrefix(sentence), "\(tool.output)")
        #expect(try document(tool).verdict == .unreachable)
    }

    /// It answers `srvr` and dies before a session is opened.
    @Test func aServerThatDiesInBetweenIsToldSo() throws {
        let tool = try tool()
        let ensemble = try ensemble(tool)
        defer { ensemble.stop() }
        let leader = try #require(ensemble.leader())
        let line =
            "\"$0\" doctor --target \(ensemble.hosts.joined(separator: ",")) --class s --write --for 10s "
            + "& sleep 3; kill -KILL \(ensemble.members.compactMap(\.pid).map(String.init).joined(separator: " ")); wait $!"
        #expect(leader.pid != nil)
        #expect(try tool.shell(line) == .exited(code: 2), "\(tool.output)")
        #expect(
            tool.output.contains("unreachable: class s: the servers were gone before the load was over, as the server at "),
            "\(tool.output)")
    }

    // MARK: classes

    @Test(.timeLimit(.minutes(2))) func aSmallClassIsCarriedByFreshMembers() throws {
        let tool = try tool()
        let end = try tool.shell("\"$0\" doctor --disk PLACE/disk --class s --for 1s --json PLACE/doctor.json")
        let found = try document(tool)
        #expect(end == .exited(code: found.verdict.exitCode), "\(tool.output)")
        let own = found.findings.filter { $0.subject == "class s" }
        #expect(own.contains { $0.name == "load" && $0.measured.hasPrefix("150 writes/s of 1024 B by 50 clients on 3 fresh") })
        #expect(own.contains { $0.name == "answered" && $0.state == .kept }, "\(tool.output)")
        #expect(left(tool).isEmpty)
    }

    @Test(.timeLimit(.minutes(2))) func aTargetIsLoadedAndLeftAsItWas() throws {
        let tool = try tool()
        // Each write costs the leader 20 ms, so that 150 a second are three times what it can do.
        let ensemble = try ensemble(
            tool, [("quorate.faults", "true"), ("quorate.faults.cpuPerWriteNs", "20000000"), ("maxClientCnxns", "0")])
        defer { ensemble.stop() }
        let end = try examined(tool, ensemble.hosts, ["--class", "s", "--write", "--for", "1s"])
        #expect(end == .exited(code: 3), "\(tool.output)")
        #expect(try document(tool).findings.contains { $0.subject == "class s" && $0.state == .missed }, "\(tool.output)")
        #expect(try tool.quorate(["bench", "--clean", ensemble.hosts.joined(separator: ",")]) == .exited(code: 0))
        #expect(tool.output.hasPrefix("Removed 0 znodes"), "\(tool.output)")
    }
}

/// True as soon as the condition holds, false if it doesn't within ten seconds.
private func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<1_000 {
        if condition() { return true }
        usleep(10_000)
    }
    return false
}
