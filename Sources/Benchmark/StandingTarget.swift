// A target that is up for one run of one ensemble size: its members on a directory of their own, loaded slice by slice, judged in
// the end and taken down again.

import CLinux
import Ensemble
import Foundation
import LoadGenerator
import Results
import Workload

final class StandingTarget {
    let target: BenchTarget
    private let workload: Workload
    private let generators: Int
    private let program: String
    private var hosts: [String]
    private var members: [ObservedMember]
    private let ensemble: Ensemble?
    private let data: DataDirectory?
    private let keepsData: Bool
    private var options = LoadOptions()
    /// What is known before any load: how long the start took, what the members say of their configuration.
    private(set) var cell: ResultCell
    /// How it was made as fast as it gets; nil if that takes nothing.
    var warmUp: WarmUp.Outcome? { didSet { cell.warmUp = warmUp.map(ResultWarmUp.init) } }

    private init(_ target: BenchTarget, _ order: SweepOrder, _ servers: RunningServers) {
        self.target = target
        workload = order.workload.placed(below: RunningServers.chroot)
        (generators, program) = (order.generators, order.program)
        hosts = servers.names
        members = servers.members
        ensemble = nil
        data = nil
        keepsData = false
        cell = ResultCell(nodes: servers.names.count, target: target.name)
    }

    private init(_ target: BenchTarget, _ order: SweepOrder, _ ensemble: Ensemble, _ data: DataDirectory) {
        self.target = target
        workload = order.workload
        (generators, program) = (order.generators, order.program)
        self.ensemble = ensemble
        self.data = data
        keepsData = order.keepsData
        let files = ensemble.order.clientTLS?.files
        hosts = files == nil ? ensemble.hosts : ensemble.secureHosts
        options.tls = files.map { TargetTLS(authority: $0.authority) }
        members = ensemble.members.map { ObservedMember($0, isQuorate: target.isQuorate) }
        cell = ResultCell(nodes: ensemble.members.count, target: target.name)
        cell.start = ResultStart(
            toQuorumNanoseconds: ensemble.startToQuorumNanoseconds, toAllServingNanoseconds: ensemble.startToAllServingNanoseconds
        )
    }

    deinit {
        ensemble?.stop()
        if keepsData { data?.keep() } else { data?.remove() }
    }

    static func start(
        _ target: BenchTarget, _ order: SweepOrder, nodes: Int, logs: String, cancel: CancelFlag
    ) throws(EnsembleError) -> StandingTarget {
        switch target.kind {
        case .running(let servers):
            return StandingTarget(target, order, servers)
        case .launched(let command, let tls, let settings):
            let stamp = "\(getpid())-\(quorate_realtime_ns() / 1_000_000)"
            let data = try DataDirectory(path: "\(order.dataParent)/\(SweepOrder.dataPrefix)\(target.fileName)-\(nodes)-\(stamp)")
            do throws(EnsembleError) {
                try data.check(DataDirectory.Needs(nodes: nodes, command: command))
                try DataDirectory.makeWithParents(logs)
                let isInside = tls && nodes > 1
                let files = isInside || order.clientTLS ? try MemberTLS.make(directory: "\(data.path)/certificates") : nil
                var wanted = EnsembleOrder(
                    nodes: nodes, directory: data.path, logDirectory: logs, command: command, settings: settings,
                    tls: isInside ? files : nil, clientTLS: order.clientTLS ? files.map { ClientTLS(files: $0) } : nil)
                wanted.linkDelayNanoseconds = order.linkDelayNanoseconds
                wanted.hasLinkFaults = order.workload.faults.contains { $0.kind.isOfLinks }
                if order.workload.faults.contains(where: { $0.kind.isOfDisks }) {
                    wanted.diskFaults = try FlushLibrary(besideProgram: order.program)
                }
                if order.flushDelayNanoseconds > 0 {
                    wanted.flushDelay = try FlushDelay(nanoseconds: order.flushDelayNanoseconds, besideProgram: order.program)
                }
                let ensemble = try Ensemble.start(wanted, isCancelled: { cancel.isSet })
                let standing = StandingTarget(target, order, ensemble, data)
                if target.isQuorate { standing.cell.memberMarks = standing.marks(cancel) }
                return standing
            } catch {
                if order.keepsData { data.keep() } else { data.remove() }
                throw error
            }
        }
    }

    // MARK: Load

    /// Runs the workload once; a load that the generator has spoilt is run a second time, and that one counts.
    func load(
        cancel: CancelFlag, repeatsVoid: Bool, _ progress: @escaping (ProgressFigures) -> Void
    ) -> ResultCell {
        let first = loadOnce(workload, cancel, progress)
        guard repeatsVoid, !cancel.isSet, first.failure == nil, first.objections.contains(where: { $0.weight == .void }) else {
            return first
        }
        var second = loadOnce(workload, cancel, progress)
        second.repeats = 1
        return second
    }

    /// Runs it once with these phases instead of its own. `seen` gets what the figures were made of.
    func load(_ phases: [Phase], cancel: CancelFlag, seen: (LoadReport, MemberReadings) -> Void) -> ResultCell {
        var chosen = workload
        chosen.phases = phases
        return loadOnce(chosen, cancel, { _ in }, seen)
    }

