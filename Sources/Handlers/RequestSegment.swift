// A run of requests handed to a handler in one call, with the tables it keeps its state in and a place for the answers.

package import Jute

/// Walks the requests: `next` steps to each, `fields` reads it, `refuse` and the write functions answer it.
public struct RequestSegment: ~Copyable, ~Escapable {
    public let tables: [Table]
    /// Position of the request in the replicated order; for queries, of the last record applied.
    public let zxid: UInt64
    /// Milliseconds since 1970 by the leader's clock; 0 for queries.
    public let time: Int64
    public let session: Int64
    public let operation: Int32

    private let body: RawSpan
    private let reply: UnsafeMutablePointer<ByteBuffer>
    private let replyStart: Int
    private var isAhead = true
    package private(set) var error: Int32 = 0

    @_lifetime(copy body)
    package init(
        tables: [Table], zxid: UInt64, time: Int64, session: Int64, operation: Int32, body: RawSpan,
        reply: UnsafeMutablePointer<ByteBuffer>
    ) {
        self.tables = tables
        self.zxid = zxid
        self.time = time
        self.session = session
        self.operation = operation
        self.body = body
        self.reply = reply
        replyStart = reply.pointee.count
    }

    /// Steps to the next request; false when there is none.
    public mutating func next() -> Bool {
        defer { isAhead = false }
        return isAhead
    }

    /// The current request's body.
    public var fields: RequestFields {
        @_lifetime(copy self) get { RequestFields(body) }
    }

    /// Answers the current request with one of ZooKeeper's error codes. The state must be as it was before the request.
    public mutating func refuse(_ code: Int32) {
        precondition(code != 0, "0 is no error")
        error = code
        reply.pointee.truncate(to: replyStart)
    }

    /// Appends to the answer. Requests that are not refused are answered, with or without a body.
    public mutating func write(int value: Int32) { reply.pointee.writeInt(value) }

    public mutating func write(long value: Int64) { reply.pointee.writeLong(value) }

    public mutating func write(bytes: RawSpan) { reply.pointee.writeBuffer(bytes) }
}

/// Reads the fields of a request in the client protocol's encoding. nil is the answer to anything that is not there.
public struct RequestFields: ~Escapable {
    private var reader: JuteReader

    @_lifetime(copy body)
    init(_ body: RawSpan) { reader = JuteReader(body) }

    public mutating func int() -> Int32? { try? reader.int() }

    public mutating func long() -> Int64? { try? reader.long() }

    /// Bytes or a text, each with its length in front.
    @_lifetime(copy self)
    public mutating func bytes() -> RawSpan? {
        guard let span = try? reader.buffer() else { return nil }
        return span
    }
}
