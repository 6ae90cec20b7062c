// Which of its messages a publisher leaves in each topic, and which it still has to remove.

struct Retention {
    private let keep: Int
    /// Sequences of acknowledged messages that stay for now, by topic.
    private var kept: [InstantQueue]
    /// Sequences to remove, and those whose removal has an unknown outcome.
    private var due = InstantQueue()
    private var again = InstantQueue()

    init(_ role: RolePlan) {
        keep = role.publish?.keep ?? 0
        kept = [InstantQueue](repeating: InstantQueue(), count: role.publish?.topicCount ?? 0)
    }

    /// A message was acknowledged: an older one may have to go.
    mutating func published(_ sequence: Int64, topic: Int) {
        kept[topic].append(UInt64(sequence))
        guard kept[topic].count > keep, let oldest = kept[topic].popFirst() else { return }
        due.append(oldest)
    }

    /// The connection broke before the removal was answered.
    mutating func removalUnknown(_ sequence: Int64) {
        again.append(UInt64(sequence))
    }

    /// The next message to remove, and whether it may be gone already.
    mutating func popNext() -> (sequence: Int64, mayBeGone: Bool)? {
        if let sequence = again.popFirst() { return (Int64(sequence), true) }
        return due.popFirst().map { (Int64($0), false) }
    }
}
