// Reads the priorities and delays of tasks: an `enqueue` that has either goes by a recipe of its own. Each becomes a list of
// values of equal chance.

import Foundation

extension Operation {
    /// As kazoo's queue where nothing is said.
    private static let priorityDefault = 100
    private static let priorityRange = 0...999
    private static let prioritiesMax = 10
    /// Tasks that are not due yet when the load ends must still be taken.
    private static let delayMax: UInt64 = 10_000_000_000
    /// Steps of equal chance that a distribution is cut into.
    private static let steps = 256
    private static let valuesMax = 1_024

    static func isScheduled(_ body: DocumentNode) -> Bool { body.value(of: "priority") != nil || body.value(of: "delay") != nil }

    static func readSchedule(_ body: DocumentNode, tree: [TreeEntry]) throws(WorkloadError) -> Operation {
        .schedule(
            queue: try queues(body.required("queue"), tree: tree),
            maxBacklog: try body.value(of: "max_backlog")?.integer(in: 1...10_000_000),
            priorities: try readPriorities(body.value(of: "priority")), delays: try readDelays(body.value(of: "delay")))
    }

    private static func readPriorities(_ node: DocumentNode?) throws(WorkloadError) -> [Int] {
        guard let node else { return [priorityDefault] }
        try node.checkKeys(["const", "list"])
        guard try node.entries().count == 1, let entry = try node.entries().first else {
            throw node.complaint(
                "\(node.title) must name one distribution, as in {list: [{value: 1, weight: 10}, {value: 2, weight: 90}]}")
        }
        if entry.key == "const" { return [try entry.value.integer(in: priorityRange)] }
        var values: [Int] = []
        for (item, weight) in try weighted(entry.value) {
            values += [Int](repeating: try item.integer(in: priorityRange), count: weight)
        }
        guard Set(values).count <= prioritiesMax else {
            throw entry.value.complaint("\(entry.value.title) names more than \(prioritiesMax) different priorities; take fewer")
        }
        return values
    }

    /// A distribution, and the share of the tasks that it is for; the others have no delay.
    private static func readDelays(_ node: DocumentNode?) throws(WorkloadError) -> [UInt64] {
        guard let node else { return [0] }
        try node.checkKeys(["const", "uniform", "exp", "list", "share"], later: ["lognormal"])
        let entries = try node.entries().filter { $0.key != "share" }
        guard entries.count == 1, let entry = entries.first else {
            throw node.complaint("\(node.title) must name one distribution, as in {uniform: {min: 50ms, max: 500ms}}")
        }
        let values = try delays(entry)
        guard let share = try node.value(of: "share")?.number(in: 0.01...1) else { return values }
        let repeated = (0..<max(1, steps / values.count)).flatMap { _ in values }
        let without = (Double(repeated.count) * (1 - share) / share).rounded()
        return repeated + [UInt64](repeating: 0, count: Int(without))
    }

    private static func delays(_ entry: DocumentNode.Entry) throws(WorkloadError) -> [UInt64] {
        let node = entry.value
        switch entry.key {
        case "const": return [try delay(node)]
        case "list":
            var values: [UInt64] = []
            for (item, weight) in try weighted(node) { values += [UInt64](repeating: try delay(item), count: weight) }
            return values
        case "uniform":
            try node.checkKeys(["min", "max"])
            let (least, most) = (try delay(node.required("min")), try delay(node.required("max")))
            guard least <= most else { throw node.complaint("\(node.title) has a 'min' above its 'max'; exchange them") }
            return quantiles { Double(least) + $0 * Double(most - least) }
        default:
            try node.checkKeys(["mean", "max"])
            let mean = Double(try delay(node.required("mean")))
            let most = try node.value(of: "max").map { node throws(WorkloadError) in try delay(node) } ?? delayMax
            return quantiles { min(Double(most), -mean * log(1 - $0)) }
        }
    }

    private static func delay(_ node: DocumentNode) throws(WorkloadError) -> UInt64 {
        let nanoseconds = try node.duration()
        guard nanoseconds <= delayMax else {
            throw node.complaint("\(node.title) is at most 10s, as the queues are emptied soon after the load")
        }
        return nanoseconds
    }

    private static func quantiles(_ value: (Double) -> Double) -> [UInt64] {
        (0..<steps).map { UInt64(value((Double($0) + 0.5) / Double(steps)).rounded()) }
    }

    /// `[a, b]`, or `[{value: a, weight: 3}, {value: b, weight: 1}]`.
    private static func weighted(_ node: DocumentNode) throws(WorkloadError) -> [(item: DocumentNode, weight: Int)] {
        var values: [(item: DocumentNode, weight: Int)] = []
        for item in try node.items() {
            if case .mapping = item.content {
                try item.checkKeys(["value", "weight"])
                values.append((try item.required("value"), try item.value(of: "weight")?.integer(in: 1...valuesMax) ?? 1))
            } else {
                values.append((item, 1))
            }
        }
        guard !values.isEmpty, values.reduce(0, { $0 + $1.weight }) <= valuesMax else {
            throw node.complaint("\(node.title) needs at least one value, and weights that add up to at most \(valuesMax)")
        }
        return values
    }
}

extension Workload {
    /// True if a queue of the tree's entry gets tasks with priorities or delays.
    package func isScheduled(queue: Int) -> Bool { !priorities(ofQueue: queue).isEmpty }

    /// The different priorities of the tasks in the queues of an entry, ascending; empty if it gets plain items.
    package func priorities(ofQueue entry: Int) -> [Int] {
        var found: Set<Int> = []
        for case .schedule(entry, _, let priorities, _) in roles.flatMap(\.operations) { found.formUnion(priorities) }
        return found.sorted()
    }

    /// A worker goes by the names of tasks or by those of plain items, not by both.
    func checkQueues(_ node: DocumentNode) throws(WorkloadError) {
        for case .enqueue(let queue, _) in roles.flatMap(\.operations) where isScheduled(queue: queue) {
            throw node.complaint(
                "'\(tree[queue].path)' gets items with and without priority or delay; give both or none of its 'enqueue' such keys"
            )
        }
    }

    /// What is said of a check beside tasks with priorities and delays.
    func checkSchedule(of check: Check, _ node: DocumentNode) throws(WorkloadError) {
        var hasTasks = false
        var hasDelays = false
        for case .schedule(_, _, _, let delays) in roles.flatMap(\.operations) {
            hasTasks = true
            hasDelays = hasDelays || delays.contains { $0 > 0 }
        }
        if check == .notEarly, !hasDelays {
            throw node.complaint("'not_early' says something of delays, and no 'enqueue' has a 'delay'; drop the check")
        }
        if check == .fifoPerProducer, hasTasks {
            throw node.complaint(
                "'fifo_per_producer' does not hold where tasks overtake each other by priority or delay; drop the check")
        }
    }
}
