// The figures of one cell that a table shows, and which phases they are taken from: latency from a phase whose requests are
// due at fixed instants, below saturation; throughput and cost from the phase that got the most through. The phases are chosen
// once for a document, by its first cell that has figures, so that all rows speak of the same.

package import Results

/// The phases of a document that its table shows, by name.
package struct ChosenPhases: Sendable, Equatable {
    package let latency: String?
    package let throughput: String?
    /// The phase that answered the most reads; nil where nothing is read but by workers of queues.
    package let reading: String?

    package init(_ document: ResultDocument) { self.init(document.cells) }

    package init(_ cells: [ResultCell]) {
        let phases = cells.lazy.map(\.recordedPhases).first { $0.contains { $0.writesPerSecond > 0 } } ?? []
        throughput = phases.filter { $0.writesPerSecond > 0 }.max { $0.writesPerSecond < $1.writesPerSecond }?.name
        latency = phases.first { $0.isOpenLoop && $0.commit != nil }?.name ?? throughput
        let readers = phases.filter { $0.itemsPerSecond == nil && $0.readsPerSecond != nil }
        reading = readers.max { ($0.readsPerSecond ?? 0) < ($1.readsPerSecond ?? 0) }?.name
    }
}

package struct CellFigures: Sendable {
    package let nodes: Int
    package let target: String
    package let latency: ResultPhase?
    package let throughput: ResultPhase?
    package let reading: ResultPhase?
    package let parameters: [String: String]
    package let parameterWords: String?
    package let failure: String?
    package let isPartial: Bool

    package init(_ cell: ResultCell, _ chosen: ChosenPhases) {
        nodes = cell.nodes
        target = cell.target
        parameters = cell.parameters ?? [:]
        parameterWords = cell.parameterWords
        failure = cell.failure
        isPartial = cell.isPartial
        latency = cell.recordedPhases.first { $0.name == chosen.latency }
        throughput = cell.recordedPhases.first { $0.name == chosen.throughput && $0.writesPerSecond > 0 }
        reading = cell.recordedPhases.first { $0.name == chosen.reading }
    }

    static func all(_ document: ResultDocument) -> [CellFigures] {
        let chosen = ChosenPhases(document)
        return document.rows.map { CellFigures($0, chosen) }
    }

    var commit: LatencySummary? { latency?.commit }
    var receivedToQuorum: ResultStage? { latency?.server?.stages["received_to_quorum"] }
    var enqueueToTake: LatencySummary? { latency?.enqueueToTake }
    var writesPerSecond: Double? { throughput?.writesPerSecond }
    var itemsPerSecond: Double? { throughput?.itemsPerSecond }
    var readsPerSecond: Double? { reading?.readsPerSecond }
    var server: ResultServerFigures? { throughput?.server }
    var tailMark: String { latency?.isVoid == true && latency?.isOpenLoop == true ? Numbers.void : "" }
    var rateMark: String { throughput?.isVoid == true && throughput?.isOpenLoop == false ? Numbers.void : "" }
    var latencySteadyMark: String { latency?.isUnsteady == true ? Numbers.unsteady : "" }
    var rateSteadyMark: String { throughput?.isUnsteady == true ? Numbers.unsteady : "" }
    var readSteadyMark: String { reading?.isUnsteady == true ? Numbers.unsteady : "" }
    /// The generator's share of a core while it got the most through.
    var generatorShare: Double? { throughput?.generatorShare }
}

extension ResultDocument {
    /// The generator made this figure of one of the targets.
    func isVoid(_ nodes: Int, _ targets: [String], _ phase: String, _ metric: ResultMetric) -> Bool {
        rows.contains { row in
            row.nodes == nodes && targets.contains(row.target)
                && row.phases.contains { $0.name == phase && $0.makesVoid(metric) }
        }
    }

    /// More than one kind of server is in it, or another than this project's.
    var namesTargets: Bool { targets.count > 1 || targets.first?.name != ResultTarget.quorate }
}

extension ResultPhase {
    /// The generator made this figure of it.
    func makesVoid(_ metric: ResultMetric) -> Bool { isVoid == true && (isOpenLoop ? metric == .commitP99 : metric.isRate) }
}
