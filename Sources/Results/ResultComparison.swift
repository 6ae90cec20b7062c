// What a document says of its targets beside each other: for each ensemble size, phase and figure, the figure of each over its
// runs, and the ratio of one to another from slices that lay side by side in time.

/// A median with the interval that holds it.
package struct ResultInterval: Sendable, Equatable, Codable {
    package var median: Double
    /// Left out of a single value.
    package var low: Double?
    package var high: Double?
    package var confidence: Double
    /// Values that it was taken from.
    package var samples: Int

    package init(median: Double, low: Double?, high: Double?, confidence: Double, samples: Int) {
        self.median = median
        self.low = low
        self.high = high
        self.confidence = confidence
        self.samples = samples
    }

    /// Nothing is decided where both sides of `value` lie inside, or where there is no interval.
    package func isUndecided(against value: Double) -> Bool {
        guard let low, let high else { return true }
        return low <= value && value <= high
    }
}

/// One figure of one target over its runs.
package struct ResultSummary: Sendable, Equatable, Codable {
    package var nodes: Int
    package var target: String
    package var phase: String
    package var metric: ResultMetric
    package var value: ResultInterval

    package init(nodes: Int, target: String, phase: String, metric: ResultMetric, value: ResultInterval) {
        self.nodes = nodes
        self.target = target
        self.phase = phase
        self.metric = metric
        self.value = value
    }
}

/// The figure of `target` divided by that of `other`.
package struct ResultRatio: Sendable, Equatable, Codable {
    package enum Basis: String, Sendable, Codable {
        /// Each value is the median over the rounds of one run; runs began on fresh directories.
        case runs
        /// Each value is one round of a single run.
        case rounds
    }

    package var nodes: Int
    package var target: String
    package var other: String
    package var phase: String
    package var metric: ResultMetric
    package var basis: Basis
    package var ratio: ResultInterval

    package init(
        nodes: Int, target: String, other: String, phase: String, metric: ResultMetric, basis: Basis, ratio: ResultInterval
    ) {
        self.nodes = nodes
        self.target = target
        self.other = other
        self.phase = phase
        self.metric = metric
        self.basis = basis
        self.ratio = ratio
    }
}
