// One client's round trips to one server, one request at a time: opening a session, pings, reads, and if it may write, writes to
// an ephemeral znode of its own. It is for looking at a server, not for loading it.

package import Statistics

package struct RoundTrips: Sendable {
    /// Until the session was there, connection included.
    package var openingNanoseconds: UInt64 = 0
    package var pings = LatencyHistogram()
    package var reads = LatencyHistogram()
    /// Empty if it was not to write.
    package var writes = LatencyHistogram()
    /// What was read was not what the same session had written before.
    package var hasReadOtherThanWritten = false

    package init() {}

    /// - Parameters:
    ///   - host: in the form `host:port`.
    ///   - znode: where it may write; nil if it may not. It must not be there, and is gone again in the end.
    package static func measure(
        host: String, count: Int, znode: String?, cancel: CancelFlag
    ) throws(LoadError) -> RoundTrips {
        let servers = try HostLookup.resolve([ServerName(host)], limitNanoseconds: 5_000_000_000, cancel: cancel)
        var found = RoundTrips()
        let begin = monotonicNanoseconds()
        let session = try PlainSession.open(servers, cancel: cancel)
        found.openingNanoseconds = monotonicNanoseconds() - begin
        for _ in 0..<count { try found.pings.time { () throws(LoadError) in try session.ping() } }
        for _ in 0..<count { try found.reads.time { () throws(LoadError) in try session.lookAtRoot() } }
        if let znode { try found.write(session, znode, count) }
        try session.end()
        return found
    }

    /// The znode is ephemeral, so that it goes even if this program is ended on the way.
    private mutating func write(_ session: PlainSession, _ znode: String, _ count: Int) throws(LoadError) {
        try session.createEphemeral(znode)
        for number in 0..<count {
            let data = Array("written as number \(number)".utf8)
            try writes.time { () throws(LoadError) in try session.set(znode, to: data) }
            if try session.data(of: znode) != data { hasReadOtherThanWritten = true }
        }
        _ = try session.remove(znode)
    }
}

extension LatencyHistogram {
    fileprivate mutating func time(_ body: () throws(LoadError) -> Void) throws(LoadError) {
        let begin = monotonicNanoseconds()
        try body()
        record(monotonicNanoseconds() - begin)
    }
}

extension PlainSession {
    fileprivate func ping() throws(LoadError) {
        let (error, _) = try ask(FrameBuilder(opCode: OpCode.ping), xid: SpecialXid.ping)
        try check(error, "a ping")
    }

    fileprivate func lookAtRoot() throws(LoadError) {
        var builder = FrameBuilder(opCode: OpCode.exists)
        builder.append("/")
        builder.append(flag: false)
        try check(try ask(builder).error, "a look at /")
    }

    fileprivate func createEphemeral(_ path: String) throws(LoadError) {
        var builder = FrameBuilder(opCode: OpCode.create)
        builder.append(path)
        builder.append(buffer: [])
        builder.appendOpenACL()
        builder.append(Int32(1))
        try check(try ask(builder).error, "creating \(path)")
    }

    fileprivate func set(_ path: String, to data: [UInt8]) throws(LoadError) {
        var builder = FrameBuilder(opCode: OpCode.setData)
        builder.append(path)
        builder.append(buffer: data[...])
        builder.append(Int32(-1))
        try check(try ask(builder).error, "writing \(path)")
    }

    fileprivate func data(of path: String) throws(LoadError) -> [UInt8] {
        var builder = FrameBuilder(opCode: OpCode.getData)
        builder.append(path)
        builder.append(flag: false)
        let (error, body) = try ask(builder)
        try check(error, "reading \(path)")
        let bytes = Array(body)
        let length = bytes.count >= 4 ? Int(bytes.withUnsafeBytes { $0.int32(at: 0) }) : -1
        guard length >= 0, bytes.count >= 4 + length else { throw trouble("its answer to reading \(path) can't be read") }
        return Array(bytes[4..<(4 + length)])
    }

    private func check(_ error: Int32, _ what: String) throws(LoadError) {
        guard error == 0 else { throw trouble("it answers \(what) with \(errorName(error))") }
    }
}
