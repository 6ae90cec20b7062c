// Joins cells of one ensemble size and target, slices of one run or several runs, to one: counts add up, distributions are
// merged, rates are the median, and a check has passed if it has passed each time.

internal import Statistics

extension ResultDocument {
    /// True if cells differ in values of the workload.
    package var isSweep: Bool { cells.contains { $0.parameters != nil } }

    /// A cell for each size and target, of older documents, too, in which each run has one.
    package var rows: [ResultCell] { ResultCell.joinedRuns(cells) }
}

extension ResultCell {
    /// The cells as one; nil of none.
    package static func joined(_ cells: [ResultCell]) -> ResultCell? {
        guard var whole = cells.first else { return nil }
        guard cells.count > 1 else { return whole }
        whole.start = cells.compactMap(\.start).min { $0.toQuorumNanoseconds < $1.toQuorumNanoseconds }
        whole.phases = joinedPhases(cells)
        for next in cells.dropFirst() { whole.add(next) }
        whole.writeGaps.sort { $0.nanoseconds > $1.nanoseconds }
        whole.writeGaps = Array(whole.writeGaps.prefix(cells.map(\.writeGaps.count).max() ?? 0))
        whole.failure = cells.compactMap(\.failure).first
        whole.isPartial = cells.contains(where: \.isPartial)
        return whole
    }

    /// A cell for each size and target, in their order: the runs of it joined, but for those that failed or do not count. If none
    /// counts, all of them.
    package static func joinedRuns(_ cells: [ResultCell]) -> [ResultCell] {
        var groups: [[ResultCell]] = []
        for cell in cells {
            let place = groups.firstIndex {
                $0[0].nodes == cell.nodes && $0[0].target == cell.target && $0[0].parameters == cell.parameters
            }
            if let place { groups[place].append(cell) } else { groups.append([cell]) }
        }
        return groups.compactMap { group in
            let counting = group.filter { $0.failure == nil && $0.isTooSlow != true }
            return joined(counting.isEmpty ? group : counting)
        }
    }

    private static func joinedPhases(_ cells: [ResultCell]) -> [ResultPhase] {
        var names: [String] = []
        for phase in cells.flatMap(\.phases) where !names.contains(phase.name) { names.append(phase.name) }
        return names.compactMap { name in ResultPhase.joined(cells.compactMap { $0.phases.first { $0.name == name } }) }
    }

    private mutating func add(_ next: ResultCell) {
        let shift = writeGapSeries.last.map { $0.second + 1 } ?? 0
        if let more = next.queue { queue = queue?.adding(more) ?? more }
        if let more = next.sets { sets = sets?.adding(more) ?? more }
        if let more = next.locks { locks = (locks ?? [:]).merging(more, uniquingKeysWith: +) }
        if let more = next.messages { messages = (messages ?? [:]).merging(more, uniquingKeysWith: +) }
        for check in next.checks { checks.join(check) }
        if let more = next.replies { replies = replies?.adding(more) ?? more }
        if let more = next.sessions { sessions = sessions?.adding(more) ?? more }
        if let more = next.handshakes { handshakes = handshakes?.adding(more) ?? more }
        if let more = next.reconnects { reconnects = (reconnects ?? []).joining(more) }
        writeGaps += next.writeGaps
        writeGapSeries += next.writeGapSeries.map {
            ResultGapSecond(second: $0.second + shift, longestNanoseconds: $0.longestNanoseconds)
        }
        (course, stretches) = (nil, nil)
        if let more = next.elections { elections = (elections ?? []) + more }
        if let more = next.snapshots { snapshots = (snapshots ?? []) + more }
        if let more = next.generator { generator = generator?.adding(more) ?? more }
        if let more = next.faults { faults = (faults ?? []) + more }
        if let more = next.faultProblems { faultProblems = (faultProblems ?? []) + more }
        members = next.members
        memberMarks = memberMarks.map { Set($0).union(next.memberMarks ?? []).sorted() } ?? next.memberMarks
        if let more = next.slices { slices = (slices ?? []) + more }
        if let more = next.repeats { repeats = (repeats ?? 0) + more }
    }
}

