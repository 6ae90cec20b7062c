// Reads a multi: `ops` in their order, or, with `size`, so many of them, drawn by their weights.

extension Multi {
    private static let sizes = 1...128

    init(_ body: DocumentNode, tree: [TreeEntry]) throws(WorkloadError) {
        try body.checkKeys(["ops", "size"])
        let list = try body.required("ops")
        let items = try list.items()
        guard Self.sizes.contains(items.count) else {
            throw list.complaint("\(list.title) has \(items.count) operations; a multi has 1 to \(Self.sizes.upperBound)")
        }
        self.init(parts: [], size: items.count...items.count)
        guard let size = body.value(of: "size") else {
            for item in items {
                try Self.refuseWeight(item, in: body)
                parts.append(try MultiPart(item, tree: tree))
            }
            return
        }
        self.size = try size.integers(in: Self.sizes)
        for item in items {
            let (weight, operation) = try item.weighted()
            weights.append(weight)
            parts.append(try MultiPart(operation, tree: tree))
        }
    }

    private static func refuseWeight(_ item: DocumentNode, in body: DocumentNode) throws(WorkloadError) {
        guard let weight = item.value(of: "weight") else { return }
        throw weight.complaint("\(weight.title) has no effect without 'size'; add 'size: {min: 3, max: 7}' to '\(body.path)'")
    }
}

extension MultiPart {
    init(_ node: DocumentNode, tree: [TreeEntry]) throws(WorkloadError) {
        try node.checkKeys(["create", "set", "check"], later: ["delete"])
        guard try node.entries().count == 1 else {
            throw node.complaint("\(node.title) must be one operation, as in {set: {path: /data}}")
        }
        if let check = node.value(of: "check") {
            self = .check(pool: try Operation.readPool(check, key: "path", tree: tree))
            return
        }
        switch try Operation(node, tree: tree) {
        case .create(let path, let mode): self = .create(path: path, mode: mode)
        case .createChild(let parents, let length, let mode):
            self = .createChild(parents: parents, nameLength: length, mode: mode)
        case .set(let pool, let pick):
            guard pick == .uniform else {
                throw node.complaint("\(node.title) is a part of a multi, whose znodes have equal chances; take out its 'pick'")
            }
            self = .set(pool: pool)
        default: throw node.complaint("\(node.title) must be a create, a set or a check")
        }
    }
}

extension DocumentNode {
    /// An element of a mix: an operation, and beside it its weight.
    func weighted() throws(WorkloadError) -> (weight: Int, operation: DocumentNode) {
        let weight = try required("weight").integer(in: 1...1_000_000)
        var operation = self
        operation.content = .mapping(try entries().filter { $0.key != "weight" })
        return (weight, operation)
    }
}
