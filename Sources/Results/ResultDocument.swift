// The document that a benchmark leaves behind, `quorate.result/1`: what was run, where, what was found, and what speaks against
// it. A plain value. Every number carries its unit in its key, times are whole nanoseconds, and what was not measured is left
// out, never written as zero. Reading and writing files is the business of Report, filling it in that of Benchmark.

package struct ResultDocument: DocumentForm, Codable {
    package static let schemaName = "quorate.result/1"

    package enum Status: String, Sendable, Codable {
        /// Everything that was asked for was run.
        case complete
        /// It was ended early, still runs, or a part of it failed: the cells that are there hold.
        case partial
    }

    package var schema = DocumentSchema<ResultDocument>()
    /// The name of its folder.
    package var id: String
    package var status: Status
    /// UTC, as RFC 3339 has it.
    package var started: String
    package var durationNanoseconds: UInt64?
    /// The command line, without the program's place.
    package var command: [String]
    package var tool: ResultTool
    package var environment: ResultEnvironment
    package var ceilings: ResultCeilingsAround?
    package var workload: ResultWorkload
    /// In the order in which they were named; the others are compared with the first one.
    package var targets: [ResultTarget]
    /// One for each size and target; the runs of it joined, where there were several.
    package var cells: [ResultCell]
    /// Each run's own figures; left out where there was one run.
    package var runs: [ResultRun]?
    /// Each figure of each target over its runs; left out where there was one run.
    package var summaries: [ResultSummary]?
    /// The first target's figures against those of the others; left out where there is none.
    package var ratios: [ResultRatio]?
    /// What a reader must know before taking any figure for granted.
    package var marks: [ResultMark]

    package init(
        id: String, started: String, command: [String], tool: ResultTool, environment: ResultEnvironment,
        workload: ResultWorkload, targets: [ResultTarget]
    ) {
        self.id = id
        status = .partial
        self.started = started
        self.command = command
        self.tool = tool
        self.environment = environment
        self.workload = workload
        self.targets = targets
        cells = []
        marks = []
    }

    private enum CodingKeys: String, CodingKey {
        case schema, id, status, started
        case durationNanoseconds = "duration_ns"
        case command, tool, environment, ceilings, workload, targets, cells, runs, summaries, ratios, marks
    }

    package func isMarked(_ name: ResultMark.Name) -> Bool { marks.contains { $0.name == name } }

    package mutating func mark(_ name: ResultMark.Name, _ sentence: String) {
        guard !marks.contains(where: { $0.name == name && $0.sentence == sentence }) else { return }
        marks.append(ResultMark(name, sentence))
    }
}

/// Which build of the tool wrote the document.
package struct ResultTool: Sendable, Equatable, Codable {
    package var version: String
    /// The commit that was checked out beside the program, if it lies in a checkout.
    package var git: String?
    /// True if tracked files differ from that commit; left out where nobody can tell.
    package var dirty: Bool?

    package init(version: String, git: String?, dirty: Bool? = nil) {
        self.version = version
        self.git = git
        self.dirty = dirty
    }
}

package struct ResultWorkload: Sendable, Equatable, Codable {
    package var name: String
    package var file: String
    package var seed: UInt64
    /// The workload as it was run, overrides in place, as YAML.
    package var resolved: String
    package var overrides: [String]

    package init(name: String, file: String, seed: UInt64, resolved: String, overrides: [String]) {
        self.name = name
        self.file = file
        self.seed = seed
        self.resolved = resolved
        self.overrides = overrides
    }
}
