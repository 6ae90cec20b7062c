// A member's directory as far as the core cares: what a power loss leaves, and the commands that are still on their way to it.

package import Batch
package import Zab

/// What a snapshot holds, or rather: everything up to a batch end, known by its place in the one committed chain.
package struct Base {
    package var zxid = Zxid.zero
    /// Batches up to and with `zxid`.
    package var index = 0
    package var digest: UInt64 = 0
    package var configurations: [ConfigurationRecord] = []
}

/// The log behind a base, as durable or as a process sees it.
package struct LogImage {
    package var base = Base()
    package var batches: [SealedBatch] = []

    package var last: Zxid { batches.last?.lastZxid ?? base.zxid }
    package var endIndex: Int { base.index + batches.count }

    /// Place among `batches` of the first batch behind `zxid`.
    package func place(behind zxid: Zxid) -> Int {
        var low = 0
        var high = batches.count
        while low < high {
            let middle = (low + high) / 2
            if batches[middle].lastZxid <= zxid { low = middle + 1 } else { high = middle }
        }
        return low
    }

    package func isBatchEnd(_ zxid: Zxid) -> Bool {
        if zxid == base.zxid { return true }
        let place = place(behind: zxid)
        return place > 0 && batches[place - 1].lastZxid == zxid
    }

    package mutating func truncate(to zxid: Zxid) {
        precondition(isBatchEnd(zxid), "truncated to \(zxid), which is no end of a batch")
        batches.removeSubrange(place(behind: zxid)...)
    }

    package func holds(_ batch: SealedBatch) -> Bool {
        if batch.lastZxid <= base.zxid { return true }
        let place = place(behind: batch.prevZxid)
        return place < batches.count && batches[place].lastZxid == batch.lastZxid && batches[place].header.crc == batch.header.crc
    }

    package var ends: EpochEnds {
        var ends: [EpochEnd] = base.zxid == .zero ? [] : [EpochEnd(epoch: base.zxid.epoch, last: base.zxid)]
        for batch in batches {
            let end = EpochEnd(epoch: batch.lastZxid.epoch, last: batch.lastZxid)
            if ends.last?.epoch == end.epoch { ends[ends.count - 1] = end } else { ends.append(end) }
        }
        return EpochEnds(ends)
    }
}

enum JournalCommand {
    case append(SealedBatch, committedUpTo: Zxid, role: RoleNumber)
    case truncate(Zxid, role: RoleNumber)
    case epochs(seq: UInt64, accepted: UInt32, current: UInt32)
    case install(Base, keepLog: Bool, role: RoleNumber)
    case stateBad
}

/// Durable content. Commands change it one by one; a crash may fall between any two.
package struct Disk {
    package var incarnation: Incarnation
    package var acceptedEpoch: UInt32 = 0
    package var currentEpoch: UInt32 = 0
    package var log = LogImage()
    package var committedUpTo = Zxid.zero
    package var isStateBad = false
    /// The newest start, if it is not the log's own base.
    package var newestStart: Base?

    /// Carries a command out.
    /// - Returns: what the process is to be told.
    mutating func perform(_ command: JournalCommand) -> Input? {
        switch command {
        case .append(let batch, let committedUpTo, let role):
            precondition(batch.prevZxid == log.last, "Rule L1: the journal was given a gap")
            log.batches.append(batch)
            self.committedUpTo = max(self.committedUpTo, committedUpTo)
            return .durable(log: batch.lastZxid, role: role)
        case .truncate(let zxid, let role):
            precondition(zxid >= committedUpTo, "Rule L3: truncation below what is known committed")
            log.truncate(to: zxid)
            return .truncated(to: zxid, role: role)
        case .epochs(let seq, let accepted, let current):
            precondition(accepted >= acceptedEpoch && current >= currentEpoch, "Rule E1: an epoch went back on disk")
            precondition(accepted >= current, "Rule E7: currentEpoch above acceptedEpoch on disk")
            acceptedEpoch = accepted
            currentEpoch = current
            return .epochsDurable(seq: seq)
        case .install(let base, let keepLog, let role):
            isStateBad = false
            if keepLog {
                precondition(log.isBatchEnd(base.zxid) || base.zxid < log.base.zxid, "a kept log without the start's batch")
                newestStart = base
            } else {
                log = LogImage(base: base)
                newestStart = nil
            }
            committedUpTo = max(committedUpTo, base.zxid)
            return .snapshotInstalled(base.zxid, role: role, configurations: base.configurations)
        case .stateBad:
            isStateBad = true
            return nil
        }
    }
}
