// Reads creates and deletes: under a path of the role's own, or under the znodes of a pool with names of a given length.

extension Operation {
    /// A name of eight characters is the shortest that is certainly nobody else's.
    private static let nameLengths = 8...24

    static func readCreate(_ body: DocumentNode, tree: [TreeEntry]) throws(WorkloadError) -> Operation {
        try body.checkKeys(["path", "mode", "under", "name_length"], later: ["ttl", "acl"])
        var mode = CreateMode.persistent
        if let node = body.value(of: "mode") {
            let word = try node.choice(CreateMode.allCases.map(\.name), later: ["container", "ttl"])
            mode = CreateMode.allCases.first { $0.name == word }!
        }
        guard let under = body.value(of: "under") else {
            if let length = body.value(of: "name_length") {
                throw length.complaint("\(length.title) goes with 'under'; a znode that is created at 'path' gets ten digits")
            }
            return .create(path: try body.required("path").znodePath(), mode: mode)
        }
        try refusePath(beside: under, body)
        guard !mode.isSequential else {
            throw body.complaint("\(body.title): under a pool znodes get names of the load's own; take out 'mode: \(mode.name)'")
        }
        return .createChild(
            parents: try pool(under, tree: tree), nameLength: try readNameLength(body.value(of: "name_length")), mode: mode)
    }

    static func readDelete(_ body: DocumentNode, tree: [TreeEntry]) throws(WorkloadError) -> Operation {
        try body.checkKeys(["path", "under"])
        guard let under = body.value(of: "under") else { return .delete(path: try body.required("path").znodePath()) }
        try refusePath(beside: under, body)
        return .deleteChild(parents: try pool(under, tree: tree))
    }

    private static func refusePath(beside under: DocumentNode, _ body: DocumentNode) throws(WorkloadError) {
        if body.value(of: "path") != nil {
            throw under.complaint("\(body.title) has both 'path' and 'under'; keep one of the two")
        }
    }

    private static func readNameLength(_ node: DocumentNode?) throws(WorkloadError) -> ClosedRange<Int> {
        guard let node else { return 10...10 }
        return try node.integers(in: nameLengths)
    }

    /// Whether this removes what a create of the same role has made.
    var isDelete: Bool {
        switch self {
        case .delete, .deleteChild: true
        default: false
        }
    }

    /// Which of the operations creates what this one deletes.
    package func creation(in operations: [Operation]) -> Int? {
        operations.firstIndex {
            switch (self, $0) {
            case (.delete(let path), .create(let created, _)): path == created
            case (.deleteChild(let parents), .createChild(let created, _, _)): parents == created
            default: false
            }
        }
    }
}

extension DocumentNode {
    /// One whole number, or `{min: 3, max: 7}`: each of these with equal chance.
    func integers(in range: ClosedRange<Int>) throws(WorkloadError) -> ClosedRange<Int> {
        guard case .mapping = content else {
            let number = try integer(in: range)
            return number...number
        }
        try checkKeys(["min", "max"])
        let least = try required("min").integer(in: range)
        return least...(try required("max").integer(in: least...range.upperBound))
    }
}
