// How long turns of the loop take, by what took longest. A turn over 10 ms holds up heartbeats: it is counted, and once a minute
// one is logged with its cause.

import CLinux
package import Node

package struct TurnTimes: Sendable {
    package enum Cause: Int, Sendable, CaseIterable {
        case peers, clients, seal, apply, flush, publish
    }

    package static let limitNanoseconds: UInt64 = 10_000_000
    private static let pauseNanoseconds: UInt64 = 60_000_000_000
    /// Turn lengths, each counted under the part that took longest.
    package private(set) var byCause = Cause.allCases.map { _ in StageHistogram() }
    package private(set) var longTurns: UInt64 = 0
    /// When a long turn was last logged, and how many there were since.
    private var loggedAt: UInt64?
    private var unlogged: UInt64 = 0
    private var start: UInt64 = 0
    private var last: UInt64 = 0
    private var longest = (cause: Cause.peers, took: UInt64(0))

    package init() {}

    package mutating func begin(at now: UInt64) {
        start = now
        last = now
        longest = (.peers, 0)
    }

    /// A part of the turn is done.
    /// - Returns: the time.
    @discardableResult
    mutating func note(_ cause: Cause) -> UInt64 { note(cause, at: quorate_monotonic_ns()) }

    @discardableResult
    package mutating func note(_ cause: Cause, at now: UInt64) -> UInt64 {
        let took = now - last
        if took > longest.took { longest = (cause, took) }
        last = now
        return now
    }

    /// - Returns: a line for the log if the turn was too long and no other was logged within a minute.
    package mutating func finish() -> String? {
        let length = last - start
        byCause[longest.cause.rawValue].record(length)
        guard length > TurnTimes.limitNanoseconds else { return nil }
        longTurns += 1
        if let loggedAt, last - loggedAt < TurnTimes.pauseNanoseconds {
            unlogged += 1
            return nil
        }
        let more = unlogged > 0 ? "; \(unlogged) more were long since the last such line" : ""
        loggedAt = last
        unlogged = 0
        return "a turn took \(length / 1_000_000) ms, of which \(longest.cause) \(longest.took / 1_000_000) ms" + more
    }
}
