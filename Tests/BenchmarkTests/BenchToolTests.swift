// `quorate bench` from outside: a whole run, one that a signal ends, one that is killed, and every way to get it wrong.

import Ensemble
import Foundation
import Results
import Testing

@Suite(.serialized) struct BenchToolTests {
    @Test func aWholeRunLeavesATableADocumentAndNoData() throws {
        let tool = try Tool()
        let end = try tool.run(["\(tool.place)/tiny.yaml", "--nodes", "1,2"])
        // On a machine that stands still for a moment less may be carried than was due; everything else holds all the same.
        #expect(end == .exited(code: 0) || end == .exited(code: 5), "\(tool.output)")
        let document = try #require(try tool.documents.first)
        #expect(document.status == .complete)
        #expect(document.cells.map(\.nodes) == [1, 2])
        #expect(document.cells.allSatisfy { $0.failure == nil && !$0.isPartial && $0.failedChecks.isEmpty })
        let checks: Set = ["replies", "accepted", "no_loss", "no_duplicates", "fifo_per_producer", "replicas_agree"]
        #expect(document.cells.allSatisfy { Set($0.checks.filter { $0.passed == true }.map(\.name)) == checks })
        for cell in document.cells {
            #expect(cell.members.count == cell.nodes)
            #expect(Set(cell.members.map(\.digest)).count == 1 && cell.members[0].digest != nil)
            #expect(cell.start?.toQuorumNanoseconds ?? 0 > 0)
            let queue = try #require(cell.queue)
            #expect(queue.enqueued > 0 && queue.taken + queue.takenUnseen == queue.enqueued && queue.isDrained)
            let paced = try #require(cell.phases.first { $0.name == "paced" })
            #expect(paced.commit?.count ?? 0 > 0 && paced.enqueueToTake?.count ?? 0 > 0)
            #expect(paced.offeredPerSecond.map { $0 > 25 && $0 < 100 } == true)
            #expect(cell.phases.first { $0.name == "full" }?.isOpenLoop == false)
            #expect(cell.phases.allSatisfy { ($0.server?.cpuMicrosecondsPerWrite ?? 0) > 0 })
            #expect(cell.memberMarks == [])
            #expect(paced.commitOperations.map(\.op) == ["enqueue"])
            #expect(cell.writeGapSeries.count >= 2 && cell.writeGapSeries.allSatisfy { $0.longestNanoseconds > 0 })
            let server = try #require(cell.phases.first { $0.name == "full" }?.server)
            #expect((1...cell.nodes).contains(server.leader ?? 0))
            #expect(server.leaderFlushesPerSecond ?? 0 > 0)
            #expect(server.flushesPerSecond ?? 0 >= 0.9 * Double(cell.nodes) * (server.leaderFlushesPerSecond ?? .infinity) / 2)
            #expect(server.requestsPerBatch ?? 0 >= 1 && server.bytesPerBatch ?? 0 > 40)
            #expect(server.recordsPerFlush ?? 0 >= 1 && server.batchesPerFlush ?? 0 > 0)
            #expect(cell.nodes == 1 || server.batchesPerAck ?? 0 >= 1)
            #expect(Set(server.stages.keys) == ["proposed", "durable", "quorum", "applied", "received_to_quorum"])
            let own = try #require(server.ownStages)
            let parts = ["proposed", "quorum", "applied", "replied"].compactMap { own[$0]?.meanNanoseconds }.reduce(0, +)
            let total = try #require(own["total"]).meanNanoseconds
            #expect(parts > total * 99 / 100 && parts < total * 101 / 100, "stages follow each other without a gap")
        }
        #expect(document.ceilings?.after != nil)
        #expect(document.workload.seed == 7 && document.targets[0].tls == true)
        #expect(tool.data.isEmpty)
        let logs = ProcFile.names(in: tool.folders[0]).sorted()
        #expect(logs == ["logs-1", "logs-2", "result.json"])
        #expect(tool.output.contains("commit latency ms"))
        #expect(tool.output.contains("Files: \(tool.folders[0])"))
    }

