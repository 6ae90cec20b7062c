// The background chores as a synchronous machine, one command or one step of filling at a time; BackgroundThread gives it a
// thread, the simulator another. What a chore answers goes to the owner of the protocol or, for spares, to the journal.

import Batch

package final class BackgroundWork {
    private let disk: any Disk
    private let snapshots: any Disk
    private let map: LogMap
    private let pace: FlushPace
    private var writer: (id: UInt64, writer: SnapshotWriter)?
    /// The snapshot is written and is read back, a step at a time.
    private var isChecking: Bool { writer?.writer.isSealed == true }
    private var receiver: (id: UInt64, receiver: SnapshotReceiver)?
    private var streams: [UInt64: LearnerStream] = [:]
    /// Snapshots that could not be read, and have not been written anew since.
    private var damagedNames: Set<String> = []
    private var filling: SpareFilling?
    /// Starts of an earlier process that are still to be read back, and the one being read.
    private var unverified: [SnapshotInfo] = []
    private var verifying: SnapshotReader?
    private static let readStep = 256 << 10
    private var scrub: Scrub?

    /// For the owner of the protocol; the caller takes them away.
    package var completions: [BackgroundCompletion] = []
    /// For the journal.
    package var answers: [JournalCommand] = []

    package init(for journal: Journal) {
        disk = journal.disk
        snapshots = journal.snapshots
        map = journal.map
        pace = journal.pace
    }

    package var isFilling: Bool { filling != nil }
    /// A spare is being filled, or a snapshot read back: `step` has something to do.
    package var hasSteps: Bool { isFilling || isChecking || !unverified.isEmpty || scrub != nil }
    var now: Instant { disk.now }
    /// While a flush of the log took over twice the median, steps wait.
    package var mustPause: Bool { pace.isSlow(at: disk.now) }

    /// How long to wait behind a step that took so many nanoseconds: a spare is wanted soon, but members that start together on
    /// one disk each fill one while they found their ensemble; reading back has time.
    package func rest(after took: UInt64) -> UInt64 {
        if isFilling { return 2 * took }
        if !isChecking, unverified.isEmpty { return max(took, Scrub.nanosecondsPerStep) }
        let due = SnapshotPace.nanoseconds(for: BackgroundWork.readStep, of: writer?.writer.bytes ?? unverified.first?.bytes ?? 0)
        return max(took, due - min(took, due))
    }

    /// One mebibyte of the spare, and at the end its identity; or a quarter of that of a snapshot.
    package func step() {
        guard let current = filling else {
            if isChecking { return check(bytes: BackgroundWork.readStep) }
            return unverified.isEmpty ? scrubOn() : verify()
        }
        do {
            if try current.step() {
                filling = nil
                answers.append(.sparePrepared(try current.finish()))
            }
        } catch {
            filling = nil
            current.abandon()
            answers.append(.spareFailed(name: current.name, error))
        }
    }

    private func verify() {
        guard let info = unverified.first else { return }
        do throws(SnapshotError) {
            let reader = if let verifying { verifying } else { try SnapshotReader(info, on: snapshots) }
            verifying = reader
            var bytes = 0
            while bytes < BackgroundWork.readStep, let chunk = try reader.next() { bytes += chunk.count }
            if bytes >= BackgroundWork.readStep { return }
            answers.append(.startVerified(reader.info))
        } catch {
            switch error {
            // What could not be looked at is not known to be bad; it just does not count as kept.
            case .disk(let error) where error.isShortage || error.isMissing: break
            default: reportDamaged(info.name, error)
            }
        }
        verifying = nil
        unverified.removeFirst()
    }

    private func scrubOn() {
        guard let current = scrub else { return }
        do throws(DiskError) {
            if case .damage(let use, let place) = try current.next() {
                answers.append(.segmentDamaged(use: use))
                completions.append(.logDamaged(place: place))
            }
            guard current.isOver else { return }
        } catch {
            // No descriptor is needed, so nothing passes by itself here.
            completions.append(.failed(code: exitCodeStorage, reason: "\(error)"))
        }
        completions.append(.scrubbed(bytes: current.bytes))
        scrub = nil
    }

    private func reportDamaged(_ name: String, _ error: SnapshotError) {
        damagedNames.insert(name)
        answers.append(.startDamaged(name: name))
        completions.append(.startDamaged(zxid: SnapshotInfo.zxid(of: name), reason: "\(error)"))
    }

    package func perform(_ command: BackgroundCommand) {
        switch command {
        // A leader's snapshot takes the place of whatever there is: the own one is in its place before.
        case .beginReceive, .load: while isChecking { check(bytes: .max) }
        default: break
        }
        switch command {
        case .beginSnapshot, .snapshotChunk, .finishSnapshot, .abandonSnapshot: write(command)
        case .beginReceive, .receiveChunk, .finishReceive: receive(command)
        case .load(let id, let info, let consumer): load(id, info, consumer)
        case .openLog, .readLog, .openSnapshot, .readSnapshot, .closeStream: stream(command)
        case .prepareSpare(let name, let isNew, let size, let identity):
            precondition(filling == nil, "two spares are filled at once")
            filling = SpareFilling(disk: disk, name: name, isNew: isNew, size: size, identity: identity.identity)
        case .verifyStart(let info): unverified.append(info)
        case .scrubLog: if scrub == nil { scrub = Scrub(disk, map) }
        case .remove(let names, let areSnapshots): remove(names, from: areSnapshots ? snapshots : disk)
        }
    }

    private func write(_ command: BackgroundCommand) {
        var id: UInt64 = 0
        do {
            switch command {
            case .beginSnapshot(let number, let zxid):
                id = number
                writer = (id, try SnapshotWriter(disk: snapshots, logDisk: disk, map: map, zxid: zxid))
            case .snapshotChunk(let number, let bytes):
                id = number
                guard let current = writer, current.id == id else { return }
                try bytes.withUnsafeBytes { raw in try current.writer.append(raw) }
                completions.append(.chunkWritten(id: id))
            case .finishSnapshot(let number):
                id = number
                guard let current = writer, current.id == id else { return }
                try current.writer.seal()
            case .abandonSnapshot(let number):
                id = number
                guard let current = writer, current.id == id else { return }
                writer = nil
                try current.writer.abandon()
            default: return
            }
        } catch {
            giveUp(id, SnapshotError(error))
        }
    }

    /// Rule D9: what was written is read back before it counts.
    private func check(bytes: Int) {
        guard let current = writer else { preconditionFailure("there is no snapshot to read back") }
        do throws(SnapshotError) {
            guard let info = try current.writer.check(bytes: bytes) else { return }
            damagedNames.remove(info.name)
            completions.append(.snapshotTaken(id: current.id, info))
            writer = nil
        } catch {
            giveUp(current.id, error)
        }
    }

    private func giveUp(_ id: UInt64, _ error: SnapshotError) {
        let failed = writer
        writer = nil
        judge(error, else: .snapshotFailed(id: id, reason: "\(error)"))
        // What a full disk left half written only takes room.
        if let failed { try? failed.writer.abandon() }
    }

    private func receive(_ command: BackgroundCommand) {
        var id: UInt64 = 0
        do {
            switch command {
            case .beginReceive(let number, let zxid, let bytes, let digest, let offset):
                id = number
                if offset > 0 {
                    guard let broken = receiver?.receiver, broken.holds(zxid, bytes, digest, through: offset) else {
                        throw SnapshotError.notAnnounced("\(offset) bytes of it were here and are not any more")
                    }
                    receiver = (id, broken)
                } else {
                    receiver = (id, try SnapshotReceiver(disk: snapshots, zxid: zxid, bytes: bytes, digest: digest))
                }
            case .receiveChunk(let number, let offset, let bytes):
                id = number
                guard let current = receiver, current.id == id else { return }
                try bytes.withUnsafeBytes { raw in try current.receiver.append(raw, at: offset) }
                completions.append(.chunkReceived(id: id))
            case .finishReceive(let number):
                id = number
                guard let current = receiver, current.id == id else { return }
                let info = try current.receiver.finish()
                damagedNames.remove(info.name)
                completions.append(.received(id: id, info))
                receiver = nil
            default: return
            }
        } catch {
            receiver = nil
            let error = SnapshotError(error)
            let harmless = BackgroundCompletion.receiveFailed(id: id, reason: "\(error)")
            // What arrived may be damaged as the leader's file is: it gets no name, and another attempt is made.
            if case .damaged = error { return completions.append(harmless) }
            judge(error, else: harmless)
        }
    }

    /// What can't be loaded was verified when it came: either the disk has lost it since, or it is of a form that this program
    /// does not know.
    private func load(_ id: UInt64, _ info: SnapshotInfo, _ consumer: any SnapshotConsumer) {
        do {
            consumer.begin()
            let reader = try SnapshotReader(info, on: snapshots)
            while let chunk = try reader.next() { try consumer.take(chunk) }
            try consumer.finish()
            completions.append(.loaded(id: id))
        } catch {
            completions.append(
                .failed(code: exitCodeStorage, reason: "the snapshot that was just installed can't be loaded: \(error)"))
        }
    }

    /// Rule F1: only a full disk, or no descriptor left, leaves a snapshot's failure without consequence for the process.
    private func judge(_ error: SnapshotError, else harmless: BackgroundCompletion) {
        switch error {
        case .disk(let error) where !error.isShortage: completions.append(.failed(code: exitCodeStorage, reason: "\(error)"))
        case .damaged: completions.append(.failed(code: exitCodeStorage, reason: "\(error)"))
        case .disk, .noBatch, .notAnnounced: completions.append(harmless)
        }
    }

    private func stream(_ command: BackgroundCommand) {
        var id: UInt64 = 0
        do {
            switch command {
            case .openLog(let number, let zxid):
                id = number
                streams[id] = LearnerStream(log: try LogReader(disk: disk, map: map, behind: zxid), snapshot: nil)
            case .openSnapshot(let number, let zxid, let digest):
                id = number
                let source = try SnapshotSource.open(zxid: zxid, digest: digest, damaged: damagedNames, on: snapshots)
                streams[id] = LearnerStream(log: try LogReader(disk: disk, map: map, behind: zxid), snapshot: source)
                completions.append(.snapshotOpened(id: id, source.info))
            case .readLog(let number, let limit):
                id = number
                guard let stream = streams[id] else { return }
                completions.append(.logPiece(id: id, try stream.log.next(through: limit), position: stream.log.position))
            case .readSnapshot(let number):
                id = number
                guard let source = streams[id]?.snapshot else { return }
                let piece = try source.next()
                completions.append(.snapshotPiece(id: id, offset: piece.offset, piece.bytes, isLast: piece.isLast))
            case .closeStream(let number): streams[number] = nil
            default: return
            }
        } catch {
            streams[id] = nil
            refuse(id, error)
        }
    }

    private func refuse(_ id: UInt64, _ error: any Error) {
        switch error {
        case LogReadError.gone, LogReadError.replaced: completions.append(.streamGone(id: id, reason: "\(error)"))
        case SnapshotError.disk(let error) where error.isMissing || error.isNoDescriptor:
            completions.append(.streamGone(id: id, reason: "\(error)"))
        case SnapshotError.damaged(let name, let offset, let reason):
            completions.append(.streamGone(id: id, reason: "\(name) is damaged here"))
            reportDamaged(name, .damaged(name: name, offset: offset, reason: reason))
        default: completions.append(.failed(code: exitCodeStorage, reason: "\(error)"))
        }
    }

    private func remove(_ names: [String], from disk: any Disk) {
        do {
            for name in names {
                do {
                    try disk.remove(name)
                } catch {
                    if !error.isMissing { throw error }
                }
            }
            try disk.flushDirectory()
        } catch {
            completions.append(.failed(code: exitCodeStorage, reason: "\(error)"))
        }
    }
}

/// What one learner is sent: perhaps a snapshot, then the log behind it, which is pinned meanwhile.
private struct LearnerStream {
    let log: LogReader
    let snapshot: SnapshotSource?
}