extension [ResultCheck] {
    /// A failure stays, and so does what nobody could tell; a check that is named twice alike stands once.
    fileprivate mutating func join(_ check: ResultCheck) {
        guard let place = firstIndex(where: { $0.name == check.name }) else { return append(check) }
        func rank(_ passed: Bool?) -> Int { passed == false ? 0 : passed == nil ? 1 : 2 }
        if rank(check.passed) < rank(self[place].passed) { return self[place] = check }
        // Each speaks of its own part of the load.
        if check.passed == true, check.sentence != self[place].sentence { self[place].sentence = "in every part of the load" }
    }
}

extension [ResultReconnect] {
    fileprivate func joining(_ more: [ResultReconnect]) -> [ResultReconnect] {
        more.reduce(into: self) { all, next in
            guard let place = all.firstIndex(where: { $0.phase == next.phase }) else { return all.append(next) }
            all[place] = all[place].adding(next)
        }
    }
}

extension ResultPhase {
    static func joined(_ phases: [ResultPhase]) -> ResultPhase? {
        guard var whole = phases.first else { return nil }
        guard phases.count > 1 else { return whole }
        whole.durationNanoseconds = phases.reduce(0) { $0 + $1.durationNanoseconds }
        whole.generatorCPUNanoseconds = phases.reduce(0) { $0 + $1.generatorCPUNanoseconds }
        if whole.busiestGeneratorCPUNanoseconds != nil {
            whole.busiestGeneratorCPUNanoseconds = phases.reduce(0) { $0 + ($1.busiestGeneratorCPUNanoseconds ?? 0) }
        }
        whole.offeredPerSecond = median(phases.compactMap(\.offeredPerSecond))
        whole.writesPerSecond = median(phases.map(\.writesPerSecond)) ?? 0
        whole.readsPerSecond = median(phases.compactMap(\.readsPerSecond))
        whole.itemsPerSecond = median(phases.compactMap(\.itemsPerSecond))
        whole.operations = joinedOperations(phases)
        whole.commit = LatencyFigures.joined(whole.commitOperations.map(\.response))?.summary
        let takes = whole.operations.filter { $0.op == "dispatch" }
        whole.enqueueToTake = whole.itemsPerSecond.flatMap { _ in LatencyFigures.joined(takes.map(\.response))?.summary }
        whole.failed = ResultFailures(whole.operations)
        whole.steady = ResultSteadiness.joined(phases.compactMap(\.steady))
        whole.isVoid = phases.contains { $0.isVoid == true } ? true : nil
        whole.server = ResultServerFigures.joined(phases.compactMap(\.server))
        whole.machine = ResultMachine.joined(phases.compactMap(\.machine))
        return whole
    }

    private static func joinedOperations(_ phases: [ResultPhase]) -> [ResultOperation] {
        var whole: [ResultOperation] = []
        var shift = 0
        for phase in phases {
            let first = phase.operations.compactMap { $0.series.first?.second }.min() ?? 0
            for operation in phase.operations { whole.join(operation, secondsMovedBy: shift == 0 ? 0 : shift - first) }
            shift = 1 + (whole.compactMap { $0.series.last?.second }.max() ?? -1)
        }
        return whole
    }
}

extension [ResultOperation] {
    fileprivate mutating func join(_ operation: ResultOperation, secondsMovedBy shift: Int) {
        var next = operation
        for place in next.series.indices { next.series[place].second += shift }
        guard let place = firstIndex(where: { $0.role == next.role && $0.op == next.op }) else { return append(next) }
        self[place].add(next)
    }
}

extension ResultOperation {
    fileprivate mutating func add(_ next: ResultOperation) {
        offered += next.offered
        sent += next.sent
        acknowledged += next.acknowledged
        acknowledgedInside += next.acknowledgedInside
        errors.merge(next.errors, uniquingKeysWith: +)
        unknown += next.unknown
        notSent += next.notSent
        unanswered += next.unanswered
        response = LatencyFigures.joined([response, next.response])
        service = LatencyFigures.joined([service, next.service])
        slip = LatencyFigures.joined([slip, next.slip])
        series += next.series
    }
}

