// What speaks against the figures of a cell: a generator that was the bottleneck or sent late, less carried than was offered,
// requests that failed, a phase that was not steady, members that told nothing of themselves.

package import Results

package struct Objection: Sendable, Equatable {
    package enum Weight: Sendable, Equatable {
        /// To be known.
        case remark
        /// What was measured is as much the generator as the members; worth a failure only where that was asked for.
        case void
        /// The figures do not answer the question that was asked: less was carried than was offered.
        case invalid
    }

    package let mark: ResultMark
    package let weight: Weight
}

extension ResultCell {
    /// Requests that the generator itself, and nobody else, sent so late are no longer on time.
    private static let slipLimit: UInt64 = 1_000_000
    /// The share of the 99th percentile's response time that may be the generator's own delay.
    private static let slipShare = 0.2
    /// A thread that uses so much of a core has no time left to wait for anybody.
    private static let busyShare = 0.9
    /// More than the kernel and an idle target need.
    private static let othersShare = 0.35

    package var objections: [Objection] { recordedPhases.flatMap(objections) }

    /// Phases that the generator has spoilt say so themselves, for those who only read the figures.
    package mutating func noteVoidPhases() {
        for place in phases.indices where phases[place].isRecorded {
            if objections(to: phases[place]).contains(where: { $0.weight == .void }) { phases[place].isVoid = true }
        }
    }

    private func objections(to phase: ResultPhase) -> [Objection] {
        phase.operations.filter(\.isOpenLoop).flatMap { objections(to: $0, in: phase) } + bottleneck(of: phase)
            + failures(in: phase) + emptiness(of: phase) + unsteadiness(of: phase) + metricsObjection(to: phase)
            + disturbance(of: phase)
    }

    private func objections(to operation: ResultOperation, in phase: ResultPhase) -> [Objection] {
        var found: [Objection] = []
        let place = "\(operation.role) \(operation.op) in phase '\(phase.name)' with \(members(nodes))"
        if operation.fallsShort {
            let percent = operation.acknowledgedInside * 100 / max(operation.offered, 1)
            let sentence = "\(place): of the requests that were due, only \(percent) % were answered in time; offer less"
            found.append(Objection(mark: ResultMark(.generator, sentence), weight: .invalid))
        }
        if let slip = operation.slip?.percentile(99), slip > Self.slipLimit {
            let response = operation.response?.percentile(99) ?? 0
            let isVoid = Double(slip) > Self.slipShare * Double(response)
            let sentence =
                "\(place): the generator itself sent one request in a hundred more than \(slip / 1_000_000) ms late"
                + (isVoid ? ", which is much of the response time there; its percentiles from the 99th on are void" : "")
            found.append(Objection(mark: ResultMark(.generator, sentence), weight: isVoid ? .void : .remark))
        }
        return found
    }

    /// In a closed loop the members can't get more than the generator's thread, or the busiest of several, has time to send.
    /// Where the members used more, the machine is full and not the generator the bottleneck: that is a finding, see
    /// ``ResultMachine``.
    private func bottleneck(of phase: ResultPhase) -> [Objection] {
        guard !phase.isOpenLoop, phase.generatorShare > Self.busyShare, let cpu = phase.server?.cpuNanoseconds else { return [] }
        let share = Double(cpu) / Double(max(phase.durationNanoseconds, 1))
        guard share < phase.generatorShare else { return [] }
        let sentence =
            "phase '\(phase.name)' with \(members(nodes)): \(busiestGenerator) used "
            + "\(percent(phase.generatorShare)) % of a core, "
            + "all members together \(percent(share)) %; the throughput is the generator's"
        return [Objection(mark: ResultMark(.generator, sentence), weight: .void)]
    }

    private var busiestGenerator: String {
        (generator?.processes).map { "the busiest of \($0) generators" } ?? "the generator's thread"
    }

    private func percent(_ share: Double) -> Int { Int((share * 100).rounded()) }

    private func failures(in phase: ResultPhase) -> [Objection] {
        guard let failed = phase.failed else { return [] }
        var parts = failed.errors.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        if failed.unknown > 0 { parts.append("\(failed.unknown) writes with an unknown outcome") }
        if failed.notSent > 0 { parts.append("\(failed.notSent) never sent") }
        if failed.unanswered > 0 {
            parts.append(
                "\(failed.unanswered) due without a reply, which count with their age; no other of these is in a latency")
        } else {
            parts.append("none of these is in a latency")
        }
        let sentence = "phase '\(phase.name)' with \(members(nodes)): \(parts.joined(separator: ", "))"
        return [Objection(mark: ResultMark(.errors, sentence), weight: .remark)]
    }

    /// Programs that have nothing to do with the run are felt by one target more than by the other. Members that are not known
    /// count among them, and so does the kernel's own work, which is a fifth where nothing else runs.
    private func disturbance(of phase: ResultPhase) -> [Objection] {
        guard let machine = phase.machine, machine.members != nil, machine.others > Self.othersShare else { return [] }
        let sentence =
            "phase '\(phase.name)' with \(members(nodes)): other programs than members and generator had "
            + "\(percent(machine.others)) % of the CPUs; measure on a machine that does nothing else"
        return [Objection(mark: ResultMark(.disturbed, sentence), weight: .remark)]
    }

    /// Its figures are those of no request, and the table takes its throughput from another phase.
    private func emptiness(of phase: ResultPhase) -> [Objection] {
        guard phase.isEmpty else { return [] }
        let sentence = "phase '\(phase.name)' with \(members(nodes)): not one request was answered in it"
        return [Objection(mark: ResultMark(.errors, sentence), weight: .invalid)]
    }

    /// The figures hold for what there was, a drift.
    private func unsteadiness(of phase: ResultPhase) -> [Objection] {
        guard phase.isUnsteady, let steady = phase.steady else { return [] }
        let sentence = "phase '\(phase.name)' with \(members(nodes)): \(steady.objection)"
        return [Objection(mark: ResultMark(.unsteady, sentence), weight: .remark)]
    }

    private func metricsObjection(to phase: ResultPhase) -> [Objection] {
        // Others tell nothing of the kind.
        guard target == ResultTarget.quorate, phase.server?.windowNanoseconds == nil else { return [] }
        let sentence = "phase '\(phase.name)' with \(members(nodes)): the leader's own figures could not be read twice"
        return [Objection(mark: ResultMark(.metricsMissing, sentence), weight: .remark)]
    }

    private func members(_ count: Int) -> String {
        let text = count == 1 ? "1 member" : "\(count) members"
        let whose = (target == ResultTarget.quorate ? text : "\(text) of \(target)") + (parameterWords.map { " and \($0)" } ?? "")
        return repetition.map { "\(whose) in run \($0)" } ?? whose
    }
}
