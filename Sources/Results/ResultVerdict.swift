// What a comparison of two sides came to: the document that `quorate compare` leaves, `quorate.comparison/1`. A plain value. How
// a verdict is reached is in GateRule.swift.

package enum ResultVerdict: String, Sendable, Codable {
    /// Worse by the threshold or more, and by more than half of it with 95 %.
    case worse
    case better
    /// The interval lies between the thresholds.
    case same
    /// The interval is too wide, or the effect is no larger than what base has on itself.
    case undecided
}

/// One figure of both sides.
package struct ComparedFigure: Sendable, Equatable, Codable {
    package var nodes: Int
    package var phase: String
    package var metric: ResultMetric
    /// Medians of the two sides, in the metric's own unit.
    package var base: Double
    package var new: Double
    /// `new` divided by `base`.
    package var ratio: ResultInterval
    /// The largest deviation from 1 that base against itself does not exclude, as a share; left out where that was not measured.
    package var resolution: Double?
    /// It counts for the verdict of the whole.
    package var isGated: Bool
    package var verdict: ResultVerdict
    /// Why nothing is decided, if so.
    package var reason: String?

    package init(
        nodes: Int, phase: String, metric: ResultMetric, base: Double, new: Double, ratio: ResultInterval, resolution: Double?,
        isGated: Bool, verdict: ResultVerdict, reason: String?
    ) {
        self.nodes = nodes
        self.phase = phase
        self.metric = metric
        self.base = base
        self.new = new
        self.ratio = ratio
        self.resolution = resolution
        self.isGated = isGated
        self.verdict = verdict
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case nodes, phase, metric, base, new, ratio, resolution
        case isGated = "gated"
        case verdict, reason
    }
}

/// One of the two sides, as a reader tells them apart.
package struct ComparedSide: Sendable, Equatable, Codable {
    /// A result's id, or what was different of this side: program and settings.
    package var name: String
    package var version: String?
    package var git: String?
    package var settings: [String]

    package init(name: String, version: String?, git: String?, settings: [String]) {
        self.name = name
        self.version = version
        self.git = git
        self.settings = settings
    }
}

package struct ComparisonDocument: DocumentForm, Codable {
    package static let schemaName = "quorate.comparison/1"

    package var schema = DocumentSchema<ComparisonDocument>()
    /// UTC, as RFC 3339 has it.
    package var started: String
    package var durationNanoseconds: UInt64?
    package var command: [String]
    package var workload: String
    package var base: ComparedSide
    package var new: ComparedSide
    /// The share from which on a figure counts as worse or better.
    package var threshold: Double
    /// What differs between the two and is no part of the question, one sentence each.
    package var differences: [String]
    package var figures: [ComparedFigure]
    /// Those of the second run that had to confirm what the first one found; left out where none was needed.
    package var confirmation: [ComparedFigure]?
    package var verdict: ResultVerdict
    package var marks: [ResultMark]

    package init(
        started: String, command: [String], workload: String, base: ComparedSide, new: ComparedSide, threshold: Double,
        differences: [String], figures: [ComparedFigure], verdict: ResultVerdict, marks: [ResultMark]
    ) {
        self.started = started
        self.command = command
        self.workload = workload
        self.base = base
        self.new = new
        self.threshold = threshold
        self.differences = differences
        self.figures = figures
        self.verdict = verdict
        self.marks = marks
    }

    private enum CodingKeys: String, CodingKey {
        case schema, started
        case durationNanoseconds = "duration_ns"
        case command, workload, base, new, threshold, differences, figures, confirmation, verdict, marks
    }
}
