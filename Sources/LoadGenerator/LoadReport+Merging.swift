// The reports of generators that shared one load, put together as if one had sent it all: histograms and counts are added, the
// books of sets become one, and the checks are made anew over the whole.

internal import Statistics
package import Workload

extension LoadReport {
    /// `parts` in their order, at least one, of one workload that began at one instant.
    package static func merged(_ parts: [PartReport], of workload: Workload) -> LoadReport {
        precondition(!parts.isEmpty, "a load has parts")
        var whole = parts[0].report
        for part in parts.dropFirst() { whole.add(part.report) }
        whole.mergePhases(parts)
        whole.mergeGaps(parts)
        whole.handshakes?.busyNanoseconds = Stretch.nanosecondsOfAny(parts.flatMap(\.remains.handshaking))
        var sets = parts[0].remains.sets
        for part in parts.dropFirst() {
            if let more = part.remains.sets { sets = sets?.merged(with: more) ?? more }
        }
        whole.sets = sets?.settled
        let findings = MergedFindings(whole, parts, workload)
        whole.checks = findings.checkOutcomes(whole.queues, whole.sets, whole.topics)
        return whole
    }

    private mutating func add(_ other: LoadReport) {
        anomalies.add(other.anomalies)
        silences.add(other.silences)
        sessions.add(other.sessions)
        generator.add(other.generator)
        if let more = other.handshakes { handshakes = handshakes?.adding(more) ?? more }
        for (index, more) in other.reconnects.enumerated() {
            if reconnects.indices.contains(index) { reconnects[index].add(more) } else { reconnects.append(more) }
        }
        // Whoever shares these books is in one part.
        queues = queues ?? other.queues
        locks = locks ?? other.locks
        topics = topics ?? other.topics
        bins.merge(other.bins)
        for (place, more) in other.stretches.enumerated() where stretches.indices.contains(place) {
            stretches[place].response.merge(more.response)
        }
        startedWallNanoseconds = min(startedWallNanoseconds, other.startedWallNanoseconds)
        isInterrupted = isInterrupted || other.isInterrupted
    }

    /// Phases begin at the same instants everywhere; a run that was ended early has ended a little later here than there.
    private mutating func mergePhases(_ parts: [PartReport]) {
        let longest = parts.max { $0.report.phases.count < $1.report.phases.count }!.report.phases
        phases = longest.indices.map { index in
            let same = parts.compactMap { part in part.report.phases.indices.contains(index) ? part.report.phases[index] : nil }
            var phase = longest[index]
            phase.durationNanoseconds = same.map(\.durationNanoseconds).max()!
            phase.generatorCPUByPart = same.flatMap(\.generatorCPUByPart)
            phase.operations = []
            for operation in same.flatMap(\.operations) {
                if let known = phase.operations.firstIndex(where: { $0.role == operation.role && $0.name == operation.name }) {
                    phase.operations[known].add(operation)
                } else {
                    phase.operations.append(operation)
                }
            }
            return phase
        }
        mergeSeconds(parts)
    }

    /// Percentiles of a second come from the times of all its parts.
    private mutating func mergeSeconds(_ parts: [PartReport]) {
        struct Place: Hashable {
            let role: String
            let kind: OperationKind
            let label: String
            let second: Int
        }
        var times: [Place: LatencyHistogram] = [:]
        for second in parts.flatMap(\.remains.seconds) {
            let place = Place(role: second.role, kind: second.kind, label: second.label, second: second.second)
            times[place, default: LatencyHistogram()].merge(second.times)
        }
        for phase in phases.indices {
            for index in phases[phase].operations.indices {
                let operation = phases[phase].operations[index]
                for (position, figures) in operation.series.enumerated() {
                    let place = Place(
                        role: operation.role, kind: operation.kind, label: operation.label, second: figures.second)
                    guard let all = times[place] else { continue }
                    phases[phase].operations[index].series[position].p50 = all.value(atPercentile: 50)
                    phases[phase].operations[index].series[position].p99 = all.value(atPercentile: 99)
                }
            }
        }
    }

    /// A gap is where no part had a write acknowledged; it belongs to the phase in which it begins.
    private mutating func mergeGaps(_ parts: [PartReport]) {
        var quiet = parts[0].remains.quiet
        for part in parts.dropFirst() { quiet = QuietStretches.common(quiet, part.remains.quiet) }
        let seconds = parts.map { $0.report.writeGapSeries.count }.min()!
        writeGapSeries = (0..<seconds).map { second in
            let begin = startedNanoseconds + UInt64(second) * LoadDriver.second
            let end = begin + LoadDriver.second
            return quiet.map { min($0.end, end) > max($0.start, begin) ? min($0.end, end) - max($0.start, begin) : 0 }.max() ?? 0
        }
        let counted = phases.filter { parts[0].remains.gapPhases.contains($0.name) }
        writeGaps = quiet.compactMap { gap($0, in: counted) }.sorted { $0.nanoseconds > $1.nanoseconds }
        if writeGaps.count > WriteGapRecorder.kept { writeGaps.removeLast(writeGaps.count - WriteGapRecorder.kept) }
    }

