// Which znode of a pool a request is for, and how it is written.

package enum Pick: Sendable, Equatable, Codable {
    /// Each with equal chance.
    case uniform
    /// The k-th of the pool, from 1, with a chance in proportion to 1 / k^exponent.
    case zipf(exponent: Double)
    /// The first `share` of the pool gets this share of the requests, the others the rest; within both each has equal chance.
    case hotset(share: Double, ofRequests: Double)
}

extension Pick {
    private static let exponents = 0.01...10.0
    private static let shares = 0.000_001...0.999_999

    init(_ node: DocumentNode?) throws(WorkloadError) {
        guard let node else {
            self = .uniform
            return
        }
        guard case .mapping = node.content else {
            _ = try node.choice(["uniform"], later: ["latest", "sequential"])
            self = .uniform
            return
        }
        try node.checkKeys(["zipf", "hotset"])
        guard try node.entries().count == 1, let entry = try node.entries().first else {
            throw node.complaint("\(node.title) must name one choice, as in {zipf: 1.1}")
        }
        if entry.key == "zipf" {
            self = .zipf(exponent: try entry.value.number(in: Self.exponents))
        } else {
            try entry.value.checkKeys(["share", "of_requests"])
            self = .hotset(
                share: try entry.value.required("share").number(in: Self.shares),
                ofRequests: try entry.value.required("of_requests").number(in: Self.shares))
        }
    }

    /// Of a single znode, or of none apart, there is nothing to choose.
    func check(_ node: DocumentNode, pool: TreeEntry) throws(WorkloadError) {
        guard self == .uniform || pool.count > 1 else {
            throw node.complaint(
                "\(node.title) chooses among several znodes, and '\(pool.path)' is one; raise its 'count' or "
                    + "drop it")
        }
        if case .hotset(let share, _) = self, hotCount(of: pool.count) == pool.count {
            throw node.complaint(
                "\(node.title): a share of \(share) of \(pool.count) znodes leaves none beside them; lower it or raise the "
                    + "'count'"
            )
        }
    }

    /// How many of so many znodes are the hot ones.
    package func hotCount(of count: Int) -> Int {
        guard case .hotset(let share, _) = self else { return count }
        return min(count, max(1, Int((share * Double(count)).rounded())))
    }
}
