// Finds out what an ensemble of one size can carry: it stays up over all windows, which follow the rates that a search asks for;
// then, if it survives that, a follower is killed and a shorter search tells what the rest carries.

internal import Ensemble
package import LoadGenerator
package import Results
internal import Statistics
package import Workload

package struct CapacityOrder: Sendable {
    /// Its workload is that of `load`; it names one target.
    package var sweep: SweepOrder
    package var load: RatedLoad
    /// With all its phases: what a target is warmed with.
    package var whole: Workload
    package var objective: Objective
    package var lowest: Double
    package var highest: Double
    package var window: UInt64
    package var confirmations: Int

    package init(
        sweep: SweepOrder, load: RatedLoad, whole: Workload, objective: Objective, lowest: Double, highest: Double,
        window: UInt64, confirmations: Int
    ) {
        self.sweep = sweep
        self.load = load
        self.whole = whole
        self.objective = objective
        self.lowest = lowest
        self.highest = highest
        self.window = window
        self.confirmations = confirmations
    }

    /// In which a rate settles before its window: what an earlier one has left is over, and the connections are warm.
    var settle: UInt64 { min(1_000_000_000, window / 2) }
}

package struct CapacityRun {
    private let order: CapacityOrder
    private let cancel: CancelFlag
    private let note: (String) -> Void

    /// - Parameter note: gets one line for each window.
    package init(_ order: CapacityOrder, cancel: CancelFlag, note: @escaping (String) -> Void) {
        self.order = order
        self.cancel = cancel
        self.note = note
    }

    package func run(nodes: Int) -> CapacitySize {
        let target = order.sweep.targets[0]
        var found = CapacitySize(nodes: nodes, outcome: .failed)
        do throws(EnsembleError) {
            let standing = try StandingTarget.start(
                target, order.sweep, nodes: nodes, logs: "\(order.sweep.logDirectory)/logs-\(nodes)", cancel: cancel)
            try warm(standing)
            measure(standing, &found)
        } catch {
            found.failure = error.description
        }
        if cancel.isSet { found.outcome = .partial }
        return found
    }

    private func warm(_ standing: StandingTarget) throws(EnsembleError) {
        guard standing.target.mustWarmUp else { return }
        note("Warming \(standing.target.name) until it gets no faster.")
        let warmUp = WarmUp(isQuick: false)
        let phases = warmUp.phases(of: order.whole)
        do throws(LoadError) {
            standing.warmUp = try warmUp.run { () throws(LoadError) in try standing.warm(phases, cancel: cancel) }
        } catch {
            throw EnsembleError(error.cause == .interrupted ? .interrupted : .notServing, error.description)
        }
    }

    private func measure(_ standing: StandingTarget, _ found: inout CapacitySize) {
        found.failuresTolerated = standing.failuresTolerated
        var plan = RateSearch.Plan(from: order.lowest, lowest: order.lowest, highest: order.highest)
        plan.confirmations = order.confirmations
        let course = search(plan, on: standing, "\(found.nodes) member\(found.nodes == 1 ? "" : "s")")
        found.windows = course.windows
        guard found.take(course), let finding = course.finding else { return }
        if let problem = disagreement(standing) { return found.breakOff(problem) }
        found.take(finding)
        measureOneDown(standing, &found)
    }

    /// Members that do not hold the same in the end, or are gone.
    private func disagreement(_ standing: StandingTarget) -> String? {
        guard !cancel.isSet else { return nil }
        var last = standing.cell
        standing.judge(&last, cancel: cancel)
        return last.failedChecks.first.map(\.told)
    }

    // MARK: one member down

    private func measureOneDown(_ standing: StandingTarget, _ found: inout CapacitySize) {
        guard !cancel.isSet, let rate = found.rate, let low = rate.low else { return }
        guard standing.target.isLaunched else {
            return found.oneDownRemark = "servers that run already are not stopped"
        }
        guard let tolerated = found.failuresTolerated, tolerated > 0 else {
            return found.oneDownRemark = "the rest would not be enough to go on"
        }
        guard let member = standing.killFollower() else { return found.oneDownRemark = "no member follows at this moment" }
        var plan = RateSearch.Plan(
            from: max(low, order.lowest), lowest: order.lowest, highest: max(order.highest, low))
        plan.growth = 1.3
        plan.confirmations = order.confirmations / 2
        let course = search(plan, on: standing, "\(found.nodes) members, member \(member) down")
        found.windowsOneDown = course.windows
        if let failure = course.failure { return found.oneDownRemark = failure }
        switch course.finding {
        case .found(let interval): found.rateOneDown = ResultInterval(interval)
        case .unmet: found.oneDownRemark = "not even the lowest rate kept the objective"
        case .boundedByGenerator, .unbounded: found.oneDownRemark = "the search did not come to an end"
        case nil: break
        }
    }

    // MARK: windows

    struct Course {
        var finding: RateSearch.Finding?
        var windows: [CapacityWindow] = []
        var failure: String?
        var isBroken = false
    }

    private func search(_ plan: RateSearch.Plan, on standing: StandingTarget, _ title: String) -> Course {
        var search = RateSearch(plan)
        var course = Course()
        while let rate = search.next, !cancel.isSet {
            let (cell, leaderShare) = load(standing, rate)
            if cancel.isSet { break }
            course.failure = cell.failure ?? cell.failedChecks.first.map(\.told)
            course.isBroken = cell.failure == nil
            guard course.failure == nil, let phase = cell.recordedPhases.first else { return course }
            let isVoid = cell.objections.contains { $0.weight == .void }
            let verdict = WindowVerdict(phase, isVoid: isVoid, order.objective)
            let window = CapacityWindow(phase, verdict, stage: search.stage, rate: rate, leaderShare: leaderShare)
            course.windows.append(window)
            note("\(title): \(window.told(order.objective))")
            search.take(verdict.outcome)
        }
        course.finding = search.finding
        return course
    }

    private func load(_ standing: StandingTarget, _ rate: Double) -> (cell: ResultCell, leaderShare: Double?) {
        var share: Double?
        let phases = order.load.phases(rate: rate, settle: order.settle, window: order.window)
        let cell = standing.load(phases, cancel: cancel) { report, readings in
            guard let phase = report.phases.first(where: \.isRecorded) else { return }
            let begin = report.startedNanoseconds + phase.startNanoseconds
            let end = begin + phase.durationNanoseconds
            let leader = readings.leader(from: begin, to: end, members: Array(1...standing.cell.nodes))?.first.member
            share = leader.flatMap { readings.cost(of: $0, from: begin, to: end) }.map { Double($0) / Double(end - begin) }
        }
        return (cell, share)
    }
}

