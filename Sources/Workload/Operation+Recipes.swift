// Reads the operations that stand for a whole recipe of plain requests, as client libraries carry them out: locks, messages.
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

extension Operation {
    static func readPublish(_ body: DocumentNode, tree: [TreeEntry]) throws(WorkloadError) -> Operation {
        try checkVia(body, keys: ["topic", "keep", "max_backlog", "via"], later: [])
        return .publish(
            topics: try queues(body.required("topic"), tree: tree), keep: try body.required("keep").integer(in: 1...100_000),
            maxBacklog: try body.value(of: "max_backlog")?.integer(in: 1...10_000_000))
    }

    static func readSubscribe(_ body: DocumentNode, tree: [TreeEntry]) throws(WorkloadError) -> Operation {
        try checkVia(body, keys: ["topic", "via"], later: ["from"])
        return .subscribe(topics: try queues(body.required("topic"), tree: tree))
    }
}

extension Role {
    package var isLocker: Bool {
        operations.contains { if case .lock = $0 { true } else { false } }
    }

    package var isPublisher: Bool {
        operations.contains { if case .publish = $0 { true } else { false } }
    }
    package var isSubscriber: Bool {
        operations.contains { if case .subscribe = $0 { true } else { false } }
    }

    /// What a role that carries out a recipe must obey.
    func checkRecipe(_ node: DocumentNode, payload: PayloadSize) throws(WorkloadError) {
        guard isLocker || isPublisher || isSubscriber else { return }
        guard operations.count == 1 else {
            throw node.complaint("'lock', 'publish' and 'subscribe' each need a role of their own, with nothing else in its 'do'")
        }
        if isPublisher, payload.least < Role.itemBytesMin {
            throw node.complaint(
                "messages carry publisher and sequence, so 'payload.size' must be at least \(Role.itemBytesMin)B for 'publish'")
        }
        if isSubscriber, arrivals != .closed {
            throw node.complaint("a role that subscribes reads messages as they come; its 'arrivals' must be closed")
        }
        guard !isLocker || pipeline == 1 else {
            throw node.complaint("a client has one lock at a time; drop the 'pipeline' of role '\(name)' or raise its 'clients'")
        }
    }
}

extension Workload {
    /// True if any role publishes messages or reads them.
    package var hasTopics: Bool { roles.contains { $0.isPublisher || $0.isSubscriber } }

    /// The books of messages have a place for every publisher, topic and subscriber together.
    func checkTopics(_ node: DocumentNode) throws(WorkloadError) {
        let publishers = roles.filter(\.isPublisher).reduce(0) { $0 + $1.clients }
        let subscribers = roles.filter(\.isSubscriber).reduce(0) { $0 + $1.clients }
        var topics: [Int] = []
        for operation in roles.flatMap(\.operations) {
            switch operation {
            case .publish(let entry, _, _), .subscribe(let entry): if !topics.contains(entry) { topics.append(entry) }
            default: break
            }
        }
        let places = publishers * subscribers * topics.reduce(0) { $0 + tree[$1].count }
        guard publishers <= Self.topicClientsMax, subscribers <= Self.topicClientsMax, places <= Self.topicPlacesMax else {
            throw node.complaint(
                "\(publishers) publishers, \(subscribers) subscribers and their topics are too many for the books: at most "
                    + "\(Self.topicClientsMax) of each, and \(Self.topicPlacesMax) of all three multiplied; lower 'clients'")
        }
    }

    private static let topicClientsMax = 10_000
    private static let topicPlacesMax = 10_000_000

    /// A check that nothing in the workload could fail is a mistake.
    func checkMeaning(of check: Check, _ node: DocumentNode) throws(WorkloadError) {
        try checkSchedule(of: check, node)
        if check == .mutualExclusion, !roles.contains(where: \.isLocker) {
            throw node.complaint("'mutual_exclusion' says something of locks, and no role has a 'lock'; drop the check")
        }
        if check == .sameResults, replay == nil {
            throw node.complaint("'same_results' says something of a trace, and there is no 'replay'; drop the check")
        }
        if replay != nil, ![.sameResults, .replicasAgree, .noLoss].contains(check) {
            throw node.complaint(
                "'\(check.rawValue)' can't be seen in a replay, which keeps no books of items; drop it, or take same_results"
            )
        }
    }
}
