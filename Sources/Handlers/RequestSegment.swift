// A run of requests handed to a handler in one call, with the tables it keeps its state in and a place for the answers. What
// becomes of each request, and whether it may be applied at all, is decided by whoever feeds the segment.

package import Batch
package import Jute

/// What surrounds the requests of a segment: told before a request is shown to the handler, and when it has been dealt with.
/// One object, with closures made once, serves all segments of a state machine.
package final class SegmentFeed {
    /// Where the answers of a segment are built, one after the other.
    package let reply: UnsafeMutablePointer<ByteBuffer>

    /// Returns an error code if this request may not reach the handler.
    fileprivate let begin: (_ head: RequestHead, _ zxid: Zxid) -> Int32
    /// Everything that follows from a request happens in here, before the next one is begun.
    fileprivate let end: (_ head: RequestHead, _ zxid: Zxid, _ error: Int32) -> Void

    package init(
        begin: @escaping (_ head: RequestHead, _ zxid: Zxid) -> Int32,
        end: @escaping (_ head: RequestHead, _ zxid: Zxid, _ error: Int32) -> Void
    ) {
        self.begin = begin
        self.end = end
        reply = .allocate(capacity: 1)
        reply.initialize(to: ByteBuffer(capacity: 256))
    }

    deinit {
        reply.deinitialize(count: 1)
        reply.deallocate()
    }
}

/// Walks the requests: `next` steps to each, `fields` reads it, `refuse` and the write functions answer it.
public struct RequestSegment: ~Copyable, ~Escapable {
    public let tables: [Table]
    /// Milliseconds since 1970 by the leader's clock; 0 for queries.
    public let time: Int64

    private var reader: RecordReader
    private var head: RequestHead
    private var position: Zxid
    /// The body of a request that comes by itself, without a feed.
    private let lone: RawSpan
    private let operations: ClosedRange<Int32>
    private let feed: SegmentFeed?
    private let reply: UnsafeMutablePointer<ByteBuffer>
    private var replyStart: Int
    /// Records of the batch from the current one on.
    private var left: Int
    /// `head` has been read and not been shown yet.
    private var isAhead = true
    /// The current request waits for its end.
    private var isOpen = false
    package private(set) var error: Int32 = 0
    /// Requests that have been dealt with.
    package private(set) var count = 0

    /// A request by itself.
    @_lifetime(copy body)
    package init(
        tables: [Table], zxid: UInt64, time: Int64, session: Int64, operation: Int32, body: RawSpan,
        reply: UnsafeMutablePointer<ByteBuffer>
    ) {
        self.tables = tables
        self.time = time
        self.reply = reply
        reader = RecordReader(body)
        head = RequestHead(type: operation, xid: 0, session: session, origin: Origin(server: 0, run: 0, seq: 0))
        position = Zxid(rawValue: zxid)
        lone = body
        operations = operation...operation
        feed = nil
        replyStart = reply.pointee.count
        left = 1
    }

    /// The records of a batch from `head` on, which `reader` has just read, as long as they are among `operations`.
    /// - Parameter limit: records of the batch that are left, `head` among them.
    @_lifetime(copy reader)
    package init(
        tables: [Table], operations: ClosedRange<Int32>, from head: RequestHead, _ reader: RecordReader, zxid: Zxid, time: Int64,
        limit: Int, feed: SegmentFeed
    ) {
        self.tables = tables
        self.time = time
        self.operations = operations
        self.head = head
        self.reader = reader
        self.feed = feed
        reply = feed.reply
        position = zxid
        lone = reader.body
        replyStart = 0
        left = limit
    }

    /// Position of the request in the replicated order; for queries, of the last record applied.
    public var zxid: UInt64 { position.rawValue }
    public var session: Int64 { head.session }
    public var operation: Int32 { head.type }

    /// Steps to the next request; false when there is none. The one before is answered by then, and queries that stood behind
    /// it are asked before this returns.
    public mutating func next() -> Bool {
        end()
        while left > 0 {
            if !isAhead, !readAhead() { return false }
            isAhead = false
            guard let feed else {
                left = 0
                return true
            }
            reply.pointee.removeAll()
            error = feed.begin(head, position)
            isOpen = true
            if error == 0 { return true }
            end()
        }
        return false
    }

    /// Reads the next record of the batch if it is one of this handler's.
    private mutating func readAhead() -> Bool {
        var ahead = reader
        guard let following = (try? ahead.next()) ?? nil, operations.contains(following.type) else {
            left = 0
            return false
        }
        reader = ahead
        head = following
        position = position.advanced(by: 1)
        return true
    }

    /// The current request, if there is one, has been dealt with.
    package mutating func end() {
        guard isOpen, let feed else { return }
        isOpen = false
        left -= 1
        count += 1
        feed.end(head, position, error)
    }

    /// Whether all requests of the segment have been dealt with.
    package var isDone: Bool { left == 0 }

    /// Where the record behind this segment is read from.
    package var rest: RecordReader { @_lifetime(copy self) get { reader } }

    /// The current request's body.
    public var fields: RequestFields {
        @_lifetime(copy self) get { RequestFields(feed == nil ? lone : reader.body) }
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
