// How long a client of a closed loop waits between a reply and its next request, and how that is written.

package enum Think: Sendable, Equatable, Codable {
    case constant(UInt64)
    /// Exponentially distributed.
    case exponential(mean: UInt64)
}

extension Think {
    private static let range: ClosedRange<UInt64> = 1_000...3_600_000_000_000

    init(_ node: DocumentNode) throws(WorkloadError) {
        guard case .mapping = node.content else {
            self = .constant(try Self.duration(node))
            return
        }
        try node.checkKeys(["const", "exp"])
        guard try node.entries().count == 1, let entry = try node.entries().first else {
            throw node.complaint("\(node.title) must name one distribution, as in {exp: 2ms}")
        }
        let nanoseconds = try Self.duration(entry.value)
        self = entry.key == "exp" ? .exponential(mean: nanoseconds) : .constant(nanoseconds)
    }

    private static func duration(_ node: DocumentNode) throws(WorkloadError) -> UInt64 {
        let nanoseconds = try node.duration()
        guard range.contains(nanoseconds) else {
            throw node.complaint("\(node.title) must lie between 1us and 1h, not \(try node.word())")
        }
        return nanoseconds
    }
}

extension Role {
    /// Only who waits for each reply can think after it.
    func checkThink(_ node: DocumentNode?) throws(WorkloadError) {
        guard let node else { return }
        guard arrivals == .closed else {
            throw node.complaint(
                "\(node.title) is for clients that wait for their replies; drop it or the 'arrivals' of role '\(name)'")
        }
        guard pipeline == 1 else {
            throw node.complaint(
                "\(node.title): a client that thinks has one request at a time; drop the 'pipeline' of role '\(name)' or raise "
                    + "its 'clients'"
            )
        }
        guard !isWorker, !isLocker, !isSubscriber else {
            throw node.complaint(
                "\(node.title) does not go with 'take', 'lock' and 'subscribe', whose requests follow each other; drop it")
        }
    }
}
