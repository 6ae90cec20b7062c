// Marks: what must be known before a figure is taken for granted, and the verdicts of a workload's checks.

package struct ResultMark: Sendable, Equatable, Codable {
    package enum Name: String, Sendable, Codable, CaseIterable {
        /// The data lay in memory or on a device that answers a flush at once.
        case notDurable = "not_durable"
        /// The members were told not to flush.
        case noFsync = "no_fsync"
        /// Faults were armed in the members, or done to them.
        case faults
        /// The machine was slower after the run than before, or much slower before than after.
        case disturbed
        /// The generator sent late, or answered for less than was offered.
        case generator
        /// Requests failed, were never sent or had no reply.
        case errors
        /// The phases lasted a fraction of their time.
        case quick
        /// The machine's ceilings were not measured again after the run.
        case ceilingsMissing = "ceilings_missing"
        /// Not everything that was asked for was run.
        case partial
        /// Targets that are compared did not do the same: other copies, other durability, other encryption, or nobody knows.
        case unequal
        /// Links between members or flushes were held back on purpose.
        case delayed
        /// A run in which a target was slower than it is known to be, and which is left out of the ratios.
        case tooSlow = "too_slow"
        /// A phase was recorded although it had not reached the steady state that it waited for.
        case unsteady
        /// What the members tell of themselves could not be read, or only in part.
        case metricsMissing = "metrics_missing"
    }

    package var name: Name
    package var sentence: String

    package init(_ name: Name, _ sentence: String) {
        self.name = name
        self.sentence = sentence
    }
}

package struct ResultCheck: Sendable, Equatable, Codable {
    package var name: String
    /// Left out where nobody can tell.
    package var passed: Bool?
    package var sentence: String

    package init(name: String, passed: Bool?, sentence: String) {
        self.name = name
        self.passed = passed
        self.sentence = sentence
    }
}