    /// In slices, as where several targets take turns; the counts of all slices are those that were due.
    @Test func severalGeneratorsShareEachSlice() throws {
        let tool = try Tool()
        let workload = """
            apiVersion: quorate/v1
            name: sets
            data: {tree: [{path: /sets/z-, count: 20, size: 100B}]}
            roles:
              pacer: {clients: 3, pipeline: 16, arrivals: {rate: 200/s}, do: [{set: {path: /sets/z-}}]}
              writer: {clients: 5, pipeline: 16, do: [{set: {path: /sets/z-}}]}
            phases: [{name: paced, for: 2s, roles: [pacer]}, {name: full, for: 2s, roles: [writer]}]
            check: [no_loss, replicas_agree]
            """
        try workload.write(toFile: "\(tool.place)/sets.yaml", atomically: true, encoding: .utf8)
        let end = try tool.run(["\(tool.place)/sets.yaml", "--nodes", "1", "--rounds", "2", "--generators", "2"])
        #expect(end == .exited(code: 0) || end == .exited(code: 5), "\(tool.output)")
        let cell = try #require(try tool.documents.first?.cells.first)
        #expect(cell.failure == nil && cell.failedChecks.isEmpty && cell.slices?.count == 2)
        #expect(cell.checks.first { $0.name == "no_loss" }?.passed == true)
        #expect(cell.generator?.processes == 2)
        #expect(cell.sessions?.opened == 2 * 9, "eight clients and one that lays out, in each slice")
        #expect(cell.phases.first { $0.name == "paced" }?.operations.first?.offered == 400)
        for phase in cell.phases {
            let busiest = try #require(phase.busiestGeneratorCPUNanoseconds)
            #expect(busiest > 0 && busiest < phase.generatorCPUNanoseconds && phase.server?.cpuNanoseconds ?? 0 > 0)
        }
        #expect(tool.output.contains("The busiest of 2 load generators used"), "\(tool.output)")
    }

    @Test func theDocumentAloneGoesToTheOutput() throws {
        let tool = try Tool()
        // The tool's errors go to the same file here, so they are sent away by the shell.
        let script = "\"$0\" bench \"$1\" --nodes 1 --json --quick --out \"$2\" 2>/dev/null"
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let quorate = URL(fileURLWithPath: program).deletingLastPathComponent().appendingPathComponent("quorate").path
        let command = ProcessCommand(
            program: "/bin/sh", arguments: ["-c", script, quorate, "\(tool.place)/tiny.yaml", "\(tool.place)/out"])
        let shell = try ChildProcess.start(command, logFile: "\(tool.place)/log", on: SpawningThread())
        #expect(shell.waitForEnd(nanoseconds: 120_000_000_000) != nil)
        let printed = try JSONDecoder().decode(ResultDocument.self, from: Data(tool.output.utf8))
        #expect(try printed == tool.documents.first)
    }

    @Test func aQuickRunSaysSoAndResolvesWhatWasRun() throws {
        let tool = try Tool()
        _ = try tool.run([
            "\(tool.place)/tiny.yaml", "--nodes", "1", "--quick", "--setting", "forceSync=no", "--setting",
            "quorate.unsafe.noFsync=true",
        ])
        let document = try #require(try tool.documents.first)
        #expect(document.isMarked(.quick))
        #expect(document.isMarked(.noFsync), "the member itself says so")
        #expect(document.workload.resolved.contains("500ms") && !document.workload.resolved.contains("1500ms"))
        #expect(document.workload.overrides.isEmpty)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func aSignalLeavesAPartialResultAndNoProcess(signal: Int32) throws {
        let tool = try Tool()
        try tool.start(["\(tool.place)/tiny.yaml", "--nodes", "1,2", "--no-tls", "--set", "phases.full.for=60s"])
        let members = tool.members(1)
        #expect(!members.isEmpty, "\(tool.output)")
        #expect(Self.waits { tool.output.contains("phase=") }, "the load has begun")
        tool.process?.send(signal: signal)
        #expect(tool.process?.waitForEnd(nanoseconds: 60_000_000_000) == .exited(code: 128 + signal))
        #expect(Tool.areGone(members))
        #expect(tool.data.isEmpty)
        let document = try #require(try tool.documents.first)
        #expect(document.status == .partial && document.isMarked(.partial))
        #expect(document.cells.count == 1 && document.cells[0].isPartial)
        #expect(tool.output.contains("ended early") || tool.output.contains("no figures"))
    }

