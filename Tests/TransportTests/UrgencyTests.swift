// Urgent sockets among hundreds of ready ones: every turn sees them, and first.

import Testing
import Transport

@Suite("Urgent sockets", .serialized)
struct UrgencyTests {
    @Test("every turn reports an urgent socket that is ready, before all others, with more ready than one wait returns")
    func first() throws {
        DescriptorLimit.raise()
        let stage = try Stage()
        let port = try stage.listen()
        let urgentPort = try stage.loop.listen(.loopback(port: 0), tag: 1, urgency: .urgent).boundPort
        let clients = (0..<300).map { _ in stage.connect(port) }
        #expect(stage.turns { stage.accepted.count == 300 && stage.connected.count == 300 })
        let client = stage.loop.connect("127.0.0.1", port: urgentPort, tag: 2, urgency: .urgent)
        #expect(stage.turns { stage.accepted.count == 301 && stage.connected.contains(client) })
        let urgent = stage.accepted[300]
        // Nobody reads what the ordinary ones receive, so all of them stay ready.
        stage.onReadable = { stage, id in if id == urgent { stage.take(id) } }
        for id in clients { stage.send(id, [7]) }
        var received: [UInt8] = []
        for round in 0..<100 {
            let byte = UInt8(round)
            stage.send(client, [byte])
            received.append(byte)
            stage.turn()
            guard case .readable(urgent, tag: 1) = stage.lastTurn.first else {
                Issue.record("turn \(round) began with \(stage.lastTurn.first.map { "\($0)" } ?? "nothing")")
                return
            }
            #expect(stage.received[urgent] == received)
            #expect(stage.lastTurn.count >= 256)
        }
        stage.loop.close(client, graceful: true)
        #expect(stage.turns { stage.ended.contains(urgent) })
    }

    @Test("an urgent socket that is not ready wakes nobody, and one that becomes ready wakes the loop")
    func waking() throws {
        let stage = try Stage()
        let port = try stage.loop.listen(.loopback(port: 0), tag: 1, urgency: .urgent).boundPort
        let client = stage.loop.connect("127.0.0.1", port: port, tag: 2, urgency: .urgent)
        #expect(stage.turns { stage.accepted.count == 1 && stage.connected.contains(client) })
        let turns = stage.loop.counters.turns
        let before = stage.loop.now
        stage.turn(atMostNanoseconds: 20_000_000)
        #expect(stage.lastTurn.isEmpty && stage.loop.now - before >= 20_000_000)
        #expect(stage.loop.counters.turns == turns + 1)
        stage.send(client, [1, 2])
        stage.turn(atMostNanoseconds: 60_000_000_000)
        #expect(stage.received[stage.accepted[0]] == [1, 2])
    }
}
