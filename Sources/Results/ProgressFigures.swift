// One second of a run, for whoever watches it. Not part of the document.

package struct ProgressFigures: Sendable, Equatable {
    package var nodes: Int
    package var target: String
    package var phase: String
    package var seconds: Double
    package var plannedSeconds: Double
    package var writesPerSecond: UInt64
    package var itemsPerSecond: UInt64
    package var readsPerSecond: UInt64
    package var errors: UInt64
    package var p50: UInt64
    package var p99: UInt64
    package var backlog: Int64

    package init(
        nodes: Int, target: String, phase: String, seconds: Double, plannedSeconds: Double, writesPerSecond: UInt64,
        itemsPerSecond: UInt64,
        readsPerSecond: UInt64, errors: UInt64, p50: UInt64, p99: UInt64, backlog: Int64
    ) {
        self.nodes = nodes
        self.target = target
        self.phase = phase
        self.seconds = seconds
        self.plannedSeconds = plannedSeconds
        self.writesPerSecond = writesPerSecond
        self.itemsPerSecond = itemsPerSecond
        self.readsPerSecond = readsPerSecond
        self.errors = errors
        self.p50 = p50
        self.p99 = p99
        self.backlog = backlog
    }
}
