// The state machine's first steps: sessions and the plainest operations, end to end.

import Batch
import ClientProtocol
import DataTree
import Handlers
import Jute
import StateMachine
import Testing

@Suite struct StateMachineTests {
    @Test func firstSteps() throws {
        let machine = StateMachine()
        var reply = ByteBuffer()
        var effects = Effects()
        var body = ByteBuffer()
        var counter: UInt32 = 0
        func apply(_ type: Int32, _ body: borrowing ByteBuffer) -> Int32 {
            counter += 1
            let head = RequestHead(type: type, xid: 1, session: 77, origin: Origin(server: 1, run: 9, seq: UInt64(counter)))
            let context = ApplyContext(
                zxid: Zxid(epoch: 1, counter: counter), wallTime: 1000, logTime: 5, version: 1, head: head, isOwn: true)
            reply.removeAll()
            effects.removeAll()
            return machine.apply(context, identities: RawSpan(), body: body.span, reply: &reply, effects: &effects).error
        }
        body.writeInt(4000)
        #expect(apply(OpCode.createSession, body) == 0)
        body.removeAll()
        body.writeString("/a")
        body.writeString("data")
        body.writeOpenACL()
        body.writeInt(0)
        #expect(apply(OpCode.create, body) == 0)
        #expect([UInt8](reply.bytes) == [0, 0, 0, 2, 47, 97])
        #expect(apply(OpCode.create, body) == ErrorCode.nodeExists)
        body.removeAll()
        body.writeString("/a")
        body.writeString("other")
        body.writeInt(-1)
        #expect(apply(OpCode.setData, body) == 0)
        #expect(reply.count == Stat.size)
        body.removeAll()
        body.writeString("/a")
        body.writeInt(1)
        #expect(apply(OpCode.delete, body) == 0)
        #expect(machine.nodeCount == 5)
    }
}
