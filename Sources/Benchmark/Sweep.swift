// Runs one workload over ensembles of several sizes, one after the other, each on fresh directories, and hands every cell over
// as it is done.

import CLinux
package import Ensemble
import Foundation
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

    /// - Parameters:
    ///   - progress: once a second of load.
    ///   - done: after each cell, in the order of `nodes`.
    /// - Returns: false if it was ended early.
    package func run(progress: @escaping (ProgressFigures) -> Void, done: (ResultCell) -> Void) throws(EnsembleError) -> Bool {
        for nodes in order.nodes {
            if cancel.isSet { return false }
            var cell = ResultCell(nodes: nodes)
            do throws(EnsembleError) {
                try runCell(&cell, progress)
            } catch {
                if error.cause == .interrupted { return false }
                // The other sizes may still do, and what there is so far must not be lost.
                cell.failure = error.description
            }
            done(cell)
            if cell.isPartial { return false }
        }
        return true
    }

    private func runCell(_ cell: inout ResultCell, _ progress: @escaping (ProgressFigures) -> Void) throws(EnsembleError) {
        let nodes = cell.nodes
        let stamp = "\(getpid())-\(quorate_realtime_ns() / 1_000_000)"
        let data = try DataDirectory(path: "\(order.dataParent)/\(SweepOrder.dataPrefix)\(nodes)-\(stamp)")
        defer { if order.keepsData { data.keep() } else { data.remove() } }
        try data.check(DataDirectory.Needs(nodes: nodes))
        let logs = "\(order.logDirectory)/logs-\(nodes)"
        try DataDirectory.makeWithParents(logs)
        let tls = order.tls && nodes > 1 ? try MemberTLS.make(directory: "\(data.path)/certificates") : nil
        let wanted = EnsembleOrder(
            nodes: nodes, directory: data.path, logDirectory: logs, command: .quorate(program: order.program),
            settings: order.settings, tls: tls)
        let ensemble = try Ensemble.start(wanted, isCancelled: { cancel.isSet })
        defer { ensemble.stop() }
        cell.start = ResultStart(
            toQuorumNanoseconds: ensemble.startToQuorumNanoseconds, toAllServingNanoseconds: ensemble.startToAllServingNanoseconds
        )
        load(ensemble, &cell, progress)
    }

    private func load(_ ensemble: Ensemble, _ cell: inout ResultCell, _ progress: @escaping (ProgressFigures) -> Void) {
        let sampler = MemberSampler(shortestPhase: order.workload.phases.map(\.nanoseconds).min() ?? 1_000_000_000)
        sampler.start(ensemble)
        defer { sampler.stop() }
        let nodes = cell.nodes
        cell.memberMarks = marks(ensemble)
        do throws(LoadError) {
            let run = try LoadRun(workload: order.workload, hosts: ensemble.hosts)
            let report = try run.run(
                cancel: cancel, progress: { progress(ProgressFigures($0, nodes: nodes)) },
                phaseChanged: { sampler.noteBorder(ensemble.members, at: $0.nanoseconds) })
            cell.take(report, sampler.readings)
        } catch {
            let ends = ensemble.unexpectedEnds()
            cell.failure = ends.isEmpty ? error.description : ends.joined(separator: "; ")
            cell.isPartial = cancel.isSet
            return
        }
        let patience = cell.isPartial ? 2 : 10
        cell.judgeReplicas(Self.settled(ensemble, seconds: patience), waitedSeconds: patience)
        let ends = ensemble.unexpectedEnds()
        if !ends.isEmpty {
            cell.checks.append(ResultCheck(name: "members_alive", passed: false, sentence: ends.joined(separator: "; ")))
        }
    }

    /// What the members say of their own configuration: which of it spoils a measurement. nil if nobody can be asked.
    private func marks(_ ensemble: Ensemble) -> [String]? {
        var found: Set<String> = []
        for member in ensemble.members {
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
    private static func settled(_ ensemble: Ensemble, seconds: Int) -> [ResultMember] {
        var found: [ResultMember] = []
        for _ in 0..<seconds * 20 {
            found = ensemble.members.map(look)
            let places = Set(found.map(\.zxid))
            if places.count == 1, places.first != .some(nil) { return found }
            if found.contains(where: { $0.zxid == nil }) && !ensemble.unexpectedEnds().isEmpty { return found }
            usleep(50_000)
        }
        return found
    }

    private static func look(_ member: Member) -> ResultMember {
        var seen = ResultMember(id: member.id)
        let lines = member.monitor()
        seen.role = lines["zk_server_state"]
        seen.zxid = lines["zk_applied_zxid"].flatMap { UInt64($0) }.map { "0x" + String($0, radix: 16) }
        seen.digest = lines["zk_digest"].flatMap { UInt64($0) }.map { String($0, radix: 16) }
        if let figures = member.figures() {
            seen.cpuNanoseconds = figures.cpuNanoseconds
            seen.waitNanoseconds = figures.waitNanoseconds
            seen.residentBytes = figures.residentBytes
            seen.voluntarySwitches = figures.voluntarySwitches
            seen.involuntarySwitches = figures.involuntarySwitches
        }
        return seen
    }
}

extension ProgressFigures {
    init(_ load: LoadProgress, nodes: Int) {
        self.init(
            nodes: nodes, phase: load.phase, seconds: load.seconds, plannedSeconds: load.plannedSeconds,
            writesPerSecond: load.writes, itemsPerSecond: load.itemsTaken, readsPerSecond: load.reads, errors: load.errors,
            p50: load.p50, p99: load.p99, backlog: load.backlog)
    }
}