    /// What of a quiet stretch lies in phases that count and follow each other.
    private func gap(_ stretch: Stretch, in counted: [PhaseReport]) -> WriteGap? {
        let (start, end) = (stretch.start - startedNanoseconds, stretch.end - startedNanoseconds)
        guard let first = counted.first(where: { $0.endNanoseconds > start && $0.startNanoseconds < end }) else { return nil }
        var limit = first.endNanoseconds
        while let next = counted.first(where: { $0.startNanoseconds == limit && $0.durationNanoseconds > 0 }) {
            limit = next.endNanoseconds
        }
        let begin = max(start, first.startNanoseconds)
        return WriteGap(startNanoseconds: begin, nanoseconds: min(end, limit) - begin, phase: first.name)
    }
}

/// What the checks look at, over all parts.
private struct MergedFindings: CheckedFindings {
    let workload: Workload
    let anomalies: ReplyAnomalies
    let lockAccounting: LockAccounting
    /// A trace is played by one generator.
    let replayAccounting: ReplayAccounting? = nil
    let isInterrupted: Bool
    var refusals: [String: UInt64] = [:]
    var cutOffTakers = 0
    var cutOffReaders = 0
    var lastTrouble = ""

    init(_ report: LoadReport, _ parts: [PartReport], _ workload: Workload) {
        self.workload = workload
        anomalies = report.anomalies
        lockAccounting = report.locks ?? LockAccounting()
        isInterrupted = report.isInterrupted
        for part in parts {
            refusals.merge(part.remains.refusals) { $0 + $1 }
            cutOffTakers += part.remains.cutOffTakers
            cutOffReaders += part.remains.cutOffReaders
            let isCutOff = part.remains.cutOffTakers + part.remains.cutOffReaders > 0
            if lastTrouble.isEmpty || isCutOff { lastTrouble = part.remains.lastTrouble }
        }
    }
}

extension PhaseReport {
    fileprivate var endNanoseconds: UInt64 { startNanoseconds + durationNanoseconds }
}

extension OperationReport {
    fileprivate mutating func add(_ other: OperationReport) {
        offered += other.offered
        sent += other.sent
        acknowledged += other.acknowledged
        answeredInside += other.answeredInside
        errors.merge(other.errors) { $0 + $1 }
        unknown += other.unknown
        notSent += other.notSent
        unanswered += other.unanswered
        response.merge(other.response)
        service = Self.sum(service, other.service)
        slip = Self.sum(slip, other.slip)
        for second in other.series {
            if let known = series.firstIndex(where: { $0.second == second.second }) {
                series[known].count += second.count
                series[known].errors += second.errors
                series[known].max = max(series[known].max, second.max)
            } else {
                series.append(second)
            }
        }
        series.sort { $0.second < $1.second }
    }

    private static func sum(_ left: LatencyHistogram?, _ right: LatencyHistogram?) -> LatencyHistogram? {
        guard var sum = left, let right else { return left ?? right }
        sum.merge(right)
        return sum
    }
}

extension ReplyAnomalies {
    fileprivate mutating func add(_ other: ReplyAnomalies) {
        swapped += other.swapped
        lost += other.lost
        doubled += other.doubled
        stray += other.stray
        malformed += other.malformed
        wrongContent += other.wrongContent
        wrongError += other.wrongError
        zxidBack += other.zxidBack
        missedWatch += other.missedWatch
        unanswered += other.unanswered
    }
}

extension SilenceFigures {
    fileprivate mutating func add(_ other: SilenceFigures) {
        count += other.count
        longestNanoseconds = max(longestNanoseconds, other.longestNanoseconds)
    }
}

extension SessionFigures {
    fileprivate mutating func add(_ other: SessionFigures) {
        opened += other.opened
        resumed += other.resumed
        expired += other.expired
        connectionsLost += other.connectionsLost
        connectFailures += other.connectFailures
    }
}

extension HandshakeFigures {
    /// How long any were under way is told by the stretches of all parts, see `merged`.
    fileprivate func adding(_ other: HandshakeFigures) -> HandshakeFigures {
        var sum = self
        sum.done += other.done
        sum.failed += other.failed
        sum.response.merge(other.response)
        return sum
    }
}

extension ReconnectFigures {
    fileprivate mutating func add(_ other: ReconnectFigures) {
        cut += other.cut
        back += other.back
        lastNanoseconds = max(lastNanoseconds, other.lastNanoseconds)
        response.merge(other.response)
    }
}

extension GeneratorFigures {
    fileprivate mutating func add(_ other: GeneratorFigures) {
        processes += other.processes
        cpuNanoseconds += other.cpuNanoseconds
        wallNanoseconds = max(wallNanoseconds, other.wallNanoseconds)
        turns += other.turns
        requests += other.requests
        bytesSent += other.bytesSent
        bytesReceived += other.bytesReceived
    }
}
