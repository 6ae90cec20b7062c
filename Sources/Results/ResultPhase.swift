// One phase of a cell: what the clients saw, operation by operation, and what the members did meanwhile.

package import Statistics

package struct ResultPhase: Sendable, Equatable, Codable {
    package var name: String
    package var isRecorded: Bool
    /// Since the first phase began.
    package var startNanoseconds: UInt64
    package var durationNanoseconds: UInt64
    /// Requests due per second where they are due at fixed instants; left out where the next one waits for an answer.
    package var offeredPerSecond: Double?
    /// Acknowledged within the phase.
    package var writesPerSecond: Double
    /// Answered within the phase; left out where nothing was read.
    package var readsPerSecond: Double?
    /// Queue items taken within the phase; left out of workloads without queues.
    package var itemsPerSecond: Double?
    /// Response time of a write at the client, from the instant it was due: of the writes due at fixed instants where there are
    /// any, else of all. The distributions stand with the operations.
    package var commit: LatencySummary?
    /// From when an item's enqueue was due until it was taken; its distribution is that of the operation `dispatch`.
    package var enqueueToTake: LatencySummary?
    package var operations: [ResultOperation] = []
    /// Requests that are in no figure above, or only with their age; left out if there are none.
    package var failed: ResultFailures?
    /// Of all generators' threads together.
    package var generatorCPUNanoseconds: UInt64
    /// Of the thread that used most; left out where there was one.
    package var busiestGeneratorCPUNanoseconds: UInt64?
    package var server: ResultServerFigures?
    package var machine: ResultMachine?
    /// Left out unless it waited for a steady state.
    package var steady: ResultSteadiness?
    /// True if some of it is the generator's doing: of a phase with arrivals the percentiles from the 99th on, of a closed one
    /// the throughput.
    package var isVoid: Bool?

    package init(
        name: String, isRecorded: Bool, startNanoseconds: UInt64, durationNanoseconds: UInt64, writesPerSecond: Double,
        generatorCPUNanoseconds: UInt64
    ) {
        self.name = name
        self.isRecorded = isRecorded
        self.startNanoseconds = startNanoseconds
        self.durationNanoseconds = durationNanoseconds
        self.writesPerSecond = writesPerSecond
        self.generatorCPUNanoseconds = generatorCPUNanoseconds
    }

    private enum CodingKeys: String, CodingKey {
        case name
        case isRecorded = "recorded"
        case startNanoseconds = "start_ns"
        case durationNanoseconds = "duration_ns"
        case offeredPerSecond = "offered_per_s"
        case writesPerSecond = "writes_per_s"
        case readsPerSecond = "reads_per_s"
        case itemsPerSecond = "items_per_s"
        case commit
        case enqueueToTake = "enqueue_to_take"
        case operations, failed
        case generatorCPUNanoseconds = "generator_cpu_ns"
        case busiestGeneratorCPUNanoseconds = "busiest_generator_cpu_ns"
        case server, machine, steady
        case isVoid = "void"
    }

    /// Requests are due at fixed instants, so that waiting before sending counts.
    package var isOpenLoop: Bool { offeredPerSecond != nil }

    /// Not one request was answered within it, so that its figures are those of none.
    package var isEmpty: Bool { operations.allSatisfy { $0.acknowledgedInside == 0 } }

    /// The operations whose response times are the commit latency.
    package var commitOperations: [ResultOperation] {
        let writes = operations.filter { $0.isWrite && $0.response != nil }
        let due = writes.filter { $0.isOpenLoop && $0.offered > 0 }
        return due.isEmpty ? writes : due
    }

    /// Response times of the phase's reads together; nil where nothing was read.
    package var readResponse: LatencyFigures? {
        LatencyFigures.joined(operations.filter(\.isRead).map(\.response))
    }

    /// The share of the phase in which the generator's thread, or the busiest of several, was on a CPU.
    package var generatorShare: Double {
        let used = busiestGeneratorCPUNanoseconds ?? generatorCPUNanoseconds
        return durationNanoseconds == 0 ? 0 : Double(used) / Double(durationNanoseconds)
    }
}

