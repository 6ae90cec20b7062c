// A queue as a request handler: 1000 adds an item to a queue, 1001 tells how many a queue holds, 1002 lists them in their
// order. Everything it knows lies in the two tables that the state machine lends, so snapshots, restores and the members'
// digests come for free.

import Handlers

final class QueueHandler: RequestHandler {
    /// Fields: queue, item. Answer: OK, without a body.
    let writes: ClosedRange<Int32> = 1000...1000
    /// Fields: queue. Answers: int count (1001), or the items, each with its length (1002).
    let queries: ClosedRange<Int32> = 1001...1002
    /// Queues by name with count, first and last item; items with the one behind them.
    let tables = [TableShape(words: 3, isKeyed: true), TableShape(words: 1)]

    private enum Word { static let count = 0, first = 1, last = 2, next = 0 }
    private static let badArguments: Int32 = -8

    func apply(_ requests: inout RequestSegment) {
        let (queues, items) = (requests.tables[0], requests.tables[1])
        while requests.next() {
            var fields = requests.fields
            guard let name = fields.bytes(), let item = fields.bytes(), let queue = queues.find(name) ?? queues.insert(key: name)
            else {
                requests.refuse(QueueHandler.badArguments)
                continue
            }
            let row = items.insert()
            items.setBytes(row, item)
            if let last = Table.Row(exactly: queues[queue, Word.last]), last != 0 {
                items[last, Word.next] = UInt64(row)
            } else {
                queues[queue, Word.first] = UInt64(row)
            }
            queues[queue, Word.last] = UInt64(row)
            queues[queue, Word.count] &+= 1
        }
    }

    func query(_ requests: inout RequestSegment) {
        let (queues, items) = (requests.tables[0], requests.tables[1])
        while requests.next() {
            var fields = requests.fields
            guard let name = fields.bytes(), let queue = queues.find(name) else {
                requests.refuse(QueueHandler.badArguments)
                continue
            }
            if requests.operation == queries.lowerBound {
                requests.write(int: Int32(truncatingIfNeeded: queues[queue, Word.count]))
                continue
            }
            var row = Table.Row(truncatingIfNeeded: queues[queue, Word.first])
            while row != 0 {
                items.withBytes(row) { requests.write(bytes: $0) }
                row = Table.Row(truncatingIfNeeded: items[row, Word.next])
            }
        }
    }
}
