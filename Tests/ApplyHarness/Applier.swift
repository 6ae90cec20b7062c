// Drives a state machine the way a node does, one record after the other, for tests: makes records, applies them, and hands back
// the error, the reply's body and the watch events in a form that tests can compare.

package import Batch
package import ClientProtocol
package import Handlers
import Jute
package import StateMachine

/// What came of one request.
package struct Answer: Equatable, CustomStringConvertible {
    package var error: Int32
    package var body: [UInt8]
    package var events: [Event]

    package init(error: Int32, body: [UInt8], events: [Event]) {
        self.error = error
        self.body = body
        self.events = events
    }

    package var description: String { "error \(error), \(body.count) bytes, events \(events)" }

    package struct Event: Equatable, CustomStringConvertible {
        package var connection: UInt64
        package var type: Int32
        package var path: String

        package init(_ connection: UInt64, _ type: Int32, _ path: String) {
            self.connection = connection
            self.type = type
            self.path = path
        }

        package var description: String { "\(connection):\(type):\(path)" }
    }

    /// The path that a create answered.
    package var path: String {
        var reader = JuteReader(body.span.bytes)
        guard let span = try? reader.text() else { return "" }
        return String(decoding: span.withUnsafeBytes { [UInt8]($0) }, as: UTF8.self)
    }

    /// The Stat at the end of the body.
    package var stat: Stat {
        guard body.count >= Stat.size else { return Stat() }
        let span = body.span.bytes
        var reader = JuteReader(span.extracting(body.count - Stat.size..<body.count))
        return (try? Stat(reading: &reader)) ?? Stat()
    }

    /// The buffer at the start of the body; nil if it is null.
    package var data: [UInt8]? {
        var reader = JuteReader(body.span.bytes)
        guard let span = try? reader.buffer() else { return nil }
        return span.withUnsafeBytes { [UInt8]($0) }
    }

    /// The texts of a vector at the start of the body.
    package var names: [String] {
        var reader = JuteReader(body.span.bytes)
        guard var list = try? TextList(reading: &reader) else { return [] }
        var names: [String] = []
        while let span = list.next() { names.append(String(decoding: span.withUnsafeBytes { [UInt8]($0) }, as: UTF8.self)) }
        return names
    }
}

package final class Applier {
    package let machine: StateMachine
    package var epoch: UInt32 = 1
    package var counter: UInt32 = 0
    package var wallTime: Int64 = 1_000_000
    package var logTime: UInt64 = 0
    package var version: UInt16 = 1
    /// Of the records to come.
    package var origin = Origin(server: 1, run: 7, seq: 0)
    package var identities: [UInt8] = []
    package var isOwn = true
    private var reply = ByteBuffer()
    private var effects = Effects()
    package private(set) var lastSession: SessionEffect?

    package init(handlers: [any RequestHandler] = []) { machine = StateMachine(handlers: handlers) }

    package var zxid: Zxid { Zxid(epoch: epoch, counter: counter) }

    /// Applies one record.
    @discardableResult
    package func apply(_ type: Int32, session: Int64 = 1, _ body: [UInt8]) -> Answer {
        counter += 1
        origin.seq += 1
        let head = RequestHead(type: type, xid: Int32(truncatingIfNeeded: counter), session: session, origin: origin)
        let context = ApplyContext(
            zxid: zxid, wallTime: wallTime, logTime: logTime, version: version, head: head, isOwn: isOwn)
        reply.removeAll()
        effects.removeAll()
        let result = machine.apply(
            context, identities: identities.span.bytes, body: body.span.bytes, reply: &reply, effects: &effects)
        lastSession = effects.session
        return Answer(error: result.error, body: [UInt8](reply.bytes), events: collect())
    }

    /// Asks for something without changing it.
    @discardableResult
    package func read(_ type: Int32, connection: UInt64 = 1, session: Int64 = 1, _ body: [UInt8]) -> Answer {
        reply.removeAll()
        effects.removeAll()
        let error = machine.read(
            type: type, connection: connection, session: session, identities: identities.span.bytes, body: body.span.bytes,
            reply: &reply, effects: &effects)
        return Answer(error: error, body: error == 0 ? [UInt8](reply.bytes) : [], events: collect())
    }

    private func collect() -> [Answer.Event] {
        var events: [Answer.Event] = []
        for event in effects.watchEvents {
            events.append(Answer.Event(event.connection, event.type, String(decoding: effects.path(of: event), as: UTF8.self)))
        }
        return events
    }

    /// Opens a session that belongs to the present origin.
    @discardableResult
    package func openSession(_ id: Int64 = 1, timeout: Int32 = 10_000) -> Int32 {
        apply(OpCode.createSession, session: id, Body.timeout(timeout)).error
    }
}
