// Events in the order of virtual time; those of one instant in the order in which they were made.

import Batch
import Zab

enum Event {
    case message(wire: Int, toB: Bool, Message)
    case wireClosed(wire: Int, atB: Bool)
    case flush(member: Int, life: Int)
    case completed(member: Int, life: Int, [Input])
    case tick(member: Int, life: Int)
    case dial(member: Int, life: Int, peer: MemberID, channel: Channel)
    case apply(member: Int, life: Int, through: Zxid)
    case snapshot(member: Int, life: Int)
    case action(Int)
}

struct EventQueue {
    private struct Entry {
        var time: UInt64
        var order: UInt64
        var event: Event

        static func < (a: Entry, b: Entry) -> Bool { a.time != b.time ? a.time < b.time : a.order < b.order }
    }

    private var heap: [Entry] = []
    private var order: UInt64 = 0

    var nextTime: UInt64? { heap.first?.time }

    mutating func add(_ time: UInt64, _ event: Event) {
        order += 1
        heap.append(Entry(time: time, order: order, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> (time: UInt64, event: Event)? {
        guard !heap.isEmpty else { return nil }
        heap.swapAt(0, heap.count - 1)
        let top = heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] { least = child }
            if least == parent { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return (top.time, top.event)
    }
}

/// A seeded generator for everything random in a run.
package struct Dice: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 ^ 0xd1b5_4a32_d192_ed03 }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Evenly in the range, as far as a test cares.
    package mutating func roll(_ range: ClosedRange<UInt64>) -> UInt64 {
        range.lowerBound + next() % (range.upperBound - range.lowerBound + 1)
    }
    package mutating func roll(_ count: Int) -> Int { Int(next() % UInt64(count)) }
    package mutating func chance(_ percent: Int) -> Bool { roll(100) < percent }
}
