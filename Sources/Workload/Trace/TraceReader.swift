// Reads a trace out of its bytes. Strict: whatever does not fit is refused with the byte where it stands, what is cut off above
// all, since a trace that lacks its end would be played as if it were whole.

struct TraceReader {
    typealias Damage = TraceDamage

    /// No client has so many requests on their way.
    private static let openMax = 100_000

    private var cursor: TraceCursor
    private var trace = Trace()
    private var lastPaths: [[UInt8]] = []
    private var lastZnode: [UInt8] = []
    private var lastIntended: UInt64 = 0
    private var lastZxid: Int64 = 0
    /// Of each session the requests without a reply, oldest first.
    private var open: [[Int]] = []
    private var requests: UInt64 = 0
    private var replies: UInt64 = 0
    private var hasHead = false
    private var isOver = false

    private init(_ bytes: UnsafeRawBufferPointer) { cursor = TraceCursor(bytes) }

    /// Whether a file begins as a trace does, of whatever version.
    static func isTrace(_ bytes: [UInt8]) -> Bool { bytes.starts(with: "\(TraceFormat.title) ".utf8) }

    static func read(_ bytes: [UInt8]) throws(Damage) -> Trace {
        var result: Result<Trace, Damage>?
        bytes.withUnsafeBytes { buffer in
            var reader = TraceReader(buffer)
            do throws(Damage) {
                try reader.readAll()
                result = .success(reader.trace)
            } catch {
                result = .failure(error)
            }
        }
        return try result!.get()
    }

    private mutating func readAll() throws(Damage) {
        try cursor.readFirstLine()
        while try cursor.nextBlock() {
            while !cursor.isAtEndOfBlock { try readRecord() }
        }
        guard isOver else { throw cursor.cut("its end is missing") }
    }

    private mutating func readRecord() throws(Damage) {
        let start = cursor.position
        guard !isOver else { throw cursor.damage("something stands behind its end") }
        guard let tag = TraceFormat.Tag(rawValue: try cursor.byte()), hasHead == (tag != .head) else {
            cursor.position = start
            throw cursor.damage("no record begins like this")
        }
        switch tag {
        case .head: try readHead()
        case .session: try readSession()
        case .znode: try readZnode()
        case .request: try readRequest()
        case .reply: try readReply()
        case .broken: open[try readSessionNumber()].removeAll()
        case .end: try readEnd()
        }
    }

    private mutating func readHead() throws(Damage) {
        hasHead = true
        trace.name = try cursor.text(max: 256)
        trace.sessionTimeoutMilliseconds = try cursor.count(in: 1...Int(Int32.max), "a session's time-out")
    }

    private mutating func readSession() throws(Damage) {
        let role = try cursor.text(max: 256)
        guard trace.sessions.count < Trace.sessionsMax else {
            throw cursor.damage("it has more than \(Trace.sessionsMax) sessions")
        }
        trace.sessions.append(trace.role(named: role))
        lastPaths.append([])
        open.append([])
    }

    private mutating func readZnode() throws(Damage) {
        let path = try cursor.path(behind: &lastZnode)
        trace.znodes.append(TraceZnode(path: path, size: try cursor.count(in: 0...TraceFormat.sizeMax, "a znode's size")))
    }

    private mutating func readEnd() throws(Damage) {
        let told = (try cursor.number(), try cursor.number())
        guard told == (requests, replies) else {
            throw cursor.damage(
                "it ends with \(told.0) requests and \(told.1) replies, and \(requests) and \(replies) were there")
        }
        isOver = true
    }

    private mutating func readSessionNumber() throws(Damage) -> Int {
        let value = try cursor.number()
        guard value < UInt64(trace.sessions.count) else { throw cursor.damage("there is no session \(value)") }
        return Int(value)
    }

    // MARK: Requests

    private mutating func readRequest() throws(Damage) {
        let session = try readSessionNumber()
        lastIntended = lastIntended &+ UInt64(bitPattern: TraceFormat.unfolded(try cursor.number()))
        guard lastIntended < 1 << 62 else { throw cursor.damage("no request can be due at such an instant") }
        let head = try cursor.byte()
        guard let kind = TraceOperation.Kind(rawValue: head & ~TraceFormat.watchBit) else {
            throw cursor.damage("there is no operation of kind \(head)")
        }
        try checkCount()
        var operation = TraceOperation(kind, session: session, intended: lastIntended, path: "")
        operation.watches = head & TraceFormat.watchBit != 0
        try readFields(of: &operation)
        requests += 1
        guard open[session].count < Self.openMax else {
            throw cursor.damage("more than \(Self.openMax) requests of a session wait for their replies")
        }
        open[session].append(trace.operations.count)
        trace.operations.append(operation)
        for _ in 0..<operation.parts { try readPart(of: operation) }
    }

    private mutating func readPart(of multi: TraceOperation) throws(Damage) {
        guard let kind = TraceOperation.Kind(rawValue: try cursor.byte()), kind.isPart else {
            throw cursor.damage("this can't be a part of a multi")
        }
        try checkCount()
        var part = TraceOperation(kind, session: multi.session, intended: multi.intended, path: "")
        part.isPart = true
        try readFields(of: &part)
        trace.operations.append(part)
    }

    private func checkCount() throws(Damage) {
        guard trace.operations.count < Trace.operationsMax else {
            throw cursor.damage("it has more than \(Trace.operationsMax) operations, which are the most")
        }
    }

    private mutating func readFields(of operation: inout TraceOperation) throws(Damage) {
        if operation.kind.hasPath { operation.path = try cursor.path(behind: &lastPaths[operation.session]) }
        switch operation.kind {
        case .create:
            let mode = Int32(try cursor.byte())
            guard let known = CreateMode(rawValue: mode) else { throw cursor.damage("nothing is created in mode \(mode)") }
            operation.mode = known
            operation.size = try cursor.count(in: 0...TraceFormat.sizeMax, "a request's data")
        case .set:
            operation.size = try cursor.count(in: 0...TraceFormat.sizeMax, "a request's data")
            operation.version = try cursor.int32()
        case .delete, .check: operation.version = try cursor.int32()
        case .multi: operation.parts = try cursor.count(in: 0...Trace.operationsMax, "the parts of a multi")
        case .exists, .get, .list, .sync, .close: break
        }
    }

    // MARK: Replies

    private mutating func readReply() throws(Damage) {
        let session = try readSessionNumber()
        let place = try cursor.count(in: 0...Trace.operationsMax, "a reply's place")
        guard open[session].indices.contains(place) else { throw cursor.damage("a reply belongs to no request") }
        let index = open[session].remove(at: place)
        let nanoseconds = try cursor.number()
        var outcome = TraceOutcome(error: try cursor.int32())
        lastZxid = lastZxid &+ TraceFormat.unfolded(try cursor.number())
        (outcome.zxid, outcome.nanoseconds) = (lastZxid, nanoseconds)
        replies += 1
        let parts = trace.operations[index].parts
        for offset in 0...parts {
            var found = outcome
            if outcome.error == 0 { try readFindings(of: trace.operations[index + offset], into: &found) }
            trace.operations[index + offset].outcome = found
        }
    }

    private mutating func readFindings(of operation: TraceOperation, into outcome: inout TraceOutcome) throws(Damage) {
        switch operation.kind {
        case .create: outcome.created = try cursor.path(behind: &lastPaths[operation.session])
        case .set, .get, .exists: outcome.version = try cursor.int32()
        case .delete, .list, .sync, .check, .multi, .close: break
        }
    }
}