    private func loadOnce(
        _ workload: Workload, _ cancel: CancelFlag, _ progress: @escaping (ProgressFigures) -> Void,
        _ seen: (LoadReport, MemberReadings) -> Void = { _, _ in }
    ) -> ResultCell {
        var found = cell
        let sampler = MemberSampler(members, shortestPhase: workload.phases.map(\.nanoseconds).min() ?? 1_000_000_000)
        sampler.start()
        defer { sampler.stop() }
        let timeline = workload.faults.isEmpty ? nil : ensemble.map { FaultTimeline(workload.faults, on: $0) }
        do throws(LoadError) {
            let nodes = cell.nodes
            let name = target.name
            let report = try sharedLoad(of: workload).run(
                cancel: cancel, progress: { progress(ProgressFigures($0, nodes: nodes, target: name)) },
                phaseChanged: { change in
                    sampler.noteBorder(at: change.nanoseconds)
                    timeline?.start(at: change.nanoseconds)
                })
            found.take(report, sampler.readings)
            found.takeCourse(report, sampler.readings)
            seen(report, sampler.readings)
            if let outcome = timeline?.stop() { found.take(outcome, since: report.startedNanoseconds) }
            found.takeStretches(report)
        } catch {
            _ = timeline?.stop()
            found.failure = cause(of: error)
            found.isPartial = cancel.isSet
        }
        return found
    }

    /// A member that is gone explains whatever the load ran into.
    private func cause(of error: LoadError) -> String {
        let ends = ensemble?.unexpectedEnds() ?? []
        return ends.isEmpty ? error.description : ends.joined(separator: "; ")
    }

    private func sharedLoad(of workload: Workload) throws(LoadError) -> SharedLoad {
        try SharedLoad(workload: workload, hosts: hosts, options: options, generators: generators, program: program)
    }

    /// Loads it without recording; returns requests answered a second, phase by phase.
    func warm(_ phases: [Phase], cancel: CancelFlag) throws(LoadError) -> [Double] {
        var warming = workload
        warming.phases = phases
        warming.checks = []
        let report: LoadReport
        do throws(LoadError) {
            report = try sharedLoad(of: warming).run(cancel: cancel)
        } catch {
            throw LoadError(error.cause, cause(of: error))
        }
        return report.phases.map { phase in
            Double(phase.operations.reduce(0) { $0 + $1.answeredInside }) / max(phase.seconds, 1e-9)
        }
    }

    // MARK: Members that fail

    /// How many members may fail before the rest no longer serves or elects; nil where nobody can tell. Ours know what their
    /// configuration came to, and say it when they begin to serve.
    var failuresTolerated: Int? {
        guard let ensemble else { return nil }
        guard target.isQuorate else { return (ensemble.members.count - 1) / 2 }
        let told = ensemble.members.compactMap { ProcFile.text($0.logFile) }.compactMap { log in
            log.components(separatedBy: "failures survived ").last.flatMap { Int($0.prefix { $0.isNumber }) }
        }
        return told.min()
    }

    /// Ends a follower as a crash would; from then on no client is sent to it. Returns its number; nil if none could be ended.
    func killFollower() -> Int? {
        guard let ensemble, let place = ensemble.members.firstIndex(where: { $0.status()?.role == .follower }) else { return nil }
        ensemble.members[place].kill()
        hosts.remove(at: place)
        members.remove(at: place)
        return ensemble.members[place].id
    }

    // MARK: Judging

    /// Looks whether the members agree and are all there.
    func judge(_ found: inout ResultCell, cancel: CancelFlag) {
        guard let ensemble else { return found.members = members.map(\.seen) }
        let patience = found.isPartial ? 2 : 10
        if target.isQuorate {
            found.judgeReplicas(settled(ensemble, seconds: patience, cancel), waitedSeconds: patience)
        } else {
            found.members = members.map(\.seen)
        }
        let ends = ensemble.unexpectedEnds()
        if !ends.isEmpty {
            found.checks.append(ResultCheck(name: "members_alive", passed: false, sentence: ends.joined(separator: "; ")))
        }
    }

    /// What the members say of their own configuration: which of it spoils a measurement. nil if nobody can be asked.
    private func marks(_ cancel: CancelFlag) -> [String]? {
        var found: Set<String> = []
        for member in members {
            var samples: [MetricsText.Sample] = []
            for _ in 0..<100 where samples.isEmpty && !cancel.isSet {
                samples = member.metrics()?.samples("quorate_marks") ?? []
                if samples.isEmpty { usleep(20_000) }
            }
            guard !samples.isEmpty else { return nil }
            found.formUnion(samples.filter { $0.value == 1 }.compactMap { $0.labels["mark"] })
        }
        return found.sorted()
    }

    /// The members at the end, once all have applied the same; or, when the time is up, as they are.
    private func settled(_ ensemble: Ensemble, seconds: Int, _ cancel: CancelFlag) -> [ResultMember] {
        let deadline = quorate_monotonic_ns() + UInt64(seconds) * 1_000_000_000
        var found = members.map(\.seen)
        while quorate_monotonic_ns() < deadline && !cancel.isSet {
            let places = Set(found.map(\.zxid))
            if places.count == 1, places.first != .some(nil) { return found }
            if found.contains(where: { $0.zxid == nil }) && !ensemble.unexpectedEnds().isEmpty { return found }
            usleep(50_000)
            found = members.map(\.seen)
        }
        return found
    }
}

extension ProgressFigures {
    init(_ load: LoadProgress, nodes: Int, target: String) {
        self.init(
            nodes: nodes, target: target, phase: load.phase, seconds: load.seconds, plannedSeconds: load.plannedSeconds,
            writesPerSecond: load.writes, itemsPerSecond: load.itemsTaken, readsPerSecond: load.reads, errors: load.errors,
            p50: load.p50, p99: load.p99, backlog: load.backlog)
    }
}
