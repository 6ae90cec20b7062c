// Whether an ensemble carries a class of load: it is loaded at that rate for a short time, and what came of it is told.

package import Ensemble
package import LoadGenerator
internal import Results
internal import Workload

/// What came of it.
package struct ClassFacts: Sendable {
    package var members: Int
    package var isOnThisMachine: Bool
    package var answeredPerSecond: Double
    /// Of what was due.
    package var answeredShare: Double
    package var failedShare: Double
    package var p99: UInt64?
    package var slowest: UInt64?
    /// The load generator was late or out of time, so what was missed may be its doing.
    package var isGeneratorsDoing = false
    /// What failed beside the rate: a check of what was written.
    package var broken: String?
    package var remarks: [String] = []

    package init(
        members: Int, isOnThisMachine: Bool, answeredPerSecond: Double, answeredShare: Double, failedShare: Double
    ) {
        self.members = members
        self.isOnThisMachine = isOnThisMachine
        self.answeredPerSecond = answeredPerSecond
        self.answeredShare = answeredShare
        self.failedShare = failedShare
    }
}

package struct ClassTrial {
    private static let members = 3
    private let target: BenchTarget
    private let directory: String
    private let program: String
    private let cancel: CancelFlag

    /// - Parameter directory: where the data and logs of an ensemble that is started go.
    package init(_ target: BenchTarget, directory: String, program: String, cancel: CancelFlag) {
        self.target = target
        self.directory = directory
        self.program = program
        self.cancel = cancel
    }

    package func run(_ loadClass: LoadClass, window: UInt64) throws(EnsembleError) -> ClassFacts {
        let load = try rated(loadClass)
        let nodes = target.runningSize ?? Self.members
        var order = SweepOrder(
            workload: load.workload, workloadFile: "class \(loadClass.rawValue)", overrides: [], nodes: [nodes],
            targets: [target], dataParent: directory, logDirectory: directory, keepsData: false)
        order.program = program
        let standing = try StandingTarget.start(target, order, nodes: nodes, logs: "\(directory)/logs", cancel: cancel)
        let settle = min(2_000_000_000, window / 2)
        let phases = load.phases(rate: Double(loadClass.writesPerSecond), settle: settle, window: window)
        var cell = standing.load(phases, cancel: cancel) { _, _ in }
        if cell.failure == nil { standing.judge(&cell, cancel: cancel) }
        if cancel.isSet { throw EnsembleError(.interrupted, "The load was ended before it was over.") }
        if let failure = cell.failure { throw EnsembleError(.notServing, failure) }
        guard let phase = cell.recordedPhases.first else { throw EnsembleError(.notServing, "Nothing was measured.") }
        return facts(cell, phase, nodes)
    }

    private func rated(_ loadClass: LoadClass) throws(EnsembleError) -> RatedLoad {
        let workload: Workload
        do throws(WorkloadError) { workload = try loadClass.workload() } catch {
            throw EnsembleError(.unusable, error.description)
        }
        guard let load = RatedLoad(workload) else { throw EnsembleError(.unusable, RatedLoad.objection(to: workload)) }
        return load
    }

    private func facts(_ cell: ResultCell, _ phase: ResultPhase, _ nodes: Int) -> ClassFacts {
        let figures = WindowFigures(phase)
        let seconds = Double(max(phase.durationNanoseconds, 1)) / 1e9
        var facts = ClassFacts(
            members: nodes, isOnThisMachine: target.isLaunched, answeredPerSecond: Double(figures.answered) / seconds,
            answeredShare: figures.answeredShare, failedShare: min(figures.failedShare, 1))
        facts.p99 = figures.response?.percentile(99)
        facts.slowest = figures.response?.max
        let objections = cell.objections
        facts.isGeneratorsDoing = objections.contains { $0.weight == .void } || phase.generatorShare > WindowVerdict.busyGenerator
        facts.broken = cell.failedChecks.first.map { "check \($0.name): \($0.sentence)" }
        facts.remarks = objections.filter { $0.mark.name == .disturbed }.map(\.mark.sentence)
        return facts
    }
}
