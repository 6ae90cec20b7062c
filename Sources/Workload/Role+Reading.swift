// Reads roles and their operations. When requests are due stands in Arrivals+Reading.swift.

extension Role {
    init(name: String, _ node: DocumentNode, tree: [TreeEntry], payload: PayloadSize) throws(WorkloadError) {
        try node.checkKeys(["clients", "pipeline", "arrivals", "think", "do", "mix"], later: ["via"])
        let known = DocumentNode(content: .scalar(name), place: node.place, path: node.path, file: node.file)
        self.name = try known.identifier()
        clients = try node.value(of: "clients")?.integer(in: 1...100_000) ?? 1
        pipeline = try node.value(of: "pipeline")?.integer(in: 1...65_536) ?? 1
        arrivals = try Arrivals(node.value(of: "arrivals"))
        think = try node.value(of: "think").map { node throws(WorkloadError) in try Think(node) }
        operations = []
        weights = []
        let list = try Self.operationList(node)
        if list.isMix {
            for item in try list.node.items() {
                let (weight, operation) = try item.weighted()
                weights.append(weight)
                operations.append(try Operation(operation, tree: tree))
            }
        } else {
            for item in try list.node.items() { operations.append(try Operation(item, tree: tree)) }
        }
        guard !operations.isEmpty else { throw list.node.complaint("\(list.node.title) is empty; name at least one operation") }
        try checkCombination(list.node, payload: payload)
        try checkThink(node.value(of: "think"))
    }

    /// What the role does: `do`, one after the other, or `mix`, each time one by chance.
    private static func operationList(_ node: DocumentNode) throws(WorkloadError) -> (node: DocumentNode, isMix: Bool) {
        guard let mix = node.value(of: "mix") else { return (try node.required("do"), false) }
        if let list = node.value(of: "do") {
            throw list.complaint("\(node.title) has both 'do' and 'mix'; keep one of the two")
        }
        return (mix, true)
    }

    private func checkCombination(_ node: DocumentNode, payload: PayloadSize) throws(WorkloadError) {
        if isProducer || isWorker {
            guard operations.count == 1 else {
                throw node.complaint("'enqueue' and 'take' each need a role of their own, with nothing else in its 'do'")
            }
        }
        if isProducer, clients > 10_000 {
            throw node.complaint("the books are kept for at most 10000 producers of a role")
        }
        if isProducer, payload.least < Role.itemBytesMin {
            throw node.complaint(
                "items carry producer and sequence, so 'payload.size' must be at least \(Role.itemBytesMin)B for 'enqueue'")
        }
        if isWorker, arrivals != .closed {
            throw node.complaint("a role that takes items works as they come; its 'arrivals' must be closed")
        }
        try checkRecipe(node, payload: payload)
        for operation in operations where operation.isDelete && operation.creation(in: operations) == nil {
            throw node.complaint("'delete' removes what the role created: add a 'create' with the same path to the role")
        }
    }

    /// Room for the stamp that an item begins with.
    package static let itemBytesMin = 40
}

extension Operation {
    private static let names = [
        "create", "set", "get", "exists", "list", "delete", "multi", "enqueue", "take", "lock", "publish", "subscribe",
    ]
    private static let laterNames = [
        "check", "sync", "watch", "ack", "elect", "barrier", "connect", "disconnect", "sleep", "work",
    ]

    init(_ node: DocumentNode, tree: [TreeEntry]) throws(WorkloadError) {
        try node.checkKeys(Self.names, later: Self.laterNames)
        let entries = try node.entries()
        guard entries.count == 1, let entry = entries.first else {
            throw node.complaint("\(node.title) must be one operation, as in {set: {path: /data}}")
        }
        let body = entry.value
        switch entry.key {
        case "create": self = try Self.readCreate(body, tree: tree)
        case "set", "get", "exists", "list": self = try Self.readChoosing(entry.key, body, tree: tree)
        case "delete": self = try Self.readDelete(body, tree: tree)
        case "multi": self = .multi(try Multi(body, tree: tree))
        case "enqueue": self = try Self.readEnqueue(body, tree: tree)
        case "lock": self = try Self.readLock(body, tree: tree)
        case "publish": self = try Self.readPublish(body, tree: tree)
        case "subscribe": self = try Self.readSubscribe(body, tree: tree)
        default:
            try Self.checkVia(body, keys: ["queue", "via"], later: ["batch", "wait"])
            self = .take(queue: try Self.queues(body.required("queue"), tree: tree))
        }
    }

    private static func readEnqueue(_ body: DocumentNode, tree: [TreeEntry]) throws(WorkloadError) -> Operation {
        try checkVia(body, keys: ["queue", "max_backlog", "priority", "delay", "via"], later: [])
        if isScheduled(body) { return try readSchedule(body, tree: tree) }
        return .enqueue(
            queue: try queues(body.required("queue"), tree: tree),
            maxBacklog: try body.value(of: "max_backlog")?.integer(in: 1...10_000_000))
    }

    static func checkVia(_ body: DocumentNode, keys: [String], later: [String]) throws(WorkloadError) {
        try body.checkKeys(keys, later: later)
        _ = try body.value(of: "via")?.choice(["recipe"], later: ["server"])
    }

    /// An operation on one of a pool's znodes, and how that one is chosen.
    private static func readChoosing(
        _ name: String, _ body: DocumentNode, tree: [TreeEntry]
    ) throws(WorkloadError) -> Operation {
        try body.checkKeys(["path", "pick"], later: ["version"])
        let pool = try pool(body.required("path"), tree: tree)
        let pick = try Pick(body.value(of: "pick"))
        if let node = body.value(of: "pick") { try pick.check(node, pool: tree[pool]) }
        switch name {
        case "set": return .set(pool: pool, pick: pick)
        case "get": return .get(pool: pool, pick: pick)
        case "exists": return .exists(pool: pool, pick: pick)
        default: return .list(pool: pool, pick: pick)
        }
    }

    static func readPool(_ body: DocumentNode, key: String, tree: [TreeEntry]) throws(WorkloadError) -> Int {
        try body.checkKeys([key], later: ["pick", "version"])
        return try pool(body.required(key), tree: tree)
    }

    static func queues(_ node: DocumentNode, tree: [TreeEntry]) throws(WorkloadError) -> Int {
        let found = try pool(node, tree: tree)
        guard tree[found].count <= 1_000 else {
            throw node.complaint("\(node.title) stands for \(tree[found].count) of them; a role works on at most 1000")
        }
        return found
    }

    static func pool(_ node: DocumentNode, tree: [TreeEntry]) throws(WorkloadError) -> Int {
        let path = try node.znodePath()
        if let found = tree.firstIndex(where: { $0.path == path }) { return found }
        let hint = nearestName(to: path, among: tree.map(\.path)).map { "; did you mean '\($0)'?" } ?? ""
        throw node.complaint("\(node.title) is '\(path)', which 'data.tree' does not lay out\(hint)")
    }
}
