// A part of a load: which of its clients one of several generators has, so that together they are the load as one would send it,
// at the same instants.

package import Workload

/// Part `index` of `count`.
package struct LoadShare: Sendable, Equatable, Codable {
    package var index: Int
    package var count: Int
    /// What marks the run's items and znodes, common to all parts.
    package var run: UInt64

    package init(index: Int, count: Int, run: UInt64) {
        precondition(count > 0 && (0..<count).contains(index), "a part of those there are")
        self.index = index
        self.count = count
        self.run = run
    }

    /// The role's clients that this part has, by their numbers in the role.
    package func ordinals(of role: Role) -> StrideTo<Int> {
        guard role.isUndivided else { return stride(from: index, to: role.clients, by: count) }
        return stride(from: 0, to: index == 0 ? role.clients : 0, by: 1)
    }

    /// What speaks against sharing a workload over so many generators; nil if nothing does.
    package static func objection(to generators: Int, of workload: Workload) -> String? {
        if workload.replay != nil, generators > 1 {
            return "a trace is played by one generator, as its sessions wait for each other's replies; leave --generators out"
        }
        if generators > 1, let phase = workload.phases.first(where: { $0.steady != nil }) {
            return
                "whether phase '\(phase.name)' is steady is seen by one generator, which has all replies; leave --generators or "
                + "'steady' out"
        }
        // Each generator needs a client.
        let most = workload.roles.filter { !$0.isUndivided }.map(\.clients).max() ?? 1
        if (1...most).contains(generators) { return nil }
        let reason = "roles that have queues, locks or messages in common stay together in one process"
        if most == 1 {
            return "in this workload there is nothing to divide over \(generators) generators, as \(reason), and no other "
                + "role has several clients; leave --generators out"
        }
        return "this workload can't be shared by \(generators) generators, as \(reason), and each generator needs a client "
            + "of some other role; take at most --generators \(most)"
    }
}

extension Role {
    /// Whether the role stays whole, in the first generator. Books over items, tasks, locks and messages are kept while the
    /// load goes on, and say for example that a queue is full or that two clients hold one lock; whoever shares such a book
    /// must see it.
    package var isUndivided: Bool {
        operations.contains { operation in
            switch operation {
            case .enqueue, .schedule, .take, .lock, .publish, .subscribe: true
            case .create, .createChild, .set, .get, .exists, .list, .delete, .deleteChild, .multi: false
            }
        }
    }
}
