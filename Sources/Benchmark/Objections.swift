// What speaks against the figures of a cell: a generator that sent late or fell behind, members that told nothing of themselves.

package import Results

package struct Objection: Sendable, Equatable {
    package let mark: ResultMark
    /// The figures do not answer the question that was asked: less was carried than was offered.
    package let isInvalid: Bool
}

extension ResultCell {
    /// Requests that the generator itself, and nobody else, sent so late are no longer on time.
    private static let slipLimit: UInt64 = 1_000_000
    /// The least share of the due requests that must be answered within their phase.
    private static let answeredShare = 0.95

    package var objections: [Objection] {
        recordedPhases.flatMap { phase in
            phase.operations.filter(\.isOpenLoop).flatMap { objections(to: $0, in: phase) } + metricsObjection(to: phase)
        }
    }

    private func objections(to operation: ResultOperation, in phase: ResultPhase) -> [Objection] {
        var found: [Objection] = []
        let place = "\(operation.role) \(operation.op) in phase '\(phase.name)' with \(members(nodes))"
        if Double(operation.acknowledgedInside) < Self.answeredShare * Double(operation.offered) {
            let percent = operation.acknowledgedInside * 100 / max(operation.offered, 1)
            let sentence = "\(place): of the requests that were due, only \(percent) % were answered in time; offer less"
            found.append(Objection(mark: ResultMark(.generator, sentence), isInvalid: true))
        }
        if let slip = operation.slip?.percentile(99), slip > Self.slipLimit {
            let sentence = "\(place): the generator itself sent one request in a hundred more than \(slip / 1_000_000) ms late"
            found.append(Objection(mark: ResultMark(.generator, sentence), isInvalid: false))
        }
        return found
    }

    private func metricsObjection(to phase: ResultPhase) -> [Objection] {
        guard phase.server?.windowNanoseconds == nil else { return [] }
        let sentence = "phase '\(phase.name)' with \(members(nodes)): the leader's own figures could not be read twice"
        return [Objection(mark: ResultMark(.metricsMissing, sentence), isInvalid: false)]
    }

    private func members(_ count: Int) -> String { count == 1 ? "1 member" : "\(count) members" }
}
