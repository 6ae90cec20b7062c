// What one stretch of a cell's load brought, where targets take turns: the figures that are compared in pairs.

package struct ResultSlice: Sendable, Equatable, Codable {
    /// Its place among the slices of all targets of the ensemble size, in the order in which they were run.
    package var place: Int
    /// Slices of equal round are compared with each other.
    package var round: Int
    package var phases: [ResultSlicePhase]

    package init(place: Int, round: Int, phases: [ResultSlicePhase]) {
        self.place = place
        self.round = round
        self.phases = phases
    }
}

/// A recorded phase of a slice, in the figures that can be compared. What was not measured is left out.
package struct ResultSlicePhase: Sendable, Equatable, Codable {
    package var name: String
    package var figures: [ResultMetric: Double]

    package init(name: String, figures: [ResultMetric: Double]) {
        self.name = name
        self.figures = figures
    }

    /// - Parameter reconnect: of this phase, if it began with the loss of all connections.
    package init(_ phase: ResultPhase, reconnect: ResultReconnect? = nil) {
        name = phase.name
        figures = [:]
        if phase.writesPerSecond > 0 { figures[.writes] = phase.writesPerSecond }
        if let reads = phase.readsPerSecond, reads > 0 { figures[.reads] = reads }
        if let items = phase.itemsPerSecond, items > 0 { figures[.items] = items }
        figures[.commitMedian] = phase.commit.map { Double($0.p50) }
        figures[.commitP99] = phase.commit.map { Double($0.p99) }
        figures[.cpuPerWrite] = phase.server?.cpuMicrosecondsPerWrite
        figures[.flushMean] = phase.server?.meanFlushNanoseconds.map { Double($0) }
        figures[.lastBack] = reconnect?.medianLast
    }
}

extension ResultCell {
    /// Its recorded phases in the figures that can be compared.
    package var comparedPhases: [ResultSlicePhase] {
        recordedPhases.map { phase in ResultSlicePhase(phase, reconnect: reconnects?.first { $0.phase == phase.name }) }
    }
}

/// A figure by which targets are compared. Its raw value is the key that stands in documents.
package enum ResultMetric: String, Sendable, Codable, CodingKeyRepresentable, CaseIterable {
    case writes = "writes_per_s"
    case reads = "reads_per_s"
    case items = "items_per_s"
    case commitMedian = "commit_p50_ns"
    case commitP99 = "commit_p99_ns"
    case cpuPerWrite = "cpu_us_per_write"
    /// On the leader, as it says itself.
    case flushMean = "flush_mean_ns"
    case lastBack = "last_back_ns"

    package var isRate: Bool { self == .writes || self == .reads || self == .items }

    /// True where a larger value is the better one.
    package var isMoreBetter: Bool {
        switch self {
        case .writes, .reads, .items: true
        case .commitMedian, .commitP99, .cpuPerWrite, .flushMean, .lastBack: false
        }
    }
}
