// Deadlines of one kind. All entries of a queue have the same duration, so they fall due in the order they were set, and
// the first one is the next one. Nothing is ever taken out early: whoever looks at a due entry checks that it still holds.

struct Deadlines {
    struct Entry {
        let due: UInt64
        let connection: ConnectionID
    }

    let duration: UInt64
    private var entries: [Entry] = []
    private var head = 0

    init(duration: UInt64) { self.duration = duration }

    /// The instant at which the entry falls due.
    mutating func add(_ connection: ConnectionID, now: UInt64) -> UInt64 {
        let due = now + duration
        entries.append(Entry(due: due, connection: connection))
        return due
    }

    var next: UInt64? { head < entries.count ? entries[head].due : nil }

    mutating func popDue(_ now: UInt64) -> Entry? {
        guard head < entries.count, entries[head].due <= now else { return nil }
        let entry = entries[head]
        head += 1
        if head >= 64 && head * 2 >= entries.count {
            entries.removeFirst(head)
            head = 0
        }
        return entry
    }
}