extension ResultCheck {
    fileprivate var told: String { "check \(name) failed: \(sentence)" }
}

extension CapacitySize {
    fileprivate mutating func breakOff(_ problem: String) {
        outcome = .broken
        failure = problem
    }

    /// False if the course was broken off.
    fileprivate mutating func take(_ course: CapacityRun.Course) -> Bool {
        guard let failure = course.failure else { return true }
        self.failure = failure
        outcome = course.isBroken ? .broken : .failed
        return false
    }

    fileprivate mutating func take(_ finding: RateSearch.Finding) {
        switch finding {
        case .found(let interval):
            outcome = .found
            rate = ResultInterval(interval)
        case .unmet: outcome = .unmet
        case .boundedByGenerator(let held):
            outcome = .generator
            heldPerSecond = held
            bound = .generator
            boundReason = "beyond it the generator was late or had no time left"
        case .unbounded(let held):
            outcome = .unbounded
            heldPerSecond = held
        }
        guard let told = rate?.median ?? heldPerSecond else { return }
        if outcome == .found, let judged = CapacityBounds(windows, rate: told) {
            bound = judged.bound
            boundReason = judged.reason
        }
        takeConsequences(of: told)
    }
}

extension ResultInterval {
    fileprivate init(_ interval: Interval) {
        self.init(
            median: interval.median, low: interval.low, high: interval.high, confidence: interval.confidence,
            samples: interval.sampleCount)
    }
}

extension CapacityWindow {
    fileprivate init(
        _ phase: ResultPhase, _ verdict: WindowVerdict, stage: RateSearch.Stage, rate: Double, leaderShare: Double?
    ) {
        let figures = WindowFigures(phase)
        let seconds = Double(max(phase.durationNanoseconds, 1)) / 1e9
        self.init(
            offeredPerSecond: rate, answeredPerSecond: Double(figures.answered) / seconds, stage: stage.rawValue,
            writesPerSecond: phase.writesPerSecond)
        held = verdict.outcome == .spoilt ? nil : verdict.outcome == .held
        reason = verdict.reason
        response = figures.response?.summary
        machine = phase.machine
        self.leaderShare = leaderShare
        if let flushes = phase.server?.leaderFlushesPerSecond, let mean = phase.server?.meanFlushNanoseconds {
            flushShare = flushes * Double(mean) / 1e9
        }
        flushedBytesPerSecond = phase.server?.flushedBytesPerSecond
    }

    fileprivate func told(_ objective: Objective) -> String {
        let percentile = Objective.name(objective.toldPercentile)
        let value = response.map { $0.value(objective.toldPercentile) }.map { ", \(percentile) \(Objective.shown($0))" } ?? ""
        let outcome =
            switch held {
            case true: "held"
            case false: "failed: \(reason ?? "")"
            case nil: "spoilt by the generator: \(reason ?? "")"
            }
        return "\(stage) \(Int(offeredPerSecond.rounded()))/s\(value), \(outcome)"
    }
}

extension LatencySummary {
    fileprivate func value(_ percentile: Double) -> UInt64 {
        switch percentile {
        case 50: p50
        case 90: p90
        case 99.9: p999
        default: p99
        }
    }
}