extension LatencyFigures {
    package static func joined(_ figures: [LatencyFigures?]) -> LatencyFigures? {
        var all = LatencyHistogram()
        for next in figures { if let next { all.merge(next.histogram) } }
        return LatencyFigures(all)
    }
}

extension ResultMachine {
    static func joined(_ machines: [ResultMachine]) -> ResultMachine? {
        guard let first = machines.first else { return nil }
        func mean(_ value: (ResultMachine) -> Double) -> Double { machines.map(value).reduce(0, +) / Double(machines.count) }
        return ResultMachine(
            cpus: first.cpus, members: machines.allSatisfy { $0.members != nil } ? mean { $0.members ?? 0 } : nil,
            generator: mean(\.generator), others: mean(\.others), stolen: mean(\.stolen))
    }
}

extension ResultServerFigures {
    static func joined(_ figures: [ResultServerFigures]) -> ResultServerFigures? {
        guard var whole = figures.first else { return nil }
        func total(_ value: (ResultServerFigures) -> UInt64?) -> UInt64? {
            let values = figures.compactMap(value)
            return values.count == figures.count ? values.reduce(0, +) : nil
        }
        func middle(_ value: (ResultServerFigures) -> Double?) -> Double? { median(figures.compactMap(value)) }
        whole.cpuNanoseconds = total(\.cpuNanoseconds)
        whole.cpuMicrosecondsPerWrite = middle(\.cpuMicrosecondsPerWrite)
        whole.switchesPerWrite = middle(\.switchesPerWrite)
        whole.leader = Set(figures.map(\.leader)).count == 1 ? whole.leader : nil
        whole.flushesPerSecond = middle(\.flushesPerSecond)
        whole.snapshotsTaken = total(\.snapshotsTaken)
        whole.batchesPerAck = middle(\.batchesPerAck)
        let windows = figures.compactMap(\.windowNanoseconds)
        whole.windowNanoseconds = windows.isEmpty ? nil : windows.reduce(0, +)
        whole.leaderFlushesPerSecond = middle(\.leaderFlushesPerSecond)
        whole.flushedBytesPerSecond = middle(\.flushedBytesPerSecond)
        whole.meanFlushNanoseconds = middle { $0.meanFlushNanoseconds.map { Double($0) } }.map { UInt64($0) }
        whole.recordsPerFlush = middle(\.recordsPerFlush)
        whole.batchesPerFlush = middle(\.batchesPerFlush)
        whole.requestsPerBatch = middle(\.requestsPerBatch)
        whole.bytesPerBatch = middle(\.bytesPerBatch)
        whole.batchesInFlight = middle(\.batchesInFlight)
        whole.stages = joinedStages(figures.map(\.stages))
        let own = figures.compactMap(\.ownStages)
        whole.ownStages = own.isEmpty ? nil : joinedStages(own)
        return whole
    }

    private static func joinedStages(_ all: [[String: ResultStage]]) -> [String: ResultStage] {
        all.reduce(into: [:]) { sum, stages in sum.merge(stages) { $0.adding($1) } }
    }
}

extension ResultStage {
    fileprivate func adding(_ other: ResultStage) -> ResultStage {
        var filled: [UInt64: UInt64] = [:]
        for (bound, count) in zip(bounds + other.bounds, counts + other.counts) { filled[bound, default: 0] += count }
        let bounds = filled.keys.sorted()
        let total = count + other.count
        let sum = Double(count) * Double(meanNanoseconds) + Double(other.count) * Double(other.meanNanoseconds)
        var whole = ResultStage(
            count: total, meanNanoseconds: total == 0 ? 0 : UInt64(sum / Double(total)), p50: nil, p99: nil, p999: nil,
            bounds: bounds, counts: bounds.map { filled[$0]! })
        whole.p50 = whole.bound(of: 0.5)
        whole.p99 = whole.bound(of: 0.99)
        whole.p999 = whole.bound(of: 0.999)
        return whole
    }

    /// The upper end of the bucket that the share `q` of all reaches into; nil beyond the last one.
    private func bound(of q: Double) -> UInt64? {
        var through: UInt64 = 0
        for (bound, count) in zip(bounds, counts) {
            through += count
            if Double(through) >= q * Double(self.count) { return bound }
        }
        return nil
    }
}
