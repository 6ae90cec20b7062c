// Instants at which single clients have something to do although nothing arrives for them: a lock held long enough, a task
// that becomes due.

/// A binary heap, earliest instant first. An instant that has lost its meaning costs a client one look.
struct WakeList {
    private struct Wake {
        let instant: UInt64
        let client: Int
    }

    private var heap: [Wake] = []

    var first: UInt64? { heap.first?.instant }

    mutating func add(_ instant: UInt64, client: Int) {
        heap.append(Wake(instant: instant, client: client))
        var place = heap.count - 1
        while place > 0, heap[(place - 1) / 2].instant > heap[place].instant {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    /// A client whose instant has come; nil if there is none.
    mutating func popDue(now: UInt64) -> Int? {
        guard let first = heap.first, first.instant <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return first.client
    }

    private mutating func sink() {
        var place = 0
        while 2 * place + 1 < heap.count {
            var child = 2 * place + 1
            if child + 1 < heap.count, heap[child + 1].instant < heap[child].instant { child += 1 }
            guard heap[child].instant < heap[place].instant else { return }
            heap.swapAt(place, child)
            place = child
        }
    }
}