    @Test func aKilledToolLeavesNoProcessAndTheNextRunTakesItsDataAway() throws {
        let tool = try Tool()
        try tool.start(["\(tool.place)/tiny.yaml", "--nodes", "2", "--set", "phases.full.for=60s"])
        let members = tool.members(2)
        #expect(members.count == 2, "\(tool.output)")
        #expect(Self.waits { tool.output.contains("phase=") })
        tool.process?.send(signal: SIGKILL)
        #expect(tool.process?.waitForEnd(nanoseconds: 10_000_000_000) == .killed(signal: SIGKILL))
        #expect(Tool.areGone(members), "the kernel ends members whose tool is gone")
        #expect(tool.data.count == 1)
        #expect(try tool.documents.first?.status == .partial)
        _ = try tool.run(["\(tool.place)/tiny.yaml", "--nodes", "1", "--quick"])
        #expect(tool.data.isEmpty)
        #expect(tool.output.contains("Removed what a killed run had left"))
    }

    @Test func aSizeThatCanNotBeStartedIsACellWithoutFigures() throws {
        let tool = try Tool()
        let end = try tool.run([
            "\(tool.place)/tiny.yaml", "--nodes", "1", "--setting", "quorate.faults=true", "--setting",
            "quorate.faults.failFlushAfter=1",
        ])
        #expect(end == .exited(code: 2))
        let document = try #require(try tool.documents.first)
        #expect(document.status == .partial)
        #expect(document.cells.count == 1)
        #expect(document.cells[0].failure?.contains("ended at its start with exit code 74") == true)
        #expect(document.cells[0].failure?.contains("flushing of epoch.making failed") == true)
        #expect(tool.output.contains("1 │ no figures: Member 1 ended"))
        #expect(tool.data.isEmpty)
    }

    @Test(.enabled(if: FileManager.default.isWritableFile(atPath: "/dev/shm"), "no /dev/shm here"))
    func dataInMemoryIsAnnouncedAndMarked() throws {
        let tool = try Tool()
        let data = "/dev/shm/quorate-bench-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: data) }
        _ = try tool.run(["\(tool.place)/tiny.yaml", "--nodes", "1", "--quick", "--data-dir", data])
        let document = try #require(try tool.documents.first)
        #expect(document.isMarked(.notDurable) && document.environment.filesystem.inMemory)
        #expect(document.environment.filesystem.kind == "tmpfs")
        #expect(tool.output.hasPrefix("not_durable: The data lies in memory"))
        #expect(ProcFile.names(in: data).isEmpty)
    }

    @Test func whatIsKeptIsNotTakenAwayByTheNextRun() throws {
        let tool = try Tool()
        let data = "\(tool.place)/elsewhere"
        _ = try tool.run(["\(tool.place)/tiny.yaml", "--nodes", "1", "--quick", "--keep", "--data-dir", data])
        _ = try tool.run(["\(tool.place)/tiny.yaml", "--nodes", "1", "--quick", "--data-dir", data])
        let kept = ProcFile.names(in: data)
        #expect(kept.count == 1)
        #expect(ProcFile.names(in: "\(data)/\(kept.first ?? "")/member-1").contains("zoo.cfg"))
    }

    @Test(arguments: [
        (["nothing"], "There is no workload 'nothing'"),
        (["WORKLOAD", "--nodes", "0"], "--nodes must list sizes from 1 to 15"),
        (["WORKLOAD", "--nodes", "1,x"], "--nodes must list sizes from 1 to 15"),
        (["WORKLOAD", "--set", "phases.full.for=soon"], "--set phases.full.for=soon"),
        (["WORKLOAD", "--set", "nothing.else=1"], "nothing"),
        (["WORKLOAD", "--setting", "odd"], "--setting must have the form key=value"),
        (["WORKLOAD", "--frobnicate"], "frobnicate"),
        (["WORKLOAD", "--data-dir", "/proc/nowhere"], "/proc/nowhere"),
    ])
    func whatIsAskedForWronglyIsNamed(arguments: [String], sentence: String) throws {
        let tool = try Tool()
        let end = try tool.run(arguments.map { $0 == "WORKLOAD" ? "\(tool.place)/tiny.yaml" : $0 })
        #expect(end == .exited(code: 64), "\(tool.output)")
        #expect(tool.output.contains(sentence))
        #expect(tool.folders.isEmpty, "nothing was measured, so nothing is left")
    }

    private static func waits(_ condition: () -> Bool) -> Bool {
        for _ in 0..<6_000 {
            if condition() { return true }
            usleep(10_000)
        }
        return false
    }
}
