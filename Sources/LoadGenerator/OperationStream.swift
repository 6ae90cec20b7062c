// Figures of one operation of one role while the load runs: histograms by phase, and the second that is being filled.

internal import Statistics

/// What one phase holds of an operation. Histograms exist only where something is recorded.
struct PhaseFigures {
    var offered: UInt64 = 0
    var sent: UInt64 = 0
    var acknowledged: UInt64 = 0
    var answeredInside: UInt64 = 0
    var unknown: UInt64 = 0
    var notSent: UInt64 = 0
    var unanswered: UInt64 = 0
    var errors: [Int32: UInt64] = [:]
    var response: LatencyHistogram?
    var service: LatencyHistogram?
    var slip: LatencyHistogram?

    /// What was due is booked elsewhere.
    @inline(__always) mutating func takeBackOffer() {
        if offered > 0 { offered -= 1 }
    }

    /// One method, so that the figures are looked up once.
    @inline(__always) mutating func acknowledged(response: UInt64, service: UInt64) {
        acknowledged += 1
        self.response?.record(response)
        self.service?.record(service)
    }
}

/// One role's operation.
final class OperationStream {
    let role: Int
    let kind: OperationKind
    /// Tells streams of one kind apart, such as those of priorities; empty for the whole.
    let label: String
    let isOpenLoop: Bool
    let isWrite: Bool
    @exclusivity(unchecked) var phases: [PhaseFigures]
    private(set) var series: [SecondFigures] = []
    @exclusivity(unchecked) private(set) var second = LatencyHistogram()
    private var secondErrors: UInt64 = 0
    /// The times of each second, where they will be put together with those of other generators.
    private(set) var secondTimes: [(second: Int, times: LatencyHistogram)] = []
    private let keepsSeconds: Bool

    /// `recorded` says of each phase whether this operation's times are kept. What follows the last phase, such as emptying
    /// the queues, counts as one phase more, whose times are not kept.
    init(role: Int, kind: OperationKind, label: String = "", isOpenLoop: Bool, recorded: [Bool], keepsSeconds: Bool) {
        self.role = role
        self.keepsSeconds = keepsSeconds
        self.kind = kind
        self.label = label
        self.isOpenLoop = isOpenLoop
        isWrite = kind.isWrite
        phases = (recorded + [false]).map { isRecorded in
            var figures = PhaseFigures()
            guard isRecorded else { return figures }
            figures.response = LatencyHistogram()
            if isOpenLoop {
                figures.service = LatencyHistogram()
                figures.slip = LatencyHistogram()
            }
            return figures
        }
    }

    /// An acknowledgement. `current` is the phase in which it arrived, -1 after the last.
    @inline(__always) func acknowledged(phase: Int, current: Int, intended: UInt64, sent: UInt64, now: UInt64) {
        let response = now &- min(intended, now)
        phases[phase].acknowledged(response: response, service: now &- min(sent, now))
        if current >= 0 { phases[current].answeredInside += 1 }
        second.record(response)
    }

    /// A request that was due at a fixed instant and has no reply when the run ends: what it has waited until now is the least
    /// that its response took, and stands among the responses, or a server that stops answering would look quick.
    func leftUnanswered(phase: Int, intended: UInt64, now: UInt64) {
        guard isOpenLoop else { return }
        phases[phase].unanswered += 1
        phases[phase].response?.record(now &- min(intended, now))
    }

    func failed(phase: Int, code: Int32, isUnknown: Bool) {
        phases[phase].errors[code, default: 0] += 1
        if isUnknown { phases[phase].unknown += 1 }
        secondErrors += 1
    }

    /// Ends a second: keeps its figures and begins the next.
    func closeSecond(_ number: Int) {
        guard !second.isEmpty || secondErrors > 0 else { return }
        series.append(
            SecondFigures(
                second: number, count: second.count, errors: secondErrors, p50: second.value(atPercentile: 50),
                p99: second.value(atPercentile: 99), max: second.max))
        if keepsSeconds { secondTimes.append((number, second)) }
        second.reset()
        secondErrors = 0
    }

    var errorsOfThisSecond: UInt64 { secondErrors }

    func report(phase: Int, role: String, seconds: Range<Int>) -> OperationReport {
        let figures = phases[phase]
        var report = OperationReport(role: role, kind: kind, label: label, isOpenLoop: isOpenLoop)
        report.offered = figures.offered
        report.sent = figures.sent
        report.acknowledged = figures.acknowledged
        report.answeredInside = figures.answeredInside
        report.unknown = figures.unknown
        report.notSent = figures.notSent
        report.unanswered = figures.unanswered
        for (code, count) in figures.errors { report.errors[errorName(code), default: 0] += count }
        report.response = figures.response ?? LatencyHistogram()
        report.service = figures.service
        report.slip = figures.slip
        report.series = series.filter { seconds.contains($0.second) }
        return report
    }
}
