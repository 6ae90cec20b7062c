// Handlers on whole members: one call for the writes of many clients, and yet each client sees its reads between its writes.

import Handlers
import Jute
import Node
import NodeEnsemble
import Testing

@Suite struct SegmentOrderTests {
    /// 1200 {name} adds one and answers the sum; 1201 {name} answers it.
    private final class CountingHandler: RequestHandler {
        let writes: ClosedRange<Int32> = 1200...1200
        let queries: ClosedRange<Int32> = 1201...1201
        let tables = [TableShape(words: 1, isKeyed: true)]
        private(set) var calls = 0

        func apply(_ requests: inout RequestSegment) {
            calls += 1
            let counts = requests.tables[0]
            while requests.next() {
                var fields = requests.fields
                guard let name = fields.bytes(), let row = counts.find(name) ?? counts.insert(key: name) else { continue }
                counts[row, 0] &+= 1
                requests.write(long: Int64(counts[row, 0]))
            }
        }

        func query(_ requests: inout RequestSegment) {
            let counts = requests.tables[0]
            while requests.next() {
                var fields = requests.fields
                guard let name = fields.bytes() else { continue }
                requests.write(long: counts.find(name).map { Int64(counts[$0, 0]) } ?? 0)
            }
        }
    }

    @Test("Queries parked between the writes of a segment are answered between them, and the segment is one call")
    func queriesBetweenWrites() throws {
        let handler = CountingHandler()
        let ensemble = try VirtualEnsemble(1)
        ensemble.handlers = { _ in [handler] }
        try ensemble.start()
        #expect(ensemble.run(within: 1_000) { ensemble.member(1).node?.isServing == true })
        let clients = [ensemble.client(of: 1), ensemble.client(of: 1)]
        for client in clients { client.connect() }
        #expect(ensemble.run(within: 1_000) { clients.allSatisfy(\.hasSession) })
        for xid in Int32(1)...10 {
            for client in clients { client.request(xid, xid % 2 == 1 ? 1200 : 1201) { $0.writeString("sum") } }
        }
        #expect(ensemble.run(within: 500) { clients.allSatisfy { $0.isAnswered(10) } })
        #expect(handler.calls == 1)
        for (index, client) in clients.enumerated() {
            #expect(client.replies.map(\.xid) == Array(1...10))
            // The second client's writes lie behind the first one's in the batch.
            let sums = client.replies.map { $0.body.reduce(Int64(0)) { $0 << 8 | Int64($1) } }
            #expect(sums == (0..<10).map { Int64(1 + 5 * index + $0 / 2) })
        }
    }
}
