// What is going to happen, in order of time; of one time, in the order in which it was added.

struct SimulationEvent {
    enum Kind: UInt8 {
        /// The member's loop turns.
        case turn
        /// Bytes, or the end of a connection between members, arrive.
        case arrival
        /// What the journal was given is written and flushed.
        case flushed
        /// The power goes, if a fault says so, while the journal writes.
        case fall
        /// The background thread's next chore.
        case chore
        /// A member's wish to connect meets the other side.
        case dial
        /// A client does its next thing.
        case client
        /// Bytes of a client arrive at its member.
        case request
        /// Bytes of a member arrive at its client.
        case reply
        case fault
        case faultEnd
        /// The operator looks after the members.
        case `operator`
        /// A member that is down starts.
        case start
    }

    var time: UInt64
    var order: UInt64 = 0
    var kind: Kind
    /// Of a member or a client.
    var index: Int32
    /// Which life of the member, or which connection or fault this is about.
    var number: UInt64
}

struct EventHeap {
    private var events: [SimulationEvent] = []
    private var added: UInt64 = 0

    var isEmpty: Bool { events.isEmpty }
    var nextTime: UInt64? { events.first?.time }

    private static func isBefore(_ a: SimulationEvent, _ b: SimulationEvent) -> Bool {
        a.time != b.time ? a.time < b.time : a.order < b.order
    }

    mutating func add(_ kind: SimulationEvent.Kind, at time: UInt64, _ index: Int, _ number: UInt64 = 0) {
        added += 1
        var place = events.count
        let event = SimulationEvent(time: time, order: added, kind: kind, index: Int32(index), number: number)
        events.append(event)
        while place > 0 {
            let parent = (place - 1) / 2
            if !EventHeap.isBefore(event, events[parent]) { break }
            events[place] = events[parent]
            place = parent
        }
        events[place] = event
    }

    mutating func next() -> SimulationEvent? {
        guard let first = events.first else { return nil }
        let last = events.removeLast()
        if events.isEmpty { return first }
        var place = 0
        while true {
            var child = 2 * place + 1
            if child >= events.count { break }
            if child + 1 < events.count, EventHeap.isBefore(events[child + 1], events[child]) { child += 1 }
            if !EventHeap.isBefore(events[child], last) { break }
            events[place] = events[child]
            place = child
        }
        events[place] = last
        return first
    }
}
