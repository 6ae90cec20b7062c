// What a phase waits for before it is recorded: that a figure of the load has stopped rising and falling. How it is written, and
// the phase in which it is waited for.

package struct Steady: Sendable, Equatable, Codable {
    package enum Metric: String, Sendable, CaseIterable, Codable {
        /// The median of a second's response times: of the requests due at fixed instants where there are any, else of all.
        case median = "response.p50"
        /// Requests answered in a second.
        case rate
    }

    package var metric: Metric
    /// By how much of its mean the metric may rise or fall within `per` nanoseconds.
    package var slope: Double
    package var per: UInt64
    /// Whole seconds over which the slope is taken, and which the phase so takes at least.
    package var least: UInt64
    /// Nanoseconds after which the phase is recorded all the same.
    package var most: UInt64

    package init(metric: Metric, slope: Double, per: UInt64, least: UInt64, most: UInt64) {
        self.metric = metric
        self.slope = slope
        self.per = per
        self.least = least
        self.most = most
    }
}

extension Steady {
    private static let second: UInt64 = 1_000_000_000

    init(_ node: DocumentNode) throws(WorkloadError) {
        try node.checkKeys(["metric", "slope", "min", "max"])
        self.init(metric: .median, slope: 0.02, per: 10 * Self.second, least: 5 * Self.second, most: 60 * Self.second)
        metric = Metric(rawValue: try node.required("metric").choice(Metric.allCases.map(\.rawValue)))!
        if let written = node.value(of: "slope") { (slope, per) = try Self.slope(written) }
        if let written = node.value(of: "min") {
            least = try written.duration()
            guard least % Self.second == 0, (3 * Self.second...600 * Self.second).contains(least) else {
                throw written.complaint(
                    "\(written.title) is a number of whole seconds from 3s to 600s, not \(try written.word())")
            }
        }
        if let written = node.value(of: "max") { most = try written.duration() }
        // Seconds are those since the load began, so that a phase may begin and end within one.
        guard most >= least + 2 * Self.second, most <= 3_600 * Self.second else {
            throw (node.value(of: "max") ?? node).complaint(
                "\(node.title) needs a 'max' that is at least 2s longer than its 'min', \(least / Self.second)s, and at most 1h")
        }
    }

    /// `2%/10s`.
    private static func slope(_ node: DocumentNode) throws(WorkloadError) -> (share: Double, per: UInt64) {
        let text = try node.word()
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].hasSuffix("%"), let percent = Double(parts[0].dropLast()),
            (0.01...1_000).contains(percent),
            let per = parseDuration(String(parts[1])), (second...3_600 * second).contains(per)
        else {
            throw node.complaint("\(node.title) must be a percentage of the mean in a time, such as 2%/10s, not '\(text)'")
        }
        return (percent / 100, per)
    }
}

extension Phase {
    /// What goes with waiting for a steady state.
    func checkSteady(_ node: DocumentNode, roles: [Role]) throws(WorkloadError) {
        guard isRecorded else {
            throw node.complaint("\(node.title) says when to begin recording, and the phase is not recorded; drop one of the two")
        }
        guard !reconnects else {
            throw node.complaint("\(node.title): where all connections are lost nothing is steady; drop 'steady' or 'reconnect'")
        }
        for role in self.roles {
            if case .shaped = roles[role].arrivals {
                throw node.complaint(
                    "\(node.title): the rate of role '\(roles[role].name)' changes by itself in the phase; drop 'steady' or "
                        + "leave the role out"
                )
            }
        }
    }
}

extension Workload {
    /// The same with a phase more, which is not recorded, in front of each that waits for a steady state: it has the rule, and
    /// lasts until that is kept. Its name is one that no file can give.
    package var withSettling: Workload {
        var whole = self
        whole.phases = phases.flatMap { phase -> [Phase] in
            guard let steady = phase.steady else { return [phase] }
            var settling = phase
            settling.name += " (settling)"
            settling.nanoseconds = steady.most
            settling.isRecorded = false
            var recorded = phase
            recorded.steady = nil
            return [settling, recorded]
        }
        return whole
    }

    /// Moments of faults are counted from the first phase, so every phase must have a length that is known.
    func checkSteady(_ faults: DocumentNode?) throws(WorkloadError) {
        guard let faults, !self.faults.isEmpty, let phase = phases.first(where: { $0.steady != nil }) else { return }
        throw faults.complaint(
            "faults have their moments, and how long phase '\(phase.name)' takes to be steady is not known; drop one")
    }
}
