// What a search for better settings came to: the document that `quorate tune` leaves, `quorate.tuning/1`. A plain value.

/// What settings are better by.
package enum TuningObjective: String, Sendable, Codable, CaseIterable {
    /// Requests a second where as many as possible are on their way.
    case throughput
    /// The 99th percentile where requests are due at fixed instants.
    case latency
    /// Both alike: twice the throughput is worth twice the 99th percentile.
    case both
}

/// One set of settings, and how far it came.
package struct TunedCandidate: Sendable, Equatable, Codable {
    package var name: String
    /// Lines beyond those that all have, as `key=value`; none of the default.
    package var settings: [String]
    /// It changes how many copies a write has when it is acknowledged, so it is told and never recommended.
    package var changesPromise: Bool
    /// Stages that it took part in; the ones that did best took part in all.
    package var stages: Int
    /// Its own medians in the last stage that it took part in.
    package var figures: [ResultMetric: Double]
    /// By how much it was better than the default in the turns of that stage, by the objective: above 1 is better.
    package var gain: ResultInterval?
    /// No other candidate has both more throughput and a lower 99th percentile.
    package var isOnFront: Bool

    package init(
        name: String, settings: [String], changesPromise: Bool, stages: Int, figures: [ResultMetric: Double],
        gain: ResultInterval?, isOnFront: Bool
    ) {
        self.name = name
        self.settings = settings
        self.changesPromise = changesPromise
        self.stages = stages
        self.figures = figures
        self.gain = gain
        self.isOnFront = isOnFront
    }

    private enum CodingKeys: String, CodingKey {
        case name, settings
        case changesPromise = "changes_promise"
        case stages, figures, gain
        case isOnFront = "on_front"
    }
}

package struct TuningDocument: DocumentForm, Codable {
    package static let schemaName = "quorate.tuning/1"

    package var schema = DocumentSchema<TuningDocument>()
    /// UTC, as RFC 3339 has it.
    package var started: String
    package var durationNanoseconds: UInt64?
    package var command: [String]
    package var workload: String
    package var target: String
    package var nodes: Int
    package var objective: TuningObjective
    /// Lines that all candidates have.
    package var common: [String]
    /// The default first, then by how far they came and what they gained.
    package var candidates: [TunedCandidate]
    /// The name of the candidate that is recommended; left out where nothing beats the default.
    package var recommended: String?
    /// The default against the recommended one under another seed; left out where there is none, or it was not asked for.
    package var proof: ComparisonDocument?
    package var marks: [ResultMark]

    package init(
        started: String, command: [String], workload: String, target: String, nodes: Int, objective: TuningObjective,
        common: [String], candidates: [TunedCandidate], recommended: String?, marks: [ResultMark]
    ) {
        self.started = started
        self.command = command
        self.workload = workload
        self.target = target
        self.nodes = nodes
        self.objective = objective
        self.common = common
        self.candidates = candidates
        self.recommended = recommended
        self.marks = marks
    }

    private enum CodingKeys: String, CodingKey {
        case schema, started
        case durationNanoseconds = "duration_ns"
        case command, workload, target, nodes, objective, common, candidates, recommended, proof, marks
    }

    package var recommendation: TunedCandidate? { candidates.first { $0.name == recommended } }

    /// The proof has found nothing that counts to be worse, and something to be better.
    package var isProved: Bool {
        guard let proof else { return false }
        let counting = proof.figures.filter(\.isGated)
        return proof.verdict != .worse && counting.contains { $0.verdict == .better }
            && !counting.contains { $0.verdict == .worse }
    }
}
