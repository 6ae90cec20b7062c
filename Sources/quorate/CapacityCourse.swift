// The course of one `quorate capacity`: size after size, the document after each, the table in the end, and the exit code.

import ArgumentParser
import Benchmark
import CLinux
import Ensemble
import Foundation
import Report
import Results
import Server
import Workload

final class CapacityCourse {
    static let documentName = "capacity.json"
    private let order: CapacityOrder
    private let place: ResultFolder
    private let isStrict: Bool
    private let json: Bool
    private let ending: EndingSignals
    private var document: CapacityDocument
    private let begin = quorate_monotonic_ns()

    init(
        _ order: CapacityOrder, _ place: ResultFolder, _ checkout: Checkout?, isStrict: Bool, json: Bool, ending: EndingSignals
    ) {
        self.order = order
        self.place = place
        self.isStrict = isStrict
        self.json = json
        self.ending = ending
        let sweep = order.sweep
        document = CapacityDocument(
            started: ResultFolder.timestamp(Date()),
            command: MemberSetting.shown(words: Array(CommandLine.arguments.dropFirst())),
            environment: EnvironmentProbe.read(at: sweep.dataParent),
            workload: ResultWorkload(
                name: order.whole.name, file: Checkout.shown(sweep.workloadFile, from: checkout), seed: order.whole.seed,
                resolved: order.whole.resolved,
                overrides: sweep.overrides),
            target: sweep.targets[0].described(nodes: sweep.nodes), objective: order.objective.text,
            windowNanoseconds: order.window)
    }

    func run() throws {
        do {
            try DataDirectory.makeWithParents(order.sweep.dataParent)
        } catch {
            throw Failure(error.description, code: 64)
        }
        mark()
        for nodes in order.sweep.nodes where !ending.isEnding {
            let size = CapacityRun(order, cancel: ending.cancel, note: { standardError($0 + "\n") }).run(nodes: nodes)
            document.sizes.append(size)
            noteDisturbance(of: size)
            try keep()
        }
        document.durationNanoseconds = quorate_monotonic_ns() - begin
        try keep()
        try tell()
        if let code = ending.exitCode { throw ExitCode(code) }
        if let code = verdict { throw ExitCode(code) }
    }

    private func keep() throws {
        do throws(ResultError) {
            try place.write(document, as: Self.documentName)
        } catch {
            throw Failure(error.description, code: 74)
        }
    }

    private func tell() throws {
        let files = "\nFiles: \(place.path) (\(Self.documentName), members' logs).\n"
        guard json else { return try StandardOutput.write(CapacityTable.text(document) + "\n" + files) }
        standardError(files)
        try StandardOutput.write(String(decoding: try ResultFolder.encode(document), as: UTF8.self))
    }

    // MARK: what a reader must know

    private func mark() {
        if document.environment.filesystem.inMemory {
            document.marks.append(
                ResultMark(
                    .notDurable, "The data lies in memory: what is acknowledged does not survive a power cut."))
        }
        if order.sweep.targets[0].isLaunched, (order.sweep.nodes.max() ?? 1) > 1 {
            standardError("Members, generator and disk share this machine; on one for each member the rates are others.\n")
        }
    }

    /// Other programs took more than a third of the processors in the middle window.
    private func noteDisturbance(of size: CapacitySize) {
        let others = size.windows.compactMap(\.machine).filter { $0.members != nil }.map(\.others).sorted()
        guard !others.isEmpty, others[others.count / 2] > 0.35 else { return }
        let percent = Int((others[others.count / 2] * 100).rounded())
        document.marks.append(
            ResultMark(
                .disturbed,
                "With \(size.nodes) member\(size.nodes == 1 ? "" : "s") other programs than members and generator had "
                    + "\(percent) % of the CPUs; measure on a machine that does nothing else."))
    }

    /// nil if everything was found.
    private var verdict: Int32? {
        let outcomes = document.sizes.map(\.outcome)
        let isAnswered = document.sizes.allSatisfy { $0.outcome != .generator || $0.heldPerSecond != nil }
        if outcomes.contains(.failed) || !isAnswered { return 2 }
        if outcomes.contains(.unmet) || outcomes.contains(.broken) { return 3 }
        guard isStrict else { return nil }
        return document.sizes.contains { $0.bound == .generator || $0.bound == .machine } ? 5 : nil
    }
}