/// What came to nothing in a phase.
package struct ResultFailures: Sendable, Equatable, Codable {
    /// By the protocol's name of the error.
    package var errors: [String: UInt64]
    /// Writes that may have happened or not; among the errors, too.
    package var unknown: UInt64
    /// Due, but never sent.
    package var notSent: UInt64
    /// Due and without a reply in the end; in the response times with their age.
    package var unanswered: UInt64

    /// nil if nothing failed.
    package init?(_ operations: [ResultOperation]) {
        errors = [:]
        for operation in operations { errors.merge(operation.errors, uniquingKeysWith: +) }
        unknown = operations.reduce(0) { $0 + $1.unknown }
        notSent = operations.reduce(0) { $0 + $1.notSent }
        unanswered = operations.reduce(0) { $0 + $1.unanswered }
        if errors.isEmpty && unknown + notSent + unanswered == 0 { return nil }
    }

    private enum CodingKeys: String, CodingKey {
        case errors, unknown
        case notSent = "not_sent"
        case unanswered
    }
}

package struct ResultOperation: Sendable, Equatable, Codable {
    package var role: String
    package var op: String
    package var isOpenLoop: Bool
    package var offered: UInt64
    package var sent: UInt64
    package var acknowledged: UInt64
    package var acknowledgedInside: UInt64
    package var errors: [String: UInt64]
    package var unknown: UInt64
    package var notSent: UInt64
    /// Of requests due at fixed instants, those without a reply in the end: in `response` with their age.
    package var unanswered: UInt64 = 0
    /// From the instant the request was due.
    package var response: LatencyFigures?
    /// From the instant it was sent.
    package var service: LatencyFigures?
    /// How late the generator was by its own fault.
    package var slip: LatencyFigures?
    package var series: [ResultSecond]

    package init(
        role: String, op: String, isOpenLoop: Bool, offered: UInt64, sent: UInt64, acknowledged: UInt64,
        acknowledgedInside: UInt64, errors: [String: UInt64], unknown: UInt64, notSent: UInt64, response: LatencyHistogram?,
        service: LatencyHistogram?, slip: LatencyHistogram?, series: [ResultSecond]
    ) {
        self.role = role
        self.op = op
        self.isOpenLoop = isOpenLoop
        self.offered = offered
        self.sent = sent
        self.acknowledged = acknowledged
        self.acknowledgedInside = acknowledgedInside
        self.errors = errors
        self.unknown = unknown
        self.notSent = notSent
        self.response = LatencyFigures(response)
        self.service = LatencyFigures(service)
        self.slip = LatencyFigures(slip)
        self.series = series
    }

    /// The least share of the due requests that must be answered within their phase.
    private static let answeredShare = 0.95

    /// Less was carried than was offered: its figures do not answer the question that was asked.
    package var fallsShort: Bool { isOpenLoop && Double(acknowledgedInside) < Self.answeredShare * Double(offered) }

    /// Not a request, but a stretch of time that several make up: until a lock was held, a message read, an item taken.
    package var isStretch: Bool { op == "lock" || op == "deliver" || op.hasPrefix("dispatch") }
    package var isRead: Bool { ["get", "exists", "list"].contains(op) }
    package var isWrite: Bool { ["create", "set", "delete", "multi", "enqueue", "take", "publish"].contains(op) }

    private enum CodingKeys: String, CodingKey {
        case role, op
        case isOpenLoop = "open_loop"
        case offered, sent, acknowledged
        case acknowledgedInside = "acknowledged_inside"
        case errors, unknown
        case notSent = "not_sent"
        case unanswered, response, service, slip, series
    }
}

/// One second of one operation.
package struct ResultSecond: Sendable, Equatable, Codable {
    package var second: Int
    package var count: UInt64
    package var errors: UInt64
    package var p50: UInt64
    package var p99: UInt64
    package var max: UInt64

    package init(second: Int, count: UInt64, errors: UInt64, p50: UInt64, p99: UInt64, max: UInt64) {
        self.second = second
        self.count = count
        self.errors = errors
        self.p50 = p50
        self.p99 = p99
        self.max = max
    }

    private enum CodingKeys: String, CodingKey {
        case second, count, errors
        case p50 = "p50_ns"
        case p99 = "p99_ns"
        case max = "max_ns"
    }
}
