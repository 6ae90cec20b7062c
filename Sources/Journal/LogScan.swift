// Reads the whole log once at a start and judges its end: valid to the end, torn (only what the last, unfinished flush may have
// been writing is bad), or damaged (bad bytes that a later frame, seal or base claims to have been durable).

import Batch
import Rules

struct LogScan {
    let disk: any Disk
    let salt: UInt32
    let versions: ClosedRange<UInt16>

    private(set) var segments: [Segment] = []
    private(set) var last = Zxid.zero
    private(set) var chain: UInt32 = 0
    private(set) var committed = Zxid.zero
    private(set) var epochEnds: [(epoch: UInt32, last: Zxid)] = []
    private(set) var wallTime: Int64 = 0
    private(set) var logTime: UInt64 = 0
    /// The last thing in the log is a seal.
    private(set) var isSealed = true
    /// Where a torn tail has to be cut.
    private(set) var tornAt: Zxid?

    init(disk: any Disk, salt: UInt32, versions: ClosedRange<UInt16>) {
        self.disk = disk
        self.salt = salt
        self.versions = versions
    }

    mutating func beginEmpty(_ segment: Segment) { segments = [segment] }

    mutating func run(_ log: LogChain, _ candidates: inout SnapshotCandidates) throws {
        let first = log.base(0)!
        last = first.zxid
        chain = first.chain
        candidates.confirm(base: first)
        for i in log.entries.indices {
            guard let base = log.base(i) else { continue }
            let next = i + 1 < log.entries.count ? log.base(i + 1) : nil
            try read(log.entries[i], base, until: next, &candidates)
            if next == nil { try judgeEnd(log, i) }
        }
    }

    private mutating func read(
        _ entry: LogFiles.Entry, _ base: SegmentBase, until next: SegmentBase?, _ candidates: inout SnapshotCandidates
    ) throws {
        guard base.zxid == last, base.chain == chain else {
            throw LogDamage("\(entry.file.name) is based on \(base.zxid), but the segment before it does not end there")
        }
        let window = FileWindow(disk: disk, file: entry.file, size: entry.size)
        var segment = Segment(file: entry.file, base: base, filled: max(entry.size, Segment.headSize))
        var walk = LogWalk(window: window, use: base.use, salt: salt, from: segment.position(notBehind: base.zxid))
        while next == nil || last < next!.zxid {
            switch try walk.next() {
            case .seal(let frame):
                isSealed = true
                committed = max(committed, frame.committedUpTo)
            case .batch(let frame, let header, _):
                try judgeVersion(header, entry, at: walk.position.offset)
                isSealed = false
                committed = max(committed, frame.committedUpTo)
                note(header, walk.chain, &candidates)
                segment.noteFrame(at: walk.position)
            case .end(let suspect):
                finish(&segment, walk)
                if let next { throw broken(entry, walk, suspect, claimed: next.zxid, by: "the segment of use \(next.use)") }
                lastWalk = walk
                lastSuspect = suspect
                return
            }
        }
        finish(&segment, walk)
    }

    /// Rule A4: what this program can't apply is refused by name, before anything is built on the log.
    private func judgeVersion(_ header: BatchHeader, _ entry: LogFiles.Entry, at offset: Int) throws(JournalError) {
        if versions.contains(header.version) { return }
        let batch = "the batch through \(header.lastZxid) in \(entry.file.name), offset \(offset), has version \(header.version)"
        guard header.version > versions.upperBound else {
            throw .damaged(
                "\(batch), which this release does not apply any more or no release ever wrote (it knows \(versions.lowerBound) "
                    + "to \(versions.upperBound)): start the release that wrote this log, or " + remedy)
        }
        throw .tooNew(
            "\(batch), and this release knows only up to \(versions.upperBound): start the release that wrote this log, or a "
                + "newer one; a downgrade below a version that stands in the log is not possible")
    }

    private var lastWalk: LogWalk?
    private var lastSuspect: LogWalk.Suspect?

    private mutating func finish(_ segment: inout Segment, _ walk: LogWalk) {
        segment.last = last
        segment.end = max(walk.end, Segment.headSize)
        segments.append(segment)
    }

