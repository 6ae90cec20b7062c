// The figures of one cell that a table shows, and which phase each of them is taken from: latency from a phase whose requests are
// due at fixed instants, below saturation; throughput and cost from the phase that got the most through.

package import Results

package struct CellFigures: Sendable {
    package let nodes: Int
    package let latency: ResultPhase?
    package let throughput: ResultPhase?
    package let failure: String?
    package let isPartial: Bool

    package init(_ cell: ResultCell) {
        nodes = cell.nodes
        failure = cell.failure
        isPartial = cell.isPartial
        let phases = cell.recordedPhases
        throughput = phases.filter { $0.writesPerSecond > 0 }.max { $0.writesPerSecond < $1.writesPerSecond }
        latency = phases.first { $0.isOpenLoop && $0.commit != nil } ?? throughput
    }

    var commit: LatencyFigures? { latency?.commit }
    var receivedToQuorum: ResultStage? { latency?.server?.stages["received_to_quorum"] }
    var enqueueToTake: LatencyFigures? { latency?.enqueueToTake }
    var writesPerSecond: Double? { throughput?.writesPerSecond }
    var itemsPerSecond: Double? { throughput?.itemsPerSecond }
    var server: ResultServerFigures? { throughput?.server }
}
