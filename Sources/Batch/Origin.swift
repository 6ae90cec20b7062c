// Where a request entered the ensemble. Answers are matched by it and by nothing else.

/// `run` is random per process; `seq` counts without gaps what that process has forwarded or proposed.
package struct Origin: Hashable, Sendable {
    package var server: UInt32
    package var run: UInt64
    package var seq: UInt64

    package init(server: UInt32, run: UInt64, seq: UInt64) {
        self.server = server
        self.run = run
        self.seq = seq
    }
}
