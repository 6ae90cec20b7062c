// Targets side by side, as a user runs them: two launched ones, of which the other program is a script that runs this node under
// Apache ZooKeeper's name, and one that runs already.

import Ensemble
import Foundation
import Results
import Testing

@Suite(.serialized) struct SideBySideTests {
    /// A directory that looks like a release, whose Java is a script.
    private func release(_ tool: Tool) throws {
        let home = "\(tool.place)/zk"
        for folder in ["lib", "bin"] {
            try FileManager.default.createDirectory(atPath: "\(home)/\(folder)", withIntermediateDirectories: true)
        }
        #expect(FileManager.default.createFile(atPath: "\(home)/lib/zookeeper-3.9.9.jar", contents: Data()))
        let script = "#!/bin/sh\nfor last; do :; done\nexec \"$QUORATE\" serve --config \"$last\"\n"
        #expect(
            FileManager.default.createFile(
                atPath: "\(home)/bin/java", contents: Data(script.utf8), attributes: [.posixPermissions: 0o755]))
    }

    @Test func twoLaunchedTargetsTakeTurns() throws {
        let tool = try Tool()
        try release(tool)
        let end = try tool.shell(
            "QUORATE=\"$0\" JAVA_HOME=PLACE/zk exec \"$0\" bench WORKLOAD --nodes 1,2 --target quorate,zookeeper "
                + "--zookeeper-home PLACE/zk --quick --rounds 2 --repeat 2 --zookeeper-floor 1=1000000000,2=1 --out PLACE/out")
        #expect(end == .exited(code: 0) || end == .exited(code: 5), "\(tool.output)")
        let document = try #require(try tool.documents.first)
        #expect(document.status == .complete)
        #expect(document.targets.map(\.name) == ["quorate", "zookeeper"])
        #expect(document.targets.map(\.tls) == [true, false] && document.targets[1].version == "3.9.9")
        #expect(document.isMarked(.unequal), "one of them encrypts")
        let runs = try #require(document.runs)
        #expect(runs.map(\.target) == Array(repeating: ["quorate", "zookeeper"], count: 4).flatMap { $0 })
        #expect(runs.map(\.repetition) == [1, 1, 2, 2, 1, 1, 2, 2])
        for run in runs {
            #expect(run.failure == nil && run.failedChecks.isEmpty && run.slices?.count == 2)
            #expect(run.slices?.map(\.round) == [0, 1])
            #expect(run.slices?.map(\.place) == (run.target == "quorate" ? [0, 3] : [1, 2]))
            #expect((run.warmUp != nil) == (run.target == "zookeeper"))
        }
        #expect(document.cells.map(\.target) == ["quorate", "zookeeper", "quorate", "zookeeper"])
        for cell in document.cells {
            let full = try #require(cell.phases.first { $0.name == "full" })
            #expect(full.server?.cpuMicrosecondsPerWrite ?? 0 > 0 && full.machine?.cpus ?? 0 > 0)
            #expect(full.machine.map { $0.busy > 0 && $0.members ?? 0 > 0 } == true)
        }
        let ratio = try #require(document.ratios?.first { $0.nodes == 2 && $0.phase == "full" && $0.metric == .writes })
        #expect(ratio.basis == .runs && ratio.ratio.samples == 2 && ratio.ratio.median > 0)
        #expect(
            document.isMarked(.tooSlow) && document.ratios?.contains { $0.nodes == 1 } == false, "no run of one member counts")
        #expect(runs.map(\.isTooSlow) == [nil, true, nil, true, nil, nil, nil, nil])
        #expect(document.summaries?.contains { $0.target == "zookeeper" && $0.metric == .items } == true)
        #expect(
            tool.output.contains(
                "quorate : zookeeper, median over 2 runs on fresh directories, which are too few for an interval"))
        #expect(tool.output.contains("Warming zookeeper with 1 member until it gets no faster."))
        #expect(tool.data.isEmpty)
    }

    @Test func whatIsNotThereIsSaidAndTheOthersGoOn() throws {
        let tool = try Tool()
        let end = try tool.shell(
            "exec \"$0\" bench WORKLOAD --nodes 1 --quick --target zookeeper,quorate --zookeeper-home PLACE/none --out PLACE/out")
        #expect(end == .exited(code: 2), "not all that was asked for was run")
        #expect(tool.output.contains("There is no Apache ZooKeeper in \(tool.place)/none"))
        #expect(tool.output.contains("apt-get install zookeeper"))
        let document = try #require(try tool.documents.first)
        #expect(document.cells.count == 1 && document.cells[0].failure == nil && document.isMarked(.partial))
        #expect(
            try tool.quorate(["bench", "WORKLOAD", "--target", "zookeeper", "--zookeeper-home", "PLACE/none"]) == .exited(code: 2)
        )
    }

    /// An ensemble of one that runs until the closure is over; hands over its address.
    private func withRunning(_ tool: Tool, _ body: (String) throws -> Void) throws {
        let log = "\(tool.place)/running"
        let running = try ChildProcess.start(
            ProcessCommand(program: tool.program, arguments: ["ensemble", "--nodes", "1", "--data-dir", "\(tool.place)/data"]),
            logFile: log, on: SpawningThread())
        defer {
            running.send(signal: SIGTERM)
            running.waitForEnd(nanoseconds: 10_000_000_000)
        }
        var address: String?
        for _ in 0..<1_500 where address == nil {
            usleep(20_000)
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            address = text.firstMatch(of: /127\.0\.0\.1:[0-9]+/).map { String($0.output) }
        }
        try body(try #require(address))
    }

    @Test func aRunningEnsembleIsLoadedBelowOneZnodeAndCleaned() throws {
        let tool = try Tool()
        try withRunning(tool) { (address: String) throws in
            #expect(
                try tool.quorate(["bench", "WORKLOAD", "--quick", "--target", address, "--nodes", "1", "--out", "PLACE/out"])
                    == .exited(code: 0), "\(tool.output)")
            let document = try #require(try tool.documents.first)
            #expect(document.targets.map(\.name) == [address] && document.targets[0].tls == nil)
            let cell = try #require(document.cells.first)
            #expect(cell.target == address && cell.failure == nil && cell.start == nil && cell.failedChecks.isEmpty)
            #expect(cell.phases[1].server?.cpuMicrosecondsPerWrite == nil, "its process is not ours, so its cost is not known")
            #expect(try tool.quorate(["bench", "--clean", address]) == .exited(code: 0))
            // The queues' parent, two queues, and the znode that all of it lies below.
            #expect(tool.output == "Removed 4 znodes at \(address).\n")
            #expect(try tool.quorate(["bench", "--clean", address]) == .exited(code: 0))
            #expect(tool.output == "Removed 0 znodes at \(address).\n")
        }
    }

    @Test func somebodysEnsembleIsLeftAlone() throws {
        let tool = try Tool()
        try withRunning(tool) { (address: String) throws in
            // A load without a benchmark makes znodes at the root, as any client of theirs does.
            #expect(try tool.quorate(["load", "WORKLOAD", "--connect", address, "--quiet"]) == .exited(code: 0))
            let bench = ["bench", "WORKLOAD", "--quick", "--target", address, "--out", "PLACE/out"]
            #expect(try tool.quorate(bench) == .exited(code: 64))
            #expect(tool.output.contains("is not empty: it holds /tiny; if it is yours to load, say so with --target-is-mine."))
            #expect(tool.folders.isEmpty, "nothing was begun")
            #expect(try tool.quorate(bench + ["--target-is-mine"]) == .exited(code: 0), "\(tool.output)")
        }
        #expect(try tool.quorate(["bench", "WORKLOAD", "--target", "192.0.2.1:2181"]) == .exited(code: 64))
        #expect(tool.output.contains("The server 192.0.2.1:2181 is not on this machine; if it is yours to load"))
    }
}
