// A subscriber's view of one topic: which messages it has heard of and not yet read, and whether a watch will tell of more.

/// One topic that a subscriber follows.
struct TopicLane {
    let topic: Int
    let path: [UInt8]
    /// Numbers to read, ascending; how many were asked for, and how many of these are done.
    private var numbers: [Int32] = []
    private var asked = 0
    private var done = 0
    /// Greatest number listed so far: messages turn up in the order of their numbers.
    private(set) var highest: Int32 = -1
    private var isListing = false
    private var isWatched = false
    /// Looks although no event has come.
    private var mustLook = false
    private var isGuard = false
    private(set) var quietSince: UInt64 = 0

    init(topic: Int, path: [UInt8]) {
        self.topic = topic
        self.path = path
    }

    /// The next message to ask for; nil if there is none.
    mutating func popNext() -> Int32? {
        guard asked < numbers.count else { return nil }
        defer { asked += 1 }
        return numbers[asked]
    }

    /// Messages known of and not yet read.
    var unread: Int { numbers.count - done }

    /// Whether to list now, with at most `limit` messages unread, and whether with a watch.
    func wantsList(limit: Int) -> (list: Bool, watch: Bool) {
        guard !isListing, unread <= limit else { return (false, false) }
        return (mustLook || !isWatched, !isWatched)
    }

    mutating func listSent(watch: Bool) {
        isListing = true
        mustLook = false
        if watch { isWatched = true }
    }

    /// Takes in the numbers above `highest` that a list found, ascending; true if the watch should have told of them before.
    mutating func listed(_ fresh: [Int32], now: UInt64) -> Bool {
        isListing = false
        quietSince = now
        let hasMissed = isGuard && isWatched && !fresh.isEmpty
        isGuard = false
        numbers.append(contentsOf: fresh)
        highest = fresh.last ?? highest
        return hasMissed
    }

    mutating func listFailed() {
        isListing = false
        isWatched = false
        isGuard = false
    }

    /// The oldest message that was asked for is read, or was gone.
    mutating func finished(now: UInt64) {
        done += 1
        quietSince = now
        guard done == numbers.count else { return }
        numbers.removeAll(keepingCapacity: true)
        (asked, done) = (0, 0)
    }

    mutating func watchFired() {
        isWatched = false
    }

    /// Looks again although no watch fired. What is found then, a watch that stands should have told of: its event comes before
    /// any reply that shows the change.
    mutating func wakeUnasked() {
        mustLook = true
        isGuard = isWatched
    }

    /// Everything listed is read, and a watch stands.
    var isIdle: Bool { isWatched && !isListing && !mustLook && unread == 0 }

    /// The connection is gone, with it the watch and what was asked for; what was heard of is still to be read.
    mutating func forgetConnection() {
        isListing = false
        isWatched = false
        isGuard = false
        asked = done
    }
}
