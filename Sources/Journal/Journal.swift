// The write-ahead log of one member, its epoch file and the list of its starts, as a synchronous machine over a Disk: commands
// in, completions out, one write and one flush for everything that came in together. It has no thread and no clock but the
// disk's; JournalThread gives it one, the simulator another. Recovery makes it; other files of this directory hold what it does
// besides appending.

package import Batch
import Glibc

// Its hot fields are not watched by the exclusivity checks of the runtime, as those of `Node` are not: only the journal's thread
// touches them.
package final class Journal {
    /// Holds log and epoch file.
    let disk: any Disk
    /// Holds the snapshots; often the same directory.
    let snapshots: any Disk
    let settings: JournalSettings
    /// What the background thread may know of the log.
    package let map: LogMap
    package let pace = FlushPace()
    let epochFile: EpochFile
    let salt: UInt32

    /// The end of what was appended; its flush may still be due within `process`.
    @exclusivity(unchecked) package internal(set) var lastLogged: Zxid
    @exclusivity(unchecked) package internal(set) var lastDurable: Zxid
    @exclusivity(unchecked) var lastEpoch: UInt32
    @exclusivity(unchecked) var chain: UInt32
    @exclusivity(unchecked) var committed = Zxid.zero
    /// What this journal has told the disk of it and flushed.
    @exclusivity(unchecked) package internal(set) var durableCommit = Zxid.zero
    @exclusivity(unchecked) package internal(set) var counters = JournalCounters()
    /// Set by the first error; from then on nothing is done or completed (rule F1).
    @exclusivity(unchecked) package private(set) var failure: JournalError?

    // The segment in use.
    @exclusivity(unchecked) var file: DiskFile
    @exclusivity(unchecked) var use: UInt64
    @exclusivity(unchecked) var end: Int
    @exclusivity(unchecked) var filled: Int
    /// The base block goes out with the next flush.
    @exclusivity(unchecked) var unwrittenBase: SegmentBase?
    @exclusivity(unchecked) var isSealed = true
    /// Made by a change of generation, not yet in the map.
    var latestSegment: Segment?

    @exclusivity(unchecked) var spare: SpareSegment?
    @exclusivity(unchecked) var isPreparing = false
    /// The file being prepared, if it came from the pool.
    var preparingFromPool: String?
    /// No room for a spare; tried again when purging made some.
    @exclusivity(unchecked) var spareIsBlocked = false
    /// No descriptor for a spare; tried again from this instant on.
    var spareResumesAt: Instant?
    /// Files of the log that hold nothing any more.
    var pool: [String] = []
    /// As LogHead's.
    var reserved: String?
    var nextUse: UInt64
    var nextGeneration: UInt64
    var nextFileNumber: Int
    /// Snapshots that the log confirms, oldest first.
    package internal(set) var starts: [SnapshotInfo] = []
    /// The newest closed segment that can't be read any more: the log up to its end goes as soon as a start lies behind it.
    var damagedUse: UInt64?
    /// Files of a log that was damaged; they go when the member is whole again.
    var putAside: [String] = []
    /// A snapshot was installed since the state was found bad.
    var hasFreshState = false

    /// Chores for the background thread, in order; the caller takes them away.
    @exclusivity(unchecked) package var jobs: [BackgroundCommand] = []

    @exclusivity(unchecked) var pending: [SealedBatch] = []
    @exclusivity(unchecked) var pendingRole: UInt64 = 0
    @exclusivity(unchecked) var heads = UnsafeMutableRawPointer.allocate(byteCount: 64 * Frame.headSize, alignment: 8)
    @exclusivity(unchecked) var headCapacity = 64
    @exclusivity(unchecked) var pieces = UnsafeMutableBufferPointer<iovec>.allocate(capacity: 2 * 64 + 2)
    let padding = Block()
    let blocks = Block(count: 2 * blockSize)

    /// Takes the log over from recovery.
    init(disk: any Disk, snapshots: any Disk, settings: JournalSettings, epochFile: EpochFile, map: LogMap, head: LogHead) {
        self.disk = disk
        self.snapshots = snapshots
        self.settings = settings
        self.epochFile = epochFile
        self.map = map
        salt = map.salt
        lastLogged = head.last
        lastDurable = head.last
        lastEpoch = head.lastEpoch
        chain = head.chain
        file = head.segment.file
        use = head.segment.base.use
        end = head.segment.end
        filled = head.segment.filled
        nextUse = head.nextUse
        nextGeneration = head.nextGeneration
        nextFileNumber = head.nextFileNumber
        pool = head.pool
        spare = head.spare
        reserved = head.reserved
        isSealed = head.isSealed
        requestSpare()
    }

    deinit {
        heads.deallocate()
        pieces.deallocate()
    }

    package var epochs: EpochState { epochFile.state }

    /// Carries out `commands` in order and appends what is done to `completions`. Appends wait for the end of the list, or for
    /// the first command that must find them durable, and share one flush.
    package func process(_ commands: [JournalCommand], into completions: inout [JournalCompletion]) {
        // Rule F1: behind a failure nothing is written, flushed or completed any more.
        if failure != nil { return }
        do {
            for command in commands { try perform(command, &completions) }
            try flushPending(&completions)
        } catch {
            fail(error, &completions)
        }
    }

    /// The owner learnt of a commit; it goes into the next frame or seal.
    package func noteCommitted(_ zxid: Zxid) { committed = max(committed, zxid) }

    /// Nothing was appended for a while: marks the end of the log, without a flush of its own.
    package func sealIfIdle(into completions: inout [JournalCompletion]) {
        if failure != nil { return }
        do {
            try writeSeal(flushed: false)
        } catch {
            fail(.disk(error), &completions)
        }
    }

    private func fail(_ error: JournalError, _ completions: inout [JournalCompletion]) {
        failure = error
        pending.removeAll()
        let remedy = error.remedy(in: disk.place)
        completions.append(JournalCompletion(.failed(code: error.exitCode, reason: "\(error)" + remedy), at: disk.now))
    }

    private func perform(_ command: JournalCommand, _ completions: inout [JournalCompletion]) throws(JournalError) {
        switch command {
        case .append(let batch, let committedUpTo, let role):
            if role != pendingRole { try flushPending(&completions) }
            pendingRole = role
            noteCommitted(committedUpTo)
            stage(batch)
            return
        default:
            try flushPending(&completions)
        }
        switch command {
        case .append: return
        case .truncate(let zxid, let role):
            try truncate(to: zxid)
            complete(.truncated(to: zxid, role: role), &completions)
        case .persistEpochs(let sequence, let accepted, let current):
            try persistEpochs(accepted: accepted, current: current)
            complete(.epochsDurable(sequence: sequence), &completions)
        case .bind(let clusterID):
            try changeEpochs { $0.clusterID = clusterID }
            complete(.bound, &completions)
        case .recordCommit(let zxid):
            noteCommitted(zxid)
            try storing { () throws(DiskError) in try recordCommit() }
        case .markStateBad:
            try changeEpochs { $0.stateBad = true }
            hasFreshState = false
            complete(.stateMarkedBad, &completions)
        case .installSnapshot(let info, let role):
            try install(info)
            complete(.snapshotInstalled(info.zxid, epoch: info.epoch, role: role), &completions)
        case .startTaken(let info):
            try noteStart(info)
            if let newest = starts.last { complete(.startsChanged(logStart: map.logStart, newest: newest), &completions) }
            if damagedUse != nil { complete(.damageRemains, &completions) }
        case .startVerified(let info): noteVerified(info)
        case .startDamaged(let name):
            if dropStart(name) { complete(.startsChanged(logStart: map.logStart, newest: starts.last), &completions) }
        case .segmentDamaged(let use):
            counters.damagedSegments &+= 1
            damagedUse = max(damagedUse ?? 0, use)
        case .scrub:
            for start in starts { jobs.append(.verifyStart(start)) }
            jobs.append(.scrubLog)
        case .sparePrepared(let prepared): try adopt(prepared)
        case .spareFailed(let name, let error): try spareFailed(name, error)
        case .seal(let committedUpTo):
            noteCommitted(committedUpTo)
            try storing { () throws(DiskError) in try writeSeal(flushed: true) }
            try markEnd()
        }
    }

    private func complete(_ event: JournalCompletion.Event, _ completions: inout [JournalCompletion]) {
        completions.append(JournalCompletion(event, at: disk.now))
    }

    /// Errors of the disk as errors of the journal.
    func storing<T>(_ body: () throws(DiskError) -> T) throws(JournalError) -> T {
        do {
            return try body()
        } catch {
            throw .disk(error)
        }
    }
}
