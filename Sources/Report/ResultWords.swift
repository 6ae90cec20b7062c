// What a result says in words: what the columns mean, one sentence that sums it up, what failed, and what speaks against it.

package import Results

package enum ResultWords {
    /// What the columns are, with the phases that they are taken from.
    package static func legend(_ document: ResultDocument) -> String {
        let all = CellFigures.all(document)
        guard let figures = all.first(where: { $0.throughput != nil }) else { return "" }
        var lines: [String] = []
        if let phase = figures.latency {
            let offered = phase.offeredPerSecond.map { ", \(Numbers.whole($0)) requests/s due" } ?? ", as fast as answers come"
            let from = phase.isOpenLoop ? "from the instant it was due" : "from the instant it was sent"
            lines.append(
                "commit latency: a write's response time at the client, \(from) "
                    + "(phase '\(phase.name)'\(offered)\(requests(phase)))."
            )
            lines.append(
                "recv→quorum: on the leader, from a write's arrival until enough members have it on disk; every write of the same "
                    + "phase, whichever role sent it.")
            if figures.enqueueToTake != nil {
                lines.append("enqueue→take: from the instant an item was due until a worker has it as its own; same phase.")
            }
        }
        if let phase = figures.throughput {
            let kind = phase.isOpenLoop ? "at the offered rate" : "as fast as answers come"
            lines.append(
                "throughput, batches and cost: phase '\(phase.name)', \(kind); a batch's size in requests and batches in flight "
                    + "are means on the leader, CPU and flushes those of all members together.")
        }
        return lines.joined(separator: "\n")
    }

    /// Which requests a phase's commit latency is of.
    private static func requests(_ phase: ResultPhase) -> String {
        let names = phase.commitOperations.map { "\($0.op) of \($0.role)" }
        guard !names.isEmpty else { return "" }
        let leavesOut = phase.operations.contains { $0.isWrite && !$0.isOpenLoop && $0.acknowledged > 0 }
        return "; \(Numbers.list(names))" + (phase.isOpenLoop && leavesOut ? ", not what is sent as answers come" : "")
    }

    /// One sentence over all sizes.
    package static func sentence(_ document: ResultDocument) -> String {
        let cells = CellFigures.all(document).filter { $0.commit != nil && $0.writesPerSecond != nil }
        guard let first = cells.first else { return "Nothing was measured." }
        let medians = cells.enumerated().map { index, cell in
            let members = index == 0 ? "\(cell.nodes) member\(cell.nodes == 1 ? "" : "s")" : "\(cell.nodes)"
            return "\(Numbers.milliseconds(cell.commit?.percentile(50))) ms by \(members)"
        }
        let offered = first.latency?.offeredPerSecond.map { " while \(Numbers.whole($0)) requests/s are due" } ?? ""
        let rates = Numbers.list(cells.map { Numbers.whole($0.writesPerSecond) })
        var text = "Half of the writes are committed within \(Numbers.list(medians))\(offered); "
        let atFullSpeed = cells.allSatisfy { $0.throughput?.isOpenLoop == false } ? "at full speed " : ""
        text += atFullSpeed + (cells.count == 1 ? "the ensemble carries \(rates) writes/s" : "they carry \(rates) writes/s")
        if cells.allSatisfy({ $0.itemsPerSecond != nil }) {
            text += " (\(Numbers.list(cells.map { Numbers.whole($0.itemsPerSecond) })) items/s)"
        }
        let costs = cells.compactMap { $0.server?.cpuMicrosecondsPerWrite }
        if costs.count == cells.count {
            text += ", at \(Numbers.list(costs.map(Numbers.significant))) µs of CPU per write over all members"
        }
        return text + "."
    }

    /// Start-up, checks and marks, a line each; what is in order is said in few words.
    package static func remarks(_ document: ResultDocument) -> String {
        var lines: [String] = []
        let starts = document.cells.compactMap { $0.start.map { Numbers.significant(Double($0.toQuorumNanoseconds) / 1e9) } }
        if !starts.isEmpty { lines.append("Start to quorum: \(Numbers.list(starts)) s.") }
        lines.append(contentsOf: gaps(document))
        lines.append(contentsOf: checks(document))
        let shares = CellFigures.all(document).compactMap { figures in figures.generatorShare.map { Numbers.whole($0 * 100) } }
        if let phase = ChosenPhases(document).throughput, !shares.isEmpty {
            lines.append("The load generator's thread used \(Numbers.list(shares)) % of a core in phase '\(phase)'.")
        }
        if let before = document.ceilings?.before {
            lines.append(
                "Alone before the run, this machine did \(Numbers.whole(before.fsync.flushesPerSecond)) flushes/s of \(before.fsync.bytes) bytes "
                    + "(p50 \(Numbers.milliseconds(before.fsync.latency.percentile(50))) ms), "
                    + "\(Numbers.whole(before.loopback.roundTripsPerSecond)) loopback round trips/s; "
                    + "\(cpus(document.environment.cpus)) for members and load together."
            )
        }
        for mark in document.marks { lines.append("Mind (\(mark.name.rawValue)): \(mark.sentence)") }
        return lines.joined(separator: "\n")
    }

    /// How long writes stood still, and what may have been the cause.
    private static func gaps(_ document: ResultDocument) -> [String] {
        let longest = document.cells.compactMap { cell in cell.writeGaps.map(\.nanoseconds).max() }
        guard !longest.isEmpty, longest.count == document.cells.count else { return [] }
        let snapshots = document.cells.compactMap { cell in cell.snapshots.map { $0.reduce(0) { $0 + $1.count } } }
        var line = "Longest time without an acknowledged write: \(Numbers.list(longest.map { Numbers.milliseconds($0) })) ms"
        if snapshots.count == longest.count, snapshots.contains(where: { $0 > 0 }) {
            line += ", with \(Numbers.list(snapshots.map { "\($0)" })) snapshots taken by the members"
        }
        return [line + "."]
    }

    private static func cpus(_ count: Int) -> String { count == 1 ? "1 CPU" : "\(count) CPUs" }

    /// A check that passed is named only if it passed with every size; what nobody could tell is said, too.
    private static func checks(_ document: ResultDocument) -> [String] {
        var lines: [String] = []
        var names: [String] = []
        for check in document.cells.flatMap(\.checks) where !names.contains(check.name) { names.append(check.name) }
        var passed: [String] = []
        for name in names {
            let found = document.cells.map { cell in (cell, check: cell.checks.first { $0.name == name }) }
            if found.allSatisfy({ $0.check?.passed == true }) {
                passed.append(name)
                continue
            }
            for (cell, check) in found {
                let size = "with \(cell.nodes) member\(cell.nodes == 1 ? "" : "s")"
                switch check?.passed {
                case true?: lines.append("Check passed \(size): \(name).")
                case false?: lines.append("CHECK FAILED \(size), \(name): \(check!.sentence).")
                case nil where check != nil: lines.append("Check undecided \(size), \(name): \(check!.sentence).")
                default: break
                }
            }
        }
        if !passed.isEmpty { lines.append("Checks passed with every size: \(passed.joined(separator: ", ")).") }
        return lines
    }
}
