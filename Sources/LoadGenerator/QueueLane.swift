// A worker's view of one queue: what it has listed and not yet taken, and whether it waits for the watch to fire.

/// One queue that a worker serves.
struct QueueLane {
    let queue: Int
    let path: [UInt8]
    /// Numbers to take, ascending, and how far that is done.
    private(set) var run: [Int32] = []
    private(set) var cursor = 0
    /// Listed while the run before it was still being taken.
    private var next: [Int32] = []
    /// Greatest number listed so far on this connection: items turn up in the order of their numbers.
    private var highest: Int32 = -1
    private(set) var isListing = false
    /// A list with nothing new came although the run was not done: no use in asking again before it is.
    private var hasListedAhead = false
    private(set) var isWatched = false
    private(set) var isIdle = false
    private var isWoken = false
    private var isGuard = false
    private(set) var idleSince: UInt64 = 0
    /// The item that was read, until its delete is answered.
    var read: (number: Int32, stamp: ItemStamp?) = (-1, nil)

    init(queue: Int, path: [UInt8]) {
        self.queue = queue
        self.path = path
    }

    /// The next number to take; nil when the run is done.
    @inline(__always) mutating func popNext() -> Int32? {
        if cursor == run.count {
            guard !next.isEmpty else { return nil }
            swap(&run, &next)
            next.removeAll(keepingCapacity: true)
            cursor = 0
            hasListedAhead = false
        }
        defer { cursor += 1 }
        return run[cursor]
    }

    var remaining: Int { run.count - cursor + next.count }

    /// Whether to list now, with `ahead` as many items still to be taken, and whether with a watch.
    mutating func wantsList(ahead: Int) -> (list: Bool, watch: Bool) {
        guard !isListing, !isIdle, next.isEmpty else { return (false, false) }
        if remaining > 0 {
            guard remaining <= ahead, !hasListedAhead else { return (false, false) }
            return (true, false)
        }
        let watch = !isWatched && !isWoken
        return (true, watch)
    }

    mutating func listSent(watch: Bool) {
        isListing = true
        isWoken = false
        if watch { isWatched = true }
    }

    /// Takes in what a list found, ascending; true if children were there that the watch should have told of.
    mutating func listed(_ numbers: [Int32], now: UInt64) -> Bool {
        isListing = false
        let fresh = numbers.firstIndex { $0 > highest } ?? numbers.count
        let found = numbers.count - fresh
        let hasMissed = isGuard && isWatched && found > 0
        isGuard = false
        if found > 0 {
            highest = numbers[numbers.count - 1]
            next.append(contentsOf: numbers[fresh...])
            return hasMissed
        }
        if remaining > 0 {
            hasListedAhead = true
        } else if isWatched {
            isIdle = true
            idleSince = now
        }
        return false
    }

    mutating func listFailed() {
        isListing = false
        isWatched = false
    }

    mutating func watchFired() {
        isWatched = false
        if isIdle {
            isIdle = false
            isWoken = true
        }
    }

    /// Looks again although no watch fired. What is found then, the watch should have told of: its event comes before any
    /// reply that shows the change.
    mutating func wakeUnasked() {
        isIdle = false
        isGuard = true
    }

    /// The connection is gone, with it the watch and the order of what was seen.
    mutating func forget() {
        self = QueueLane(queue: queue, path: path)
    }
}

/// How far a worker is with showing that its queues are empty.
enum DrainStep {
    case working
    /// Waits for a sync, so that an empty list after it means empty.
    case syncing
    /// Lists again after the sync.
    case confirming
}
