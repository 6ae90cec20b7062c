// Book-keeping of locks: who holds which, and whether two ever did at once. A pure value; who sends and receives stands in
// LoadClient.

package struct LockLedger {
    /// The client that holds each lock, -1 where nobody does.
    private var holders: [Int32]
    package var accounting = LockAccounting()

    package init(locks: Int) {
        holders = [Int32](repeating: -1, count: locks)
    }

    package func holder(of lock: Int) -> Int? { holders[lock] < 0 ? nil : Int(holders[lock]) }

    /// A client finds itself in front. If another one holds the lock, `isHolderSure` says whether that one's session can't
    /// have expired: a client that has heard nothing for long must count its lock as given up.
    package mutating func acquired(_ lock: Int, by client: Int, isHolderSure: Bool) {
        if holders[lock] >= 0 {
            if isHolderSure { accounting.heldByTwo += 1 } else { accounting.givenUp += 1 }
        }
        holders[lock] = Int32(truncatingIfNeeded: client)
        accounting.acquired += 1
    }

    /// The holder is about to remove its znode.
    package mutating func released(_ lock: Int, by client: Int) {
        if holders[lock] == Int32(truncatingIfNeeded: client) { holders[lock] = -1 }
    }

    /// The holder's connection is gone: from now on it does not count on the lock.
    package mutating func givenUp(_ lock: Int, by client: Int) {
        guard holders[lock] == Int32(truncatingIfNeeded: client) else { return }
        holders[lock] = -1
        accounting.givenUp += 1
    }
}

/// What became of the locks.
package struct LockAccounting: Sendable, Equatable, Codable {
    /// Times that a lock was held.
    package var acquired: UInt64 = 0
    /// Times that a lock was held by a second client at once.
    package var heldByTwo: UInt64 = 0
    /// Locks that ended with their holder's connection.
    package var givenUp: UInt64 = 0
    /// Znodes of a session that lived on which were gone although nobody had removed them.
    package var vanished: UInt64 = 0
    /// Creates whose reply was lost with its connection and whose znode was found by its name.
    package var recovered: UInt64 = 0
    /// Znodes of a round before, removed.
    package var ghosts: UInt64 = 0
    /// Locks that were wanted and not yet held in the end.
    package var unfinished: UInt64 = 0

    package init() {}
}
