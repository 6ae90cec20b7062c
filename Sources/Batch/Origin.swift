// Where a request entered the ensemble. Answers are matched by it and by nothing else.

/// `run` is random per process; `seq` counts without gaps what that process has forwarded or proposed.
public struct Origin: Hashable, Sendable {
    public var server: UInt32
    public var run: UInt64
    public var seq: UInt64

    @inlinable public init(server: UInt32, run: UInt64, seq: UInt64) {
        self.server = server
        self.run = run
        self.seq = seq
    }
}
