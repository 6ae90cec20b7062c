// What a log is worth in an election, and where its epochs end.

package import Batch
import Rules

/// (currentEpoch, last zxid) in the order in which logs outrank each other.
package struct History: Comparable, Hashable, Sendable, CustomStringConvertible {
    package var epoch: UInt32
    package var last: Zxid

    package init(epoch: UInt32, last: Zxid) {
        self.epoch = epoch
        self.last = last
    }

    package static let none = History(epoch: 0, last: .zero)
    /// Above every log there can be: what a member reports that no longer knows what it acknowledged (rule V2).
    package static let unbounded = History(epoch: .max, last: Zxid(rawValue: .max))

    package static func < (a: History, b: History) -> Bool {
        a.epoch != b.epoch ? a.epoch < b.epoch : a.last < b.last
    }

    package var description: String { "(\(epoch), \(last))" }
}

/// The last zxid that a log, or the start it builds on, holds of an epoch.
package struct EpochEnd: Hashable, Sendable {
    package var epoch: UInt32
    package var last: Zxid

    package init(epoch: UInt32, last: Zxid) {
        self.epoch = epoch
        self.last = last
    }
}

/// A snapshot that the log confirms (rule D8): what a learner far behind is sent.
package struct Start: Hashable, Sendable {
    package var zxid: Zxid
    package var byteCount: UInt64
    package var digest: UInt64

    package init(zxid: Zxid, byteCount: UInt64, digest: UInt64) {
        self.zxid = zxid
        self.byteCount = byteCount
        self.digest = digest
    }
}

/// The rolling digest over state and results at a batch end (rule A3).
package struct DigestPair: Hashable, Sendable {
    package var zxid: Zxid
    package var digest: UInt64

    package init(zxid: Zxid, digest: UInt64) {
        self.zxid = zxid
        self.digest = digest
    }

    package static let none = DigestPair(zxid: .zero, digest: 0)
}

/// Ends of epochs in ascending order, kept in step with the log.
package struct EpochEnds: Hashable, Sendable {
    package private(set) var ends: [EpochEnd]

    package init(_ ends: [EpochEnd] = []) {
        for (a, b) in zip(ends, ends.dropFirst()) {
            precondition(a.epoch < b.epoch && a.last < b.last, "ends of epochs out of order")
        }
        self.ends = ends
    }

    @inline(__always)
    mutating func extend(to last: Zxid) {
        if let newest = ends.last, newest.epoch == last.epoch {
            ends[ends.count - 1].last = last
        } else {
            ends.append(EpochEnd(epoch: last.epoch, last: last))
        }
    }

    /// Forgets what lies behind `zxid`, which is the end of a batch or of the start.
    mutating func truncate(to zxid: Zxid) {
        while let newest = ends.last, newest.last > zxid {
            ends.removeLast()
            let previous = ends.last?.last ?? .zero
            if zxid > previous, zxid.epoch == newest.epoch { extend(to: zxid) }
        }
    }

    /// Forgets epochs that ended before `zxid`, the oldest point from which a learner can be streamed to.
    mutating func forget(before zxid: Zxid) {
        let outdated = ends.prefix { $0.last < zxid }.count
        if outdated > 0 { ends.removeFirst(outdated) }
    }

    /// Rule L3: the last point that this log and `others` share is, in the highest epoch of which both have batches, the smaller
    /// of the two last zxids, because of one epoch one log always is a prefix of the other. Nil if they share no epoch.
    func commonPoint(with others: [EpochEnd]) -> Zxid? {
        var mine = ends.count - 1
        var theirs = others.count - 1
        while mine >= 0, theirs >= 0 {
            #if QUORATE_MUTANTS
            if Mutant.isOn(.truncatesTooFar), mine > 0, theirs > 0, ends[mine].epoch == others[theirs].epoch,
                ends[mine - 1] == others[theirs - 1]
            {
                return ends[mine - 1].last
            }
            #endif
            if ends[mine].epoch == others[theirs].epoch { return min(ends[mine].last, others[theirs].last) }
            if ends[mine].epoch > others[theirs].epoch { mine -= 1 } else { theirs -= 1 }
        }
        return nil
    }
}
