// The figures of one cell that a table shows, and which phases they are taken from: latency from a phase whose requests are
// due at fixed instants, below saturation; throughput and cost from the phase that got the most through. The phases are chosen
// once for a document, by its first cell that has figures, so that all rows speak of the same.

package import Results

/// The phases of a document that its table shows, by name.
package struct ChosenPhases: Sendable, Equatable {
    package let latency: String?
    package let throughput: String?

    package init(_ document: ResultDocument) { self.init(document.cells) }

    package init(_ cells: [ResultCell]) {
        let phases = cells.lazy.map(\.recordedPhases).first { $0.contains { $0.writesPerSecond > 0 } } ?? []
        throughput = phases.filter { $0.writesPerSecond > 0 }.max { $0.writesPerSecond < $1.writesPerSecond }?.name
        latency = phases.first { $0.isOpenLoop && $0.commit != nil }?.name ?? throughput
    }
}

package struct CellFigures: Sendable {
    package let nodes: Int
    package let latency: ResultPhase?
    package let throughput: ResultPhase?
    package let failure: String?
    package let isPartial: Bool

    package init(_ cell: ResultCell, _ chosen: ChosenPhases) {
        nodes = cell.nodes
        failure = cell.failure
        isPartial = cell.isPartial
        latency = cell.recordedPhases.first { $0.name == chosen.latency }
        throughput = cell.recordedPhases.first { $0.name == chosen.throughput && $0.writesPerSecond > 0 }
    }

    static func all(_ document: ResultDocument) -> [CellFigures] {
        let chosen = ChosenPhases(document)
        return document.cells.map { CellFigures($0, chosen) }
    }

    var commit: LatencyFigures? { latency?.commit }
    var receivedToQuorum: ResultStage? { latency?.server?.stages["received_to_quorum"] }
    var enqueueToTake: LatencyFigures? { latency?.enqueueToTake }
    var writesPerSecond: Double? { throughput?.writesPerSecond }
    var itemsPerSecond: Double? { throughput?.itemsPerSecond }
    var server: ResultServerFigures? { throughput?.server }
    /// The generator's share of a core while it got the most through.
    var generatorShare: Double? { throughput?.generatorShare }
}
