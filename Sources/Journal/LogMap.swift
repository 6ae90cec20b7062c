// Which segments hold which part of the log, shared between the journal thread, which changes it once per flush, and the
// background thread, which reads the log for learners and snapshots. Readers pin what they still need; purging stops at the
// oldest pin.

package import Batch
import Synchronization

/// A pin's number.
package struct LogPin: Hashable, Sendable {
    fileprivate let number: UInt64
}

package final class LogMap: Sendable {
    struct State: Sendable {
        /// Oldest first, without gaps.
        var segments: [Segment] = []
        /// Everything up to here survives a loss of power.
        var durable = Zxid.zero
        var generation: UInt64 = 0
        /// The last snapshot that became a start, whether or not its file can still be read.
        var newestStart: SnapshotInfo?
        var pins: [(number: UInt64, zxid: Zxid)] = []
        var lastPin: UInt64 = 0
    }

    private let state = Mutex(State())
    let salt: UInt32

    init(salt: UInt32) { self.salt = salt }

    func change<T>(_ body: (inout sending State) -> sending T) -> sending T { state.withLock(body) }

    /// The last zxid before the oldest kept batch: a learner that has it can be brought up to date from the log.
    package var logStart: Zxid { state.withLock { $0.segments.first?.base.zxid ?? .zero } }

    package var durable: Zxid { state.withLock { $0.durable } }

    /// What the newest start says of the batch that ends at `zxid`, if it stands there: the log may begin behind that batch.
    func start(at zxid: Zxid) -> SnapshotInfo? {
        state.withLock { state in state.newestStart?.zxid == zxid ? state.newestStart : nil }
    }

    /// Keeps everything behind `zxid` from being purged; nil if that is no longer whole.
    package func pin(from zxid: Zxid) -> LogPin? {
        state.withLock { state in
            guard let first = state.segments.first, zxid >= first.base.zxid else { return nil }
            state.lastPin += 1
            state.pins.append((state.lastPin, zxid))
            return LogPin(number: state.lastPin)
        }
    }

    /// - Returns: false if the pin was lost because it lay too far behind.
    package func move(_ pin: LogPin, to zxid: Zxid) -> Bool {
        state.withLock { state in
            guard let i = state.pins.firstIndex(where: { $0.number == pin.number }) else { return false }
            state.pins[i].zxid = zxid
            return true
        }
    }

    package func unpin(_ pin: LogPin) {
        state.withLock { state in state.pins.removeAll { $0.number == pin.number } }
    }

    /// The segment in which the batch behind `zxid` begins, where to look for it, and how far it may be read.
    func segment(behind zxid: Zxid) -> (segment: Segment, durable: Zxid, generation: UInt64)? {
        state.withLock { state in
            guard let i = state.segments.lastIndex(where: { $0.base.zxid <= zxid }) else { return nil }
            return (state.segments[i], state.durable, state.generation)
        }
    }

    /// The segment that holds the batch ending at `zxid`.
    func segment(endingAt zxid: Zxid) -> Segment? {
        state.withLock { state in state.segments.last { $0.base.zxid < zxid && zxid <= $0.last } }
    }

    /// About how many bytes of log lie behind `zxid`.
    func bytes(behind zxid: Zxid) -> UInt64 {
        state.withLock { state in
            var sum = 0
            for segment in state.segments where segment.last > zxid {
                sum += segment.end - (segment.base.zxid <= zxid ? segment.position(notBehind: zxid).offset : Segment.headSize)
            }
            return UInt64(max(sum, 0))
        }
    }
}