    private mutating func note(_ header: BatchHeader, _ chain: UInt32, _ candidates: inout SnapshotCandidates) {
        last = header.lastZxid
        self.chain = chain
        wallTime = max(wallTime, header.wallTime)
        logTime = header.logTime
        if epochEnds.last?.epoch == header.epoch { epochEnds.removeLast() }
        epochEnds.append((header.epoch, last))
        candidates.confirm(batchEndingAt: last, crc: header.crc)
    }

    /// Rules F2 and F3: looks for later frames of this use, and of the next use if its base is missing. One that claims as
    /// durable what can't be read makes it damage; others show an unfinished flush.
    private mutating func judgeEnd(_ log: LogChain, _ i: Int) throws {
        guard let walk = lastWalk else { return }
        var later = try walk.headsBehind()
        var names = [String](repeating: log.entries[i].file.name, count: later.count)
        if i + 1 < log.entries.count, let identity = log.entries[i + 1].identity {
            let entry = log.entries[i + 1]
            let window = FileWindow(disk: disk, file: entry.file, size: entry.size)
            let start = LogPosition(before: last, chain: chain, offset: Segment.headSize)
            let more = try LogWalk(window: window, use: identity.use, salt: salt, from: start).headsBehind()
            later += more
            names += [String](repeating: entry.file.name, count: more.count)
        }
        // Rule F2: only what no later frame claims as durable is a torn tail; the rest was acknowledged, perhaps.
        let highest = later.indices.max { later[$0].frame.syncedUpTo < later[$1].frame.syncedUpTo }
        #if QUORATE_MUTANTS
        if Mutant.isOn(.truncatesDamage), highest != nil {
            tornAt = last
            return
        }
        #endif
        if let highest, later[highest].frame.syncedUpTo > last {
            let witness = "a frame at offset \(later[highest].offset) of \(names[highest])"
            throw broken(log.entries[i], walk, lastSuspect, claimed: later[highest].frame.syncedUpTo, by: witness)
        }
        if !later.isEmpty || lastSuspect != nil { tornAt = last }
    }

    /// Rule F3: a log whose end is gone, with all frames that could tell of it, is known by what else was written of how far it
    /// went.
    func judgeReach(_ log: LogChain, _ epochs: EpochState, highestOwn: Zxid) throws(LogDamage) {
        #if QUORATE_MUTANTS
        if Mutant.isOn(.ignoresLostEnds) { return }
        let shortened = Mutant.isOn(.ignoresShortLogs) ? nil : log.shortened
        #else
        let shortened = log.shortened
        #endif
        if let short = shortened, let filled = short.identity?.filled {
            throw LogDamage(
                "\(short.file.name) ends at offset \(short.size), but had \(filled) bytes when its use began, and files of the log "
                    + "are never cut; what the rest held is unknown (the log can be read through \(last))", isSilent: true)
        }
        // Behind an earlier damage the log may end before what was once there, until its leader has sent it again.
        guard !epochs.needsRepair, !epochs.stateBad, let walk = lastWalk else { return }
        let entry = log.entries[segments.count - 1]
        if epochs.durableThrough > last {
            throw broken(entry, walk, lastSuspect, claimed: epochs.durableThrough, by: "the epoch file", isSilent: true)
        }
        if highestOwn > last {
            throw broken(entry, walk, lastSuspect, claimed: highestOwn, by: "a snapshot of this member", isSilent: true)
        }
    }

    private func broken(
        _ entry: LogFiles.Entry, _ walk: LogWalk, _ suspect: LogWalk.Suspect?, claimed: Zxid, by witness: String,
        isSilent: Bool = false
    ) -> LogDamage {
        let place =
            suspect.map { "offset \($0.offset), record through \($0.frame.lastZxid): \($0.reason)" } ?? "offset \(walk.offset)"
        return LogDamage(
            "\(entry.file.name) is damaged at \(place); the log can be read through \(last), but \(witness) says that "
                + "everything through \(claimed) was durable", isSilent: isSilent)
    }
}
