// Reads the operations that stand for a whole recipe of plain requests, as client libraries carry them out: locks.
// Queues, whose operations are older, stand in Role+Reading.swift.

extension Operation {
    private static let holdMax: UInt64 = 2_000_000_000

    static func readLock(_ body: DocumentNode, tree: [TreeEntry]) throws(WorkloadError) -> Operation {
        try checkVia(body, keys: ["path", "hold", "via"], later: ["kind"])
        var hold: UInt64 = 0
        if let node = body.value(of: "hold") {
            hold = try node.duration()
            guard hold <= holdMax else {
                throw node.complaint("\(node.title) is at most 2s, so that the locks are free again soon after the load")
            }
        }
        return .lock(locks: try pool(body.required("path"), tree: tree), hold: hold)
    }
}

extension Role {
    package var isLocker: Bool {
        operations.contains { if case .lock = $0 { true } else { false } }
    }

    /// What a role that carries out a recipe must obey.
    func checkRecipe(_ node: DocumentNode) throws(WorkloadError) {
        guard isLocker else { return }
        guard operations.count == 1 else {
            throw node.complaint("'lock' needs a role of its own, with nothing else in its 'do'")
        }
        guard pipeline == 1 else {
            throw node.complaint("a client has one lock at a time; drop the 'pipeline' of role '\(name)' or raise its 'clients'")
        }
    }
}

extension Workload {
    /// A check that nothing in the workload could fail is a mistake.
    func checkMeaning(of check: Check, _ node: DocumentNode) throws(WorkloadError) {
        if check == .mutualExclusion, !roles.contains(where: \.isLocker) {
            throw node.complaint("'mutual_exclusion' says something of locks, and no role has a 'lock'; drop the check")
        }
    }
}
