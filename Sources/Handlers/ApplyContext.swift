// What a record's application may depend on besides the state and the record's own bytes.

public import Batch

public struct ApplyContext: Sendable {
    public var zxid: Zxid
    /// Milliseconds since 1970, the leader's, never decreasing: for ctime and mtime only.
    public var wallTime: Int64
    /// Milliseconds that the ensemble has been led: for ages and leases.
    public var logTime: UInt64
    /// The meaning of apply that the batch was written for (rule A4).
    public var version: UInt16
    public var head: RequestHead
    /// A reply is wanted here.
    public var isOwn: Bool

    @inlinable public init(zxid: Zxid, wallTime: Int64, logTime: UInt64, version: UInt16, head: RequestHead, isOwn: Bool) {
        self.zxid = zxid
        self.wallTime = wallTime
        self.logTime = logTime
        self.version = version
        self.head = head
        self.isOwn = isOwn
    }
}
