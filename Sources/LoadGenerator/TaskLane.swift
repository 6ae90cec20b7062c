// A worker's view of one queue whose tasks have priorities and delays: which of the tasks listed last it takes next, and what it
// waits for when none may be taken yet.

/// One task as a list names it.
struct ListedTask {
    let priority: Int32
    let number: Int32
    /// Microseconds since 1970, 0 without a delay.
    let due: UInt64
}

/// One queue that a worker serves.
struct TaskLane {
    let queue: Int
    let path: [UInt8]
    /// What may be taken, the lowest name first, out of one list; after these the queue is listed again, as a task of a
    /// higher priority may have come.
    private var run: [ListedTask] = []
    private var cursor = 0
    private var isListing = false
    private var isWatched = false
    /// Nothing may be taken, and a watch stands.
    private(set) var isIdle = false
    /// Tasks were there when the queue was listed last.
    private(set) var isEmpty = true
    private var isGuard = false
    /// Greatest number listed so far on this connection: new tasks have greater ones.
    private var highest: Int32 = -1
    private(set) var quietSince: UInt64 = 0
    /// Nothing could be taken from the last list, which left no watch: the next one leaves it.
    private var mustWatch = false
    /// Of the tasks that may not be taken yet the first due instant, in microseconds; 0 if there is none.
    private(set) var nextDue: UInt64 = 0
    /// The task that was read, until its delete is answered.
    var read: (number: Int32, stamp: ItemStamp?) = (-1, nil)

    init(queue: Int, path: [UInt8]) {
        self.queue = queue
        self.path = path
    }

    mutating func popNext() -> ListedTask? {
        guard cursor < run.count else { return nil }
        defer { cursor += 1 }
        return run[cursor]
    }

    /// Whether to list now, and whether with a watch.
    func wantsList() -> (list: Bool, watch: Bool) {
        guard !isListing, !isIdle, cursor == run.count else { return (false, false) }
        return (true, mustWatch && !isWatched)
    }

    mutating func listSent(watch: Bool) {
        isListing = true
        mustWatch = false
        if watch { isWatched = true }
    }

    /// Takes in what a list found: `limit` tasks at most of those that are due by `clock`. True if there are tasks that the
    /// watch should have told of.
    mutating func listed(_ tasks: [ListedTask], limit: Int, clock: UInt64, now: UInt64) -> Bool {
        isListing = false
        isEmpty = tasks.isEmpty
        let newest = tasks.lazy.map(\.number).max() ?? -1
        let hasMissed = isGuard && isWatched && newest > highest
        highest = max(highest, newest)
        isGuard = false
        run = Array(tasks.filter { $0.due <= clock }.sorted { ($0.priority, $0.number) < ($1.priority, $1.number) }.prefix(limit))
        cursor = 0
        nextDue = tasks.lazy.map(\.due).filter { $0 > clock }.min() ?? 0
        if run.isEmpty {
            isIdle = isWatched
            mustWatch = !isWatched
            quietSince = now
        }
        return hasMissed
    }

    mutating func listFailed() {
        isListing = false
        isWatched = false
        isGuard = false
    }

    mutating func watchFired() {
        isWatched = false
        isIdle = false
    }

    /// A delay is over.
    mutating func delayIsOver(clock: UInt64) {
        if isIdle && nextDue > 0 && nextDue <= clock { isIdle = false }
    }

    /// Looks again although no watch fired. Of tasks that are new then the watch should have told: its event comes before any
    /// reply that shows the change.
    mutating func wakeUnasked() {
        guard isIdle else { return }
        isIdle = false
        isGuard = true
    }

    /// The connection is gone, with it the watch and what was asked for.
    mutating func forget() {
        self = TaskLane(queue: queue, path: path)
    }
}
