// The same workload with all its znodes below another one, as a client with a chroot sees them.

extension Workload {
    package func placed(below root: String) -> Workload {
        var placed = self
        if let replay { placed.replay?.root = root + replay.root }
        for index in placed.tree.indices { placed.tree[index].path = root + placed.tree[index].path }
        for role in placed.roles.indices {
            placed.roles[role].operations = placed.roles[role].operations.map { $0.placed(below: root) }
        }
        return placed
    }
}

extension Operation {
    fileprivate func placed(below root: String) -> Operation {
        switch self {
        case .create(let path, let mode): .create(path: root + path, mode: mode)
        case .delete(let path): .delete(path: root + path)
        case .multi(let multi):
            .multi(Multi(parts: multi.parts.map { $0.placed(below: root) }, weights: multi.weights, size: multi.size))
        // All others name an entry of the tree.
        default: self
        }
    }
}

extension MultiPart {
    fileprivate func placed(below root: String) -> MultiPart {
        guard case .create(let path, let mode) = self else { return self }
        return .create(path: root + path, mode: mode)
    }
}
