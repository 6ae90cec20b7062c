// Results of different times: values over their runs, and what keeps two of them from being compared.

import Benchmark
import Results
import Testing

@Suite struct DocumentSidesTests {
    private func document(_ rates: [Double], name: String = "load") -> ResultDocument {
        var document = ResultDocument(
            id: name, started: "2026-11-28T00:00:00Z", command: ["bench"], tool: ResultTool(version: "0.1.0", git: nil),
            environment: ResultEnvironment(
                cpus: 2,
                filesystem: ResultFilesystem(kind: "ext4", device: nil, options: "rw", inMemory: false, availableBytes: nil)),
            workload: ResultWorkload(name: name, file: "load.yaml", seed: 1, resolved: "name: load\n", overrides: []),
            targets: [ResultTarget(version: "0.1.0", program: "quorate", tls: true, nodes: [3], settings: [])])
        document.environment.memoryBytes = 25_276_063_744
        let cells = rates.enumerated().map { run, rate in
            var cell = ResultCell(nodes: 3)
            cell.repetition = rates.count > 1 ? run + 1 : nil
            cell.phases = [
                ResultPhase(
                    name: "deep", isRecorded: true, startNanoseconds: 0, durationNanoseconds: 1_000_000_000,
                    writesPerSecond: rate, generatorCPUNanoseconds: 0)
            ]
            return cell
        }
        document.hold(cells, repetitions: rates.count)
        return document
    }

    private func writes(_ base: [Double], _ new: [Double]) throws -> ComparedFigure {
        let sides = DocumentSides(base: document(base), new: document(new), GateRule(threshold: 0.05))
        return try #require(sides.figures.first { $0.metric == .writes })
    }

    @Test func runsOfEitherAreItsValues() throws {
        let found = try writes([100, 101, 99, 100, 102], [80, 81, 79, 80, 82])
        #expect(found.base == 100 && found.new == 80 && found.verdict == .worse && found.resolution == nil)
        #expect(abs(found.ratio.median - 0.8) < 1e-9 && found.ratio.samples == 5)
        #expect(try writes([100, 101, 99, 100, 102], [101, 102, 100, 101, 103]).verdict == .same)
        #expect(try writes([100, 140, 60, 100, 130], [90, 60, 140, 90, 100]).verdict == .undecided)
    }

    @Test func singleRunsDecideNothing() throws {
        let found = try writes([100], [50])
        #expect(found.verdict == .undecided && found.ratio.median == 0.5 && found.ratio.low == nil)
    }

    @Test func likeResultsHaveNoDifferences() {
        var other = document([90, 91])
        other.tool = ResultTool(version: "0.2.0", git: "abc")
        other.targets[0].settings = ["maxBatchSize=1"]
        // A few pages that another kernel build keeps for itself.
        other.environment.memoryBytes = 25_276_502_016
        #expect(Likeness.differences(document([100, 101]), other).isEmpty)
    }

    @Test func everythingElseIsNamed() {
        let base = document([100])
        func differences(_ change: (inout ResultDocument) -> Void) -> [String] {
            var other = base
            change(&other)
            return Likeness.differences(base, other)
        }
        #expect(differences { $0.environment.cpus = 4 } == ["the number of CPUs: 2 and 4"])
        #expect(differences { $0.environment.cpuModel = "A" } == ["the processor: unknown and A"])
        #expect(differences { $0.environment.memoryBytes = 1 << 34 } == ["GiB of memory: 24 and 16"])
        #expect(differences { $0.environment.filesystem.kind = "xfs" } == ["the file system of the data: ext4 and xfs"])
        #expect(differences { $0.targets[0].tls = false } == ["TLS between members: true and false"])
        #expect(differences { $0.targets[0].clientTLS = true } == ["TLS to clients: false and true"])
        #expect(differences { $0.targets[0].name = "zookeeper" } == ["the target: quorate and zookeeper"])
        #expect(differences { $0.mark(.noFsync, "No.") } == ["the mark no_fsync: not there and 'No.'"])
        #expect(differences { $0.workload.name = "other" } == ["the workload: load and other"])
        #expect(
            differences { $0.workload.resolved = "name: load\nseed: 2\n" }
                == ["the workload's values: 'load' was run with other ones"])
        #expect(differences { $0.cells[0].nodes = 5 } == ["the ensemble sizes: [3] and [5]"])
    }
}
