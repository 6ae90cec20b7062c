// Book-keeping of queue items: each enqueue by producer and sequence, each take, and in the end what was lost, came twice
// or out of order. A pure value; who sends and receives stands in LoadClient.

internal import Workload

/// What the ledger says to a take.
package enum TakeVerdict: Equatable {
    case first, again, foreign
}

struct QueueLedger {
    private enum Outcome: UInt8 {
        case sent, acknowledged, unknown, refused
    }

    private struct Item {
        /// What the server called it, as the reply to its create says, or the list it was taken from.
        var number: Int32 = -1
        /// Of its creation, as that one's reply says, or its Stat; 0: not told yet, -1: they differ.
        var zxid: Int64 = 0
        var outcome = Outcome.sent
        var takes: UInt8 = 0
        var queue: UInt16
    }

    private struct UnseenTake: Hashable {
        let queue: Int32
        let number: Int32
    }

    let run: UInt64
    let queueCount: Int
    private let hasOneWorkerPerQueue: Bool
    private var items: [[Item]]
    /// Highest sequence taken, by queue and producer; -1 before the first.
    private var lastTaken: [Int64]
    private var unseenTakes: Set<UnseenTake> = []
    /// Items that wait in each queue, sent ones included.
    private(set) var backlog: [Int32]
    /// Acknowledged items not taken yet.
    private(set) var waiting: Int64 = 0
    private var accounting = QueueAccounting()
    /// Whether items are read again, and each one's number and zxid thus come twice.
    var isRead = false
    /// Items that were found under another number or zxid than their creation's reply said.
    private(set) var misnamed: UInt64 = 0

    init(run: UInt64, producers: Int, queues: Int, hasOneWorkerPerQueue: Bool) {
        self.run = run
        queueCount = queues
        self.hasOneWorkerPerQueue = hasOneWorkerPerQueue
        items = [[Item]](repeating: [], count: producers)
        lastTaken = [Int64](repeating: -1, count: producers * queues)
        backlog = [Int32](repeating: 0, count: queues)
        if hasOneWorkerPerQueue { accounting.reordered = 0 }
    }

    /// A producer is about to send an item; returns its sequence.
    @inline(__always) mutating func enqueue(producer: Int, queue: Int) -> Int64 {
        let sequence = items[producer].count
        items[producer].append(Item(queue: UInt16(truncatingIfNeeded: queue)))
        backlog[queue] += 1
        return Int64(sequence)
    }

    /// What can't be told from the reply is -1 or 0.
    @inline(__always) mutating func acknowledged(producer: Int, sequence: Int64, number: Int32, zxid: Int64) {
        if items[producer][Int(sequence)].takes > 0, items[producer][Int(sequence)].number != number, number >= 0 {
            misnamed += 1
        }
        compare(zxid, producer, Int(sequence))
        items[producer][Int(sequence)].outcome = .acknowledged
        items[producer][Int(sequence)].number = number
        accounting.enqueued += 1
        if items[producer][Int(sequence)].takes == 0 { waiting += 1 }
    }

    /// The connection broke before the reply: the item may be there or not.
    mutating func unknown(producer: Int, sequence: Int64) {
        items[producer][Int(sequence)].outcome = .unknown
        accounting.unknownEnqueues += 1
        if items[producer][Int(sequence)].takes == 0 { backlog[Int(items[producer][Int(sequence)].queue)] -= 1 }
    }

    mutating func refused(producer: Int, sequence: Int64) {
        items[producer][Int(sequence)].outcome = .refused
        if items[producer][Int(sequence)].takes == 0 { backlog[Int(items[producer][Int(sequence)].queue)] -= 1 }
    }

    /// An item was taken: its delete is acknowledged.
    @inline(__always) mutating func taken(_ stamp: ItemStamp, queue: Int, number: Int32) -> TakeVerdict {
        let producer = Int(stamp.producer)
        guard stamp.run == run, items.indices.contains(producer), stamp.sequence < UInt64(items[producer].count),
            items[producer][Int(stamp.sequence)].queue == UInt16(truncatingIfNeeded: queue)
        else {
            accounting.foreign += 1
            return .foreign
        }
        let position = Int(stamp.sequence)
        let takes = items[producer][position].takes
        items[producer][position].takes = min(takes, 254) + 1
        guard takes == 0 else {
            accounting.doubled += 1
            return .again
        }
        accounting.taken += 1
        note(number, of: producer, at: position)
        switch items[producer][position].outcome {
        case .acknowledged:
            waiting -= 1
            backlog[queue] -= 1
        case .sent: backlog[queue] -= 1
        case .unknown, .refused: break
        }
        noteOrder(queue: queue, producer: producer, sequence: Int64(stamp.sequence))
        return .first
    }

    /// An item was read, whose Stat says when it was made.
    @inline(__always) mutating func read(_ stamp: ItemStamp, created: Int64) {
        let producer = Int(stamp.producer)
        guard stamp.run == run, items.indices.contains(producer), stamp.sequence < UInt64(items[producer].count) else { return }
        compare(created, producer, Int(stamp.sequence))
    }

    @inline(__always) private mutating func compare(_ zxid: Int64, _ producer: Int, _ position: Int) {
        guard zxid > 0, items[producer][position].zxid != zxid, items[producer][position].zxid >= 0 else { return }
        if items[producer][position].zxid > 0 {
            misnamed += 1
            items[producer][position].zxid = -1
        } else {
            items[producer][position].zxid = zxid
        }
    }

    private mutating func note(_ number: Int32, of producer: Int, at position: Int) {
        if items[producer][position].outcome == .acknowledged {
            if items[producer][position].number != number, items[producer][position].number >= 0 { misnamed += 1 }
        } else {
            items[producer][position].number = number
        }
    }

    private mutating func noteOrder(queue: Int, producer: Int, sequence: Int64) {
        guard hasOneWorkerPerQueue else { return }
        let slot = queue * items.count + producer
        if sequence < lastTaken[slot] {
            accounting.reordered! += 1
        } else {
            lastTaken[slot] = sequence
        }
    }

    /// The connection broke before a delete was answered: the item is taken, or will be found again.
    mutating func takeUnseen(queue: Int, number: Int32) {
        unseenTakes.insert(UnseenTake(queue: Int32(queue), number: number))
    }

    mutating func damaged() {
        accounting.damaged += 1
    }

    /// Taken before its delay was over.
    mutating func early() {
        accounting.early += 1
    }

    /// Listed, but gone when its turn came.
    mutating func missed() {
        accounting.missed += 1
    }

    /// Settles the books when nothing moves any more.
    func settled(isDrained: Bool, drainNanoseconds: UInt64) -> QueueAccounting {
        var result = accounting
        result.isDrained = isDrained
        result.drainNanoseconds = drainNanoseconds
        for producer in items {
            for item in producer {
                switch item.outcome {
                case .acknowledged where item.takes == 0:
                    if unseenTakes.contains(UnseenTake(queue: Int32(item.queue), number: item.number)) {
                        result.takenUnseen += 1
                    } else {
                        result.lost += 1
                    }
                case .unknown where item.takes > 0: result.unknownEnqueuesTaken += 1
                case .refused where item.takes > 0: result.refusedButTaken += 1
                default: break
                }
            }
        }
        return result
    }
}
