// By how much settings are better than the default: throughput where as many requests as possible are on their way, the 99th
// percentile where they are due at fixed instants, each in pairs of the same round.

internal import Foundation
package import Results
internal import Statistics

package struct TuningGain {
    private let objective: TuningObjective
    private let runs: [ResultRun]
    private let rate: (phase: String, metric: ResultMetric)?
    private let latency: String?

    package init(_ cells: [ResultCell], _ objective: TuningObjective) {
        self.objective = objective
        runs = cells.filter { $0.failure == nil }.map(ResultRun.init)
        let phases = ComparedPhase.all(cells)
        latency = phases.first(where: \.isOpenLoop)?.name
        rate = Self.fullest(phases.filter { !$0.isOpenLoop }.map(\.name), cells)
    }

    /// The closed phase and figure with the largest rate.
    private static func fullest(_ phases: [String], _ cells: [ResultCell]) -> (phase: String, metric: ResultMetric)? {
        let found = cells.lazy.flatMap(\.comparedPhases).filter { phases.contains($0.name) }.flatMap { phase in
            [ResultMetric.items, .writes, .reads].compactMap { metric in phase.figures[metric].map { (phase.name, metric, $0) } }
        }
        return found.max { $0.2 < $1.2 }.map { ($0.0, $0.1) }
    }

    /// What there is to judge by, in words of a document; nil where the workload has no phase for it.
    package var objection: String? {
        switch objective {
        case .throughput where rate == nil: "throughput needs a recorded phase with 'arrivals: closed'"
        case .latency where latency == nil: "latency needs a recorded phase with arrivals at a rate"
        case .both where rate == nil || latency == nil:
            "both needs a recorded phase with 'arrivals: closed' and one with arrivals at a rate"
        default: nil
        }
    }

    /// Of each round of all runs, as logarithms: above 0 is better.
    private func logarithms(_ name: String) -> [[Double]] {
        let own = runs.filter { $0.target == name }
        return own.map { run in
            let base = runs.first { $0.target == TuningCandidate.defaultName && $0.repetition == run.repetition }
            return (run.slices ?? []).compactMap { slice in
                guard let other = base?.slices?.first(where: { $0.round == slice.round }) else { return nil }
                return logarithm(slice, other)
            }
        }
    }

    private func logarithm(_ slice: ResultSlice, _ base: ResultSlice) -> Double? {
        func ratio(_ phase: String?, _ metric: ResultMetric?) -> Double? {
            func figure(_ slice: ResultSlice) -> Double? {
                metric.flatMap { metric in slice.phases.first { $0.name == phase }?.figures[metric] }
            }
            guard let own = figure(slice), let other = figure(base), own > 0, other > 0 else { return nil }
            return log(own / other)
        }
        let faster = ratio(rate?.phase, rate?.metric)
        let slower = ratio(latency, .commitP99)
        return switch objective {
        case .throughput: faster
        case .latency: slower.map { -$0 }
        case .both: faster.flatMap { faster in slower.map { (faster - $0) / 2 } }
        }
    }

    /// nil if nothing of it lay beside the default.
    package func gain(of name: String) -> ResultInterval? {
        let logs = logarithms(name)
        guard let middle = median(logs.flatMap(\.self)) else { return nil }
        return ResultInterval(
            logarithms: Interval.bootstrapOfMedian(ofRuns: logs, seed: PairedSides.seed), orMedian: middle,
            of: logs.joined().count)
    }

    /// Medians over its slices, from the two phases that are judged.
    package func figures(of name: String) -> [ResultMetric: Double] {
        let slices = runs.filter { $0.target == name }.flatMap { $0.slices ?? [] }
        var found: [ResultMetric: Double] = [:]
        func put(_ metric: ResultMetric, of phase: String?) {
            found[metric] = median(slices.compactMap { slice in slice.phases.first { $0.name == phase }?.figures[metric] })
        }
        if let rate { put(rate.metric, of: rate.phase) }
        put(.commitMedian, of: latency)
        put(.commitP99, of: latency)
        put(.cpuPerWrite, of: rate?.phase ?? latency)
        return found
    }
}

extension [TunedCandidate] {
    /// Marks those than which no other has both a larger rate and a lower 99th percentile.
    package mutating func markFront() {
        func rate(_ candidate: TunedCandidate) -> Double? {
            candidate.figures[.items] ?? candidate.figures[.writes] ?? candidate.figures[.reads]
        }
        let all = self
        for place in indices {
            guard let own = rate(self[place]), let tail = self[place].figures[.commitP99] else { continue }
            self[place].isOnFront = !all.contains { other in
                guard let theirs = rate(other), let theirTail = other.figures[.commitP99] else { return false }
                return theirs >= own && theirTail <= tail && (theirs > own || theirTail < tail)
            }
        }
    }
}
