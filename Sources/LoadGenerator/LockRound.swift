// How far a client is with one lock: from wanting it to having given it up. A value; its requests are sent in
// LoadClient+Lock.swift.

/// One round of the recipe.
struct LockRound {
    enum Step {
        case idle
        case creating, listing
        /// Asks for the contender in front, with a watch.
        case checking
        case waiting, holding, releasing
        /// Removes a znode of its own that it did not know of.
        case clearing
        /// The connection is gone.
        case broken
        /// There is a connection again: a sync, then a look at what is left of the round.
        case syncing, searching
    }

    let name: LockName
    var step = Step.idle
    /// The lock's place in its pool.
    var lock: UInt64 = 0
    var phase: Int16 = 0
    var intended: UInt64 = 0
    var begun: UInt64 = 0
    /// Of the client's znode; -1 while it is not known.
    var number: Int32 = -1
    /// The lock was held already: only the znode is left to be removed.
    var isOver = false
    var waitingSince: UInt64 = 0
    var holdUntil: UInt64 = 0
    /// The contender that is watched: its number, and its path as an event names it.
    var watchedNumber: Int32 = -1
    var watchedPath: [UInt8] = []
    /// The watch fired before its request was answered.
    var hasFired = false
    /// A list that no event has asked for.
    var isGuard = false
    /// The client's znode was gone although nobody had removed it. If the session turns out to live on, that was wrong.
    var hasVanished = false

    init(name: LockName) {
        self.name = name
    }

    /// The znode went with the session: what was wanted is wanted still.
    mutating func sessionIsGone() {
        hasVanished = false
        number = -1
    }

    /// An event tells that `path` is gone. False if nothing of the kind was watched.
    mutating func watchFired(_ path: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard watchedPath.elementsEqual(path) else { return false }
        if step == .checking { hasFired = true }
        isGuard = false
        return true
    }
}
