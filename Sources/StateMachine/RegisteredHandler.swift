// A request handler with the tables lent to it, and the calls that reach it for a request by itself: a query, or a write outside
// of a batch. The writes of a batch come in segments (Segments.swift).

import Batch
import ClientProtocol
import Handlers
import Jute

struct RegisteredHandler {
    let handler: any RequestHandler
    let writes: ClosedRange<Int32>
    let queries: ClosedRange<Int32>
    let tables: [Table]

    func apply(_ context: ApplyContext, _ body: RawSpan, _ reply: inout ByteBuffer) -> Int32 {
        let (zxid, time, session, type) = (context.zxid.rawValue, context.wallTime, context.head.session, context.head.type)
        return withUnsafeMutablePointer(to: &reply) { reply in
            var segment = RequestSegment(
                tables: tables, zxid: zxid, time: time, session: session, operation: type, body: body, reply: reply)
            handler.apply(&segment)
            return segment.error
        }
    }

    func query(_ type: Int32, _ session: Int64, _ zxid: UInt64, _ body: RawSpan, _ reply: inout ByteBuffer) -> Int32 {
        withUnsafeMutablePointer(to: &reply) { reply in
            var segment = RequestSegment(
                tables: tables, zxid: zxid, time: 0, session: session, operation: type, body: body, reply: reply)
            handler.query(&segment)
            return segment.error
        }
    }
}

extension StateMachine {
    /// Handlers are kept by op code, so that their tables have the same numbers on every member.
    func register(_ handlers: [any RequestHandler]) {
        for handler in handlers.sorted(by: { $0.writes.lowerBound < $1.writes.lowerBound }) {
            let ranges = [handler.writes, handler.queries]
            precondition(ranges.allSatisfy { $0.lowerBound >= OpCode.firstOfHandlers }, "op codes of handlers begin at 1000")
            precondition(!handler.writes.overlaps(handler.queries), "an op code either writes or queries")
            for other in registered {
                let isFree = ranges.allSatisfy { !$0.overlaps(other.writes) && !$0.overlaps(other.queries) }
                precondition(isFree, "two handlers claim the same op code")
            }
            let tables = handler.tables.map { Table($0, in: space) }
            registered.append(
                RegisteredHandler(handler: handler, writes: handler.writes, queries: handler.queries, tables: tables))
        }
    }

    /// Digest of the state of the handler that owns `operation`, by its own reckoning; nil if no one does.
    package func handlerDigest(operation: Int32) -> UInt64? {
        for entry in registered where entry.writes.contains(operation) { return entry.handler.digest(of: entry.tables) }
        return nil
    }
}
