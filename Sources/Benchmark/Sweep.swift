// Runs one workload over ensembles of several sizes, one size after the other. The targets of a size are up at the same time and
// take turns under the load, slice by slice, so that whatever the machine does hits all of them alike.

import CLinux
internal import Ensemble
package import LoadGenerator
package import Results
import Workload

package struct Sweep {
    private let order: SweepOrder
    private let cancel: CancelFlag

    package init(_ order: SweepOrder, cancel: CancelFlag) {
        self.order = order
        self.cancel = cancel
    }

    /// What happens, for whoever watches and keeps the results.
    package struct Events {
        /// Once a second of load.
        package var progress: (ProgressFigures) -> Void
        /// Something takes its time; one sentence.
        package var notice: (String) -> Void
        /// A cell is done: one target of one size in one run.
        package var cell: (ResultCell) -> Void
        /// All runs of a size are done.
        package var size: (Int) -> Void

        package init(
            progress: @escaping (ProgressFigures) -> Void, notice: @escaping (String) -> Void,
            cell: @escaping (ResultCell) -> Void, size: @escaping (Int) -> Void
        ) {
            self.progress = progress
            self.notice = notice
            self.cell = cell
            self.size = size
        }
    }

    /// - Returns: false if it was ended early.
    package func run(_ events: Events) -> Bool {
        for nodes in order.nodes {
            for part in order.parts {
                let outcome = Sweep(part, cancel: cancel).runAll(nodes: nodes, events)
                guard outcome.isDone else {
                    if outcome.hasCells || part.variant ?? 0 > 0 { events.size(nodes) }
                    return false
                }
            }
            events.size(nodes)
        }
        return true
    }

    /// All runs of one size, of one variant where there are any.
    private func runAll(nodes: Int, _ events: Events) -> (isDone: Bool, hasCells: Bool) {
        var hasCells = false
        for repetition in 1...order.repetitions {
            if cancel.isSet { return (false, hasCells) }
            let cells = run(nodes: nodes, repetition: repetition, events)
            for cell in cells { events.cell(cell) }
            hasCells = hasCells || !cells.isEmpty
            if cancel.isSet || cells.contains(where: \.isPartial) { return (false, hasCells) }
        }
        return (true, hasCells)
    }

    /// One run of all targets on fresh directories; a target that does not come up has a cell that says so, and the others go on.
    private func run(nodes: Int, repetition: Int, _ events: Events) -> [ResultCell] {
        var standing: [StandingTarget?] = []
        var failures: [ResultCell] = []
        for target in order.targets {
            do throws(EnsembleError) {
                standing.append(try start(target, nodes: nodes, repetition: repetition, events))
            } catch {
                if error.cause == .interrupted { return [] }
                standing.append(nil)
                var cell = ResultCell(nodes: nodes, target: target.name)
                cell.failure = error.description
                failures.append(numbered(cell, repetition))
            }
        }
        let found = load(standing.compactMap(\.self), events)
        return order.targets.compactMap { target in
            (found + failures).first { $0.target == target.name }.map { numbered($0, repetition) }
        }
    }

    private func numbered(_ cell: ResultCell, _ repetition: Int) -> ResultCell {
        var numbered = cell
        numbered.repetition = order.repetitions > 1 ? repetition : nil
        numbered.parameters = order.parameters
        return numbered
    }

    private func start(
        _ target: BenchTarget, nodes: Int, repetition: Int, _ events: Events
    ) throws(EnsembleError) -> StandingTarget {
        var logs = "\(order.logDirectory)/logs-\(nodes)"
        if let variant = order.variant { logs += "-\(variant + 1)" }
        if order.targets.count > 1 { logs += "-\(target.fileName)" }
        if order.repetitions > 1 { logs += "-\(repetition)" }
        let standing = try StandingTarget.start(target, order, nodes: nodes, logs: logs, cancel: cancel)
        guard target.mustWarmUp else { return standing }
        let warmUp = WarmUp(isQuick: order.isQuick)
        let phases = warmUp.phases(of: order.workload)
        events.notice("Warming \(target.name) with \(nodes) member\(nodes == 1 ? "" : "s") until it gets no faster.")
        do throws(LoadError) {
            standing.warmUp = try warmUp.run { () throws(LoadError) in
                try standing.warm(phases, cancel: cancel)
            }
        } catch {
            throw EnsembleError(error.cause == .interrupted ? .interrupted : .notServing, error.description)
        }
        return standing
    }

    // MARK: Load

    private func load(_ standing: [StandingTarget], _ events: Events) -> [ResultCell] {
        var slices = [[ResultCell]](repeating: [], count: standing.count)
        for (place, turn) in Rounds.turns(targets: standing.count, rounds: order.rounds).enumerated() {
            if cancel.isSet { break }
            // A target that has failed once is not asked again, and the others go on.
            if slices[turn.target].contains(where: { $0.failure != nil }) { continue }
            var slice = standing[turn.target].load(cancel: cancel, repeatsVoid: !order.isQuick, events.progress)
            if order.rounds > 1, slice.failure == nil {
                slice.slices = [ResultSlice(place: place, round: turn.round, phases: slice.comparedPhases)]
            }
            slices[turn.target].append(slice)
        }
        return standing.indices.compactMap { index in
            guard var cell = ResultCell.joined(slices[index]) else { return nil }
            if cell.failure == nil { standing[index].judge(&cell, cancel: cancel) }
            cell.isPartial = cell.isPartial || cancel.isSet
            return cell
        }
    }
}
