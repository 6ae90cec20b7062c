// Lists that stand where one value belongs: each is an axis, and every combination of their values is a workload of its own.

/// One workload file as all that its axes make of it.
package struct WorkloadSweep: Sendable {
    package struct Parameter: Sendable, Equatable {
        /// As overrides have it, such as `payload.size`.
        package let path: String
        package let value: String

        package var setting: String { "\(path)=\(value)" }
    }

    /// A value for each axis, in the order of the file; the last axis changes quickest. One without any where there are no axes.
    package private(set) var combinations: [[Parameter]] = [[]]
    /// The document with its lists, again as YAML.
    package let resolved: String

    package init(text: String, file: String, overrides: [String] = []) throws(WorkloadError) {
        var root = try DocumentNode.read(text, file: file)
        _ = try root.entries()
        for setting in overrides { try root.apply(setting: setting) }
        resolved = root.text
        var axes: [[Parameter]] = []
        try root.findAxes(at: [], in: &axes)
        let count = axes.reduce(1) { $0 * $1.count }
        guard count <= Self.combinationsMax else {
            let lengths = axes.map { "\($0.count)" }.joined(separator: " x ")
            throw root.complaint(
                "the lists \(axes.map { $0[0].path }.joined(separator: ", ")) make \(lengths) = \(count) combinations, and "
                    + "at most " + "\(Self.combinationsMax) are run; shorten one of them")
        }
        for axis in axes { combinations = combinations.flatMap { chosen in axis.map { chosen + [$0] } } }
    }

    package static let combinationsMax = 64
}

extension DocumentNode {
    /// Keys whose values are lists by themselves.
    private static let lists: Set<String> = [
        "connect", "tree", "do", "mix", "ops", "phases", "roles", "faults", "role", "check", "list", "steps",
    ]
    private static let fixed: Set<String> = ["apiVersion", "name"]

    fileprivate func findAxes(at steps: [String], in axes: inout [[WorkloadSweep.Parameter]]) throws(WorkloadError) {
        switch content {
        case .scalar: break
        case .sequence(let items):
            for (place, item) in items.enumerated() {
                try item.findAxes(at: steps + [item.step(in: items) ?? "\(place)"], in: &axes)
            }
        case .mapping(let entries):
            for entry in entries {
                let below = steps + [entry.key]
                if case .sequence(let items) = entry.value.content, !Self.lists.contains(entry.key) {
                    axes.append(try entry.value.axis(of: items, below))
                } else {
                    try entry.value.findAxes(at: below, in: &axes)
                }
            }
        }
    }

    private func axis(of items: [DocumentNode], _ steps: [String]) throws(WorkloadError) -> [WorkloadSweep.Parameter] {
        guard !Self.fixed.contains(steps.last ?? "") else { throw complaint("\(title) is one value, not a list") }
        guard !items.isEmpty else { throw complaint("\(title) is a list of values to try, and names none; write one at least") }
        var found: [WorkloadSweep.Parameter] = []
        for item in items {
            guard case .scalar(let value) = item.content else {
                throw item.complaint("\(title) is a list of values to try, each of them a single one, as in [100B, 1KiB]")
            }
            if found.contains(where: { $0.value == value }) { throw item.complaint("\(title) names '\(value)' twice") }
            found.append(WorkloadSweep.Parameter(path: steps.joined(separator: "."), value: value))
        }
        return found
    }

    /// What an element of a list is called in overrides, if its name does and means it alone.
    private func step(in items: [DocumentNode]) -> String? {
        guard let label, !label.contains("."), Int(label) == nil else { return nil }
        return items.count { $0.label == label } == 1 ? label : nil
    }
}
