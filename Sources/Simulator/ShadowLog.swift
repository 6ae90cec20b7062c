// What a member's disk must hold, kept by watching what it was asked to do and what it said was done, beside the files and
// without reading them.

import Batch
import Journal
import Zab

final class ShadowLog {
    /// Behind the base; oldest first.
    private(set) var batches: [SealedBatch] = []
    /// Everything up to here is in the snapshot that the log builds on.
    private(set) var base = Zxid.zero
    /// As reported by the journal.
    private(set) var durable = Zxid.zero
    /// A cut, or a snapshot to go on from, that the journal was asked for and has not reported: it may be done all the same.
    private var cutAsked: Zxid?
    private(set) var baseAsked: Zxid?
    /// What the disk must hold if the process ends now.
    var leastDurable: Zxid { min(durable, cutAsked ?? durable, baseAsked ?? durable) }
    private(set) var acceptedEpoch: UInt32 = 0
    private(set) var currentEpoch: UInt32 = 0
    /// What was durable here until damage took it, and in which epochs it may have been acknowledged: such an ACK counts, however
    /// late it is read.
    private var vouched: [(end: LogEnd, epoch: UInt32)] = []
    private var askedEpochs: [(sequence: UInt64, accepted: UInt32, current: UInt32)] = []

    func place(behind zxid: Zxid) -> Int { batches.place(behind: zxid) }

    /// Whether the disk holds this batch, or what a snapshot made of it.
    /// - Parameter crc: 0 if whoever speaks of the batch has only what a snapshot made of it.
    func holdsDurably(last zxid: Zxid, crc: UInt32) -> Bool {
        if zxid <= base { return true }
        guard zxid <= durable else { return false }
        let place = place(behind: zxid)
        return place > 0 && batches[place - 1].lastZxid == zxid && (crc == 0 || batches[place - 1].header.crc == crc)
    }

    /// Whether this batch is or was durable here in `epoch` or a later one, so that an ACK may say so.
    func vouches(for zxid: Zxid, crc: UInt32, in epoch: UInt32) -> Bool {
        if currentEpoch >= epoch, holdsDurably(last: zxid, crc: crc) { return true }
        return vouched.contains { $0.epoch >= epoch && $0.end.last == zxid && $0.end.crc == crc }
    }

    /// Damage takes what lies behind `kept`.
    func suffersDamage(behind kept: Zxid) {
        for batch in batches where batch.lastZxid > kept && batch.lastZxid <= durable {
            vouched.append((LogEnd(last: batch.lastZxid, crc: batch.header.crc), currentEpoch))
        }
    }

    func note(_ command: JournalCommand) {
        switch command {
        case .append(let batch, _, _): batches.append(batch)
        case .truncate(let zxid, _):
            batches.removeSubrange(place(behind: zxid)...)
            cutAsked = zxid
        case .installSnapshot(let info, _): baseAsked = info.zxid
        case .persistEpochs(let sequence, let accepted, let current):
            askedEpochs.append((sequence, accepted, current))
        default: break
        }
    }

    /// - Parameter keptLog: the end of the journal's log behind the installation.
    func note(_ completion: JournalCompletion, logEnd: Zxid) {
        switch completion.event {
        case .durable(let zxid, _): durable = max(durable, zxid)
        case .truncated(let zxid, _):
            durable = min(durable, zxid)
            cutAsked = nil
        case .epochsDurable(let sequence):
            while let first = askedEpochs.first, first.sequence <= sequence {
                (acceptedEpoch, currentEpoch) = (first.accepted, first.current)
                askedEpochs.removeFirst()
            }
        case .snapshotInstalled(let zxid, _, _):
            base = zxid
            baseAsked = nil
            if logEnd == zxid {
                batches = []
                durable = zxid
            } else {
                batches.removeSubrange(..<place(behind: zxid))
            }
        default: break
        }
    }

    /// The process is gone; what the next one finds is the truth from here on.
    func restart(with found: [SealedBatch], base: Zxid, last: Zxid, accepted: UInt32, current: UInt32) {
        batches = found
        self.base = base
        durable = last
        (cutAsked, baseAsked) = (nil, nil)
        (acceptedEpoch, currentEpoch) = (accepted, current)
        askedEpochs = []
    }
}
