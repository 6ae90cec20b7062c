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
        if document.rows.contains(where: { $0.phases.contains { $0.isVoid == true } }) {
            lines.append("\(Numbers.void) marks what is void: the generator made it, not the members; how, is said below.")
        }
        if document.rows.contains(where: { $0.phases.contains(where: \.isUnsteady) }) {
            lines.append(
                "\(Numbers.unsteady) marks a phase that did not reach steady state before it was recorded; which, is said below.")
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

    /// One sentence over all sizes, of each target.
    package static func sentence(_ document: ResultDocument) -> String {
        let all = CellFigures.all(document).filter { $0.failure == nil && $0.commit != nil && $0.writesPerSecond != nil }
        let sentences = document.targets.compactMap { target -> String? in
            let own = all.filter { $0.target == target.name }
            guard let text = document.isSweep ? eachSentence(own) : sentence(own) else { return nil }
            return document.namesTargets ? "\(target.name): \(text)" : text
        }
        return sentences.isEmpty ? "Nothing was measured." : sentences.joined(separator: "\n")
    }

    /// One for each combination of values that were tried.
    private static func eachSentence(_ cells: [CellFigures]) -> String? {
        var names: [String?] = []
        for cell in cells where !names.contains(cell.parameterWords) { names.append(cell.parameterWords) }
        let lines = names.compactMap { name in
            sentence(cells.filter { $0.parameterWords == name }).map { (name.map { $0 + ": " } ?? "") + $0 }
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    private static func sentence(_ cells: [CellFigures]) -> String? {
        guard let first = cells.first else { return nil }
        let medians = cells.enumerated().map { index, cell in
            let members = index == 0 ? "\(cell.nodes) member\(cell.nodes == 1 ? "" : "s")" : "\(cell.nodes)"
            return "\(Numbers.milliseconds(cell.commit?.p50)) ms by \(members)"
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
        let marks = document.marks.map { "Mind (\($0.name.rawValue)): \($0.sentence)" }
        return
            (courses(document) + settled(document) + bounds(document) + checks(document) + ceilings(document) + failures(document)
            + marks)
            .joined(separator: "\n")
    }

    /// What each target's runs were like: start-up, silences, the generator's share, lost connections.
    static func courses(_ document: ResultDocument) -> [String] {
        document.targets.flatMap { target in
            let cells = document.rows.filter { $0.target == target.name }
            let of = document.namesTargets ? " of \(target.name)" : ""
            return starts(cells, of) + gaps(cells, of) + generatorShares(cells, ChosenPhases(document), of)
                + cells.flatMap { cell in
                    connections(
                        cell,
                        "\(cell.nodes) member\(cell.nodes == 1 ? "" : "s")\(of)"
                            + (cell.parameterWords.map { " and \($0)" } ?? ""))
                }
        }
    }

    private static func ceilings(_ document: ResultDocument) -> [String] {
        guard let before = document.ceilings?.before else { return [] }
        return [
            "Alone before the run, this machine did \(Numbers.whole(before.fsync.flushesPerSecond)) flushes/s of \(before.fsync.bytes) bytes "
                + "(p50 \(Numbers.milliseconds(before.fsync.latency.percentile(50))) ms), "
                + "\(Numbers.whole(before.loopback.roundTripsPerSecond)) loopback round trips/s\(speed(before.cpu)); "
                + "\(cpus(document.environment.cpus)) for members and load together."
        ]
    }

    /// Loads that failed under way, and runs that gave nothing.
    static func failures(_ document: ResultDocument) -> [String] {
        var lines: [String] = []
        for cell in document.cells {
            guard let failure = cell.failure, !cell.recordedPhases.isEmpty else { continue }
            lines.append("THE LOAD FAILED \(size(cell, document)), and the figures are of what was before: \(failure)")
        }
        for run in document.runs ?? [] {
            guard let failure = run.failure, let number = run.repetition else { continue }
            let members = "\(run.nodes) member\(run.nodes == 1 ? "" : "s")"
            lines.append("Run \(number) with \(members) of \(run.target) gave no figures: \(failure)")
        }
        return lines
    }

    /// In millions of steps, whose number alone says nothing: it is for comparing runs, and one CPU with several.
    private static func speed(_ cpu: CPUCeiling?) -> String {
        guard let cpu else { return "" }
        let alone = ", \(Numbers.whole(cpu.stepsPerSecondAlone / 1e6)) million steps/s on one CPU"
        guard cpu.cpus > 1 else { return alone }
        return "\(alone) and \(Numbers.whole(cpu.stepsPerSecondTogether / 1e6)) on each of \(cpu.cpus) at once"
    }

    private static func starts(_ cells: [ResultCell], _ of: String) -> [String] {
        let starts = cells.compactMap { $0.start.map { Numbers.significant(Double($0.toQuorumNanoseconds) / 1e9) } }
        return starts.isEmpty ? [] : ["Start to quorum\(of): \(Numbers.list(starts)) s."]
    }

    /// How long writes stood still, and what may have been the cause.
    private static func gaps(_ cells: [ResultCell], _ of: String) -> [String] {
        let longest = cells.compactMap { cell in cell.writeGaps.map(\.nanoseconds).max() }
        guard !longest.isEmpty, longest.count == cells.count else { return [] }
        let snapshots = cells.compactMap { cell in cell.snapshots.map { $0.reduce(0) { $0 + $1.count } } }
        var line = "Longest time without an acknowledged write\(of): \(Numbers.list(longest.map { Numbers.milliseconds($0) })) ms"
        if snapshots.count == longest.count, snapshots.contains(where: { $0 > 0 }) {
            line += ", with \(Numbers.list(snapshots.map { "\($0)" })) snapshots taken by the members"
        }
        return [line + "."]
    }

    private static func generatorShares(_ cells: [ResultCell], _ chosen: ChosenPhases, _ of: String) -> [String] {
        let shares = cells.compactMap { CellFigures($0, chosen).generatorShare.map { Numbers.whole($0 * 100) } }
        guard let phase = chosen.throughput, !shares.isEmpty else { return [] }
        let processes = cells.first?.generator?.processes
        let who = processes.map { "The busiest of \($0) load generators" } ?? "The load generator's thread"
        return ["\(who) used \(Numbers.list(shares)) % of a core in phase '\(phase)'\(of)."]
    }

    /// What TLS and lost connections cost the clients of one size.
    private static func connections(_ cell: ResultCell, _ members: String) -> [String] {
        func times(_ figures: LatencyFigures?) -> String {
            "p50 \(Numbers.milliseconds(figures?.percentile(50))) ms, p99 \(Numbers.milliseconds(figures?.percentile(99)))"
        }
        func last(_ storm: ResultReconnect) -> String {
            guard let each = storm.lasts else { return "\(Numbers.milliseconds(storm.lastNanoseconds)) ms" }
            let middle = Numbers.milliseconds(storm.medianLast.map { UInt64($0) })
            return "\(middle) ms (median of \(each.count), the longest \(Numbers.milliseconds(storm.lastNanoseconds)) ms)"
        }
        let handshakes = cell.handshakes.map {
            "TLS handshakes with \(members): \($0.done) done, \($0.failed) failed, \(Numbers.whole($0.perSecond))/s while any were "
                + "under way, \(times($0.response))."
        }
        let storms = (cell.reconnects ?? []).map {
            "Phase '\($0.phase)' with \(members): \($0.cut) connections cut, \($0.back) clients back, the last after "
                + "\(last($0)), \(times($0.response))."
        }
        return [handshakes].compactMap(\.self) + storms
    }

    /// Where the processors had nothing left to give while the most got through, and who had them.
    static func bounds(_ document: ResultDocument) -> [String] {
        let chosen = ChosenPhases(document)
        return document.rows.compactMap { cell in
            guard let machine = CellFigures(cell, chosen).throughput?.machine, machine.isBound else { return nil }
            func percent(_ share: Double) -> String { "\(Numbers.whole(share * 100)) %" }
            var parts = ["generator \(percent(machine.generator))", "others \(percent(machine.others))"]
            if let members = machine.members {
                parts.insert("members \(percent(members))", at: 0)
            } else {
                parts[1] = "others, the members among them, \(percent(machine.others))"
            }
            if machine.stolen >= 0.005 { parts.append("taken by the host \(percent(machine.stolen))") }
            return "Bound by CPU \(size(cell, document)): \(parts.joined(separator: ", "))."
        }
    }

    private static func size(_ cell: ResultCell, _ document: ResultDocument) -> String {
        let members =
            "with \(cell.nodes) member\(cell.nodes == 1 ? "" : "s")" + (cell.parameterWords.map { " and \($0)" } ?? "")
        return document.namesTargets ? "\(members) of \(cell.target)" : members
    }

    private static func cpus(_ count: Int) -> String { count == 1 ? "1 CPU" : "\(count) CPUs" }

    /// A check that passed is named only if it passed with every size; what nobody could tell is said, too.
    static func checks(_ document: ResultDocument) -> [String] {
        var lines: [String] = []
        var names: [String] = []
        let rows = document.rows
        for check in rows.flatMap(\.checks) where !names.contains(check.name) { names.append(check.name) }
        var passed: [String] = []
        for name in names {
            let found = rows.map { cell in (cell, check: cell.checks.first { $0.name == name }) }
            if found.allSatisfy({ $0.check?.passed == true && $0.0.failure == nil }) {
                passed.append(name)
                continue
            }
            for (cell, check) in found {
                let size = size(cell, document)
                switch check?.passed {
                case true? where cell.failure != nil:
                    lines.append("Check undecided \(size), \(name): the load failed before its end.")
                case true?: lines.append("Check passed \(size): \(name).")
                case false?: lines.append("CHECK FAILED \(size), \(name): \(check!.sentence).")
                case nil where check != nil: lines.append("Check undecided \(size), \(name): \(check!.sentence).")
                default: break
                }
            }
        }
        if !passed.isEmpty {
            let place = rows.count == 1 ? "" : document.namesTargets ? " with every size and target" : " with every size"
            lines.append("Checks passed\(place): \(passed.joined(separator: ", ")).")
        }
        return lines
    }
}
