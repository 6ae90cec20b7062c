// Which operation of which phase, size and target is meant by a format that holds a single distribution. What is not named is
// chosen as the tables choose it: the first size and target, the phase of the latency columns, and its commit latency.

internal import Results
internal import Statistics

package struct ExportSelection: Sendable, Equatable {
    package var nodes: Int?
    package var target: String?
    package var phase: String?
    package var role: String?
    package var op: String?

    package init() {}
}

struct SelectedPhase {
    let row: ResultCell
    let phase: ResultPhase

    init(_ document: ResultDocument, _ selection: ExportSelection) throws(ResultError) {
        let rows = document.rows.filter { !$0.recordedPhases.isEmpty }
        let ofTarget = rows.filter { selection.target == nil || $0.target == selection.target }
        guard let first = ofTarget.first else {
            throw .notThere("--target", selection.target, "target", rows.map(\.target), document)
        }
        let ofSize = ofTarget.first { selection.nodes == nil ? $0.target == first.target : $0.nodes == selection.nodes }
        guard let row = ofSize else {
            throw .notThere("--nodes", selection.nodes.map(String.init), "size", ofTarget.map { "\($0.nodes)" }, document)
        }
        let name = selection.phase ?? ChosenPhases(document).latency ?? row.recordedPhases[0].name
        guard let phase = row.recordedPhases.first(where: { $0.name == name }) else {
            throw .notThere("--phase", name, "recorded phase", row.recordedPhases.map(\.name), document)
        }
        self.row = row
        self.phase = phase
    }

    var members: String { "\(row.nodes) member\(row.nodes == 1 ? "" : "s") of \(row.target)" }
}

/// A distribution of response times and what it is of.
struct SelectedOperation {
    let selected: SelectedPhase
    let histogram: LatencyHistogram
    let name: String

    init(_ document: ResultDocument, _ selection: ExportSelection) throws(ResultError) {
        let selected = try SelectedPhase(document, selection)
        let phase = selected.phase
        let measured = phase.operations.filter { $0.response != nil }
        guard selection.role == nil || measured.contains(where: { $0.role == selection.role }) else {
            throw .notThere("--role", selection.role, "role with answers", measured.map(\.role), document)
        }
        let ofRole = measured.filter { selection.role == nil || $0.role == selection.role }
        guard selection.op == nil || ofRole.contains(where: { $0.op == selection.op }) else {
            throw .notThere("--op", selection.op, "operation with answers", ofRole.map(\.op), document)
        }
        let isNamed = selection.role != nil || selection.op != nil
        let commits = isNamed ? [] : phase.commitOperations
        let chosen = (commits.isEmpty ? ofRole : commits).filter { selection.op == nil || $0.op == selection.op }
        var joined = LatencyHistogram()
        for operation in chosen { if let response = operation.response { joined.merge(response.histogram) } }
        guard !joined.isEmpty else {
            throw ResultError(
                description: "'\(document.id)' has no response times in phase '\(phase.name)' with \(selected.members).")
        }
        self.selected = selected
        histogram = joined
        name = "\(Numbers.list(chosen.map { "\($0.op) of \($0.role)" })), phase '\(phase.name)', \(selected.members)"
    }
}

extension ResultError {
    /// What was asked for, and what there is.
    fileprivate static func notThere(
        _ option: String, _ asked: String?, _ kind: String, _ all: [String], _ document: ResultDocument
    ) -> ResultError {
        var names: [String] = []
        for name in all where !names.contains(name) { names.append(name) }
        guard let asked, !names.isEmpty else { return ResultError(description: "'\(document.id)' has no \(kind) at all.") }
        return ResultError(
            description: "\(option): '\(document.id)' has no \(kind) '\(asked)', but \(names.joined(separator: ", ")).")
    }
}
