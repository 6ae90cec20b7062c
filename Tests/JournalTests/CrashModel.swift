// A slow, obvious model of one member's storage, against which crashes at random calls are judged: what was reported done is
// there after a loss of power, what was under way is there in part or not at all, and nothing else.

import Batch
import Journal
import Testing

/// What must be on disk.
struct StorageModel {
    /// The log, oldest first, behind `base`.
    var base = Zxid.zero
    var batches: [SealedBatch] = []
    var accepted: UInt32 = 0
    var current: UInt32 = 0
    /// The zxids of own snapshots in the order taken, and whether the base is a received one.
    var starts: [Zxid] = []
    var baseIsReceived = false
    var committed = Zxid.zero

    var last: Zxid { batches.last?.lastZxid ?? base }
    var newestStart: Zxid { max(starts.last ?? .zero, baseIsReceived ? base : .zero) }
}

/// One seed's run: rounds of random commands, each ended by a loss of power at a random call of the disk.
final class CrashRun {
    var dice: Dice
    var disk = SimulatedDisk()
    var model = StorageModel()
    /// States that the command under way may leave besides the model: more of an append, or all of another command.
    var alternatives: [StorageModel] = []
    var tally: [String: Int] = [:]
    let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        dice = Dice(seed: seed)
    }

    func run(rounds: Int) throws {
        for round in 0..<rounds {
            let recovered: Recovered
            do {
                recovered = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings, newIncarnation: UInt128(seed) + 1)
            } catch {
                Issue.record("seed \(seed), round \(round): \(error)")
                return
            }
            guard try judge(recovered, round) else { return }
            var faults = SimulatedDisk.Faults(callsLeft: dice.below(120))
            if dice.chance(30) { faults.shortest = 700 + dice.below(3_000) }
            if dice.chance(30) { faults.interruptEvery = 3 }
            disk.setFaults(faults)
            work(recovered.journal)
            let share = [0, 20, 50, 90, 100][dice.below(5)]
            var inner = Dice(seed: dice.next())
            disk = disk.afterPowerLoss { _ in inner.chance(share) }
        }
    }

    /// Random commands until the machine dies.
    private func work(_ journal: Journal) {
        let background = BackgroundWork(for: journal)
        for _ in 0..<60 where journal.failure == nil {
            alternatives = []
            switch dice.below(100) {
            case ..<55: append(journal)
            case ..<65: persist(journal)
            case ..<72: truncate(journal)
            case ..<84:
                // The spare's own changes are invisible to the model.
                journal.runJobs(background)
            case ..<92: snapshot(journal, background)
            case ..<95: install(journal, background)
            default:
                var completions: [JournalCompletion] = []
                journal.sealIfIdle(into: &completions)
            }
            if background.completions.contains(where: { if case .failed = $0 { true } else { false } }) { return }
            background.completions = []
        }
    }

    private func count(_ what: String) { tally[what, default: 0] += 1 }

    private func append(_ journal: Journal) {
        var batches: [SealedBatch] = []
        var last = model.last
        for _ in 0...dice.below(5) {
            let epoch = last.epoch + (dice.chance(5) ? 1 : 0)
            let batch = makeBatch(
                behind: last, epoch: max(epoch, 1), count: 1 + UInt32(dice.below(3)),
                size: dice.chance(10) ? 9_000 : dice.below(900))
            batches.append(batch)
            last = batch.lastZxid
        }
        if dice.chance(60), let some = model.batches.randomElement(using: &dice) {
            model.committed = max(model.committed, some.lastZxid)
        }
        for n in 0...batches.count {
            var partial = model
            partial.batches += batches[..<n]
            alternatives.append(partial)
        }
        let completions = journal.append(batches, committedUpTo: model.committed)
        for completion in completions {
            if case .durable(let through, _) = completion.event {
                #expect(through == last)
                model.batches += batches
                count("append")
            }
        }
    }

    private func persist(_ journal: Journal) {
        var next = model
        if dice.chance(50) { next.accepted += 1 } else { next.current = next.accepted }
        alternatives = [model, next]
        let done = journal.process([.persistEpochs(sequence: 1, accepted: next.accepted, current: next.current)])
        if case .epochsDurable = done.first?.event {
            model = next
            count("epochs")
        }
    }

    private func truncate(_ journal: Journal) {
        let floor = max(model.committed, model.newestStart, journal.map.logStart)
        let ends = ([model.base] + model.batches.map(\.lastZxid)).filter { $0 >= floor }
        guard let zxid = ends.randomElement(using: &dice) else { return }
        var next = model
        next.batches.removeAll { $0.lastZxid > zxid }
        alternatives = [model, next]
        if case .truncated = journal.process([.truncate(to: zxid, role: 1)]).first?.event {
            model = next
            count("truncate")
        }
    }

    private func snapshot(_ journal: Journal, _ background: BackgroundWork) {
        guard
            let zxid = model.batches.map(\.lastZxid).filter({ $0 <= model.committed && $0 > model.newestStart }).randomElement(
                using: &dice)
        else { return }
        var next = model
        next.starts.append(zxid)
        alternatives = [model, next]
        for completion in takeSnapshot(journal, background, at: zxid) {
            if case .snapshotTaken = completion {
                model = next
                count("snapshot")
            }
        }
    }

    private func install(_ journal: Journal, _ background: BackgroundWork) {
        let zxid = Zxid(
            epoch: max(model.last.epoch, 1),
            counter: model.last.counter + UInt32(dice.below(40)) + 1 - UInt32(min(20, Int(model.last.counter))))
        guard zxid > max(model.committed, model.newestStart), let snapshot = try? leaderSnapshot(at: zxid) else { return }
        var next = StorageModel(
            base: zxid, accepted: model.accepted, current: model.current, baseIsReceived: true, committed: zxid)
        next.batches = []
        alternatives = [model, next]
        for case .received(_, let info) in receive(snapshot, background) {
            if case .snapshotInstalled = journal.process([.installSnapshot(info, role: 1)]).first?.event {
                model = next
                count("install")
            }
        }
    }

    /// The state found must be the model's, or one that the command under way may have left; it becomes the model.
    private func judge(_ recovered: Recovered, _ round: Int) throws -> Bool {
        var batches: [SealedBatch] = []
        let reader = try LogReader(disk: disk, map: recovered.journal.map, behind: recovered.logStart)
        while true {
            let piece = try reader.next(through: recovered.lastLogged)
            if piece.isEmpty { break }
            batches += piece
        }
        for candidate in [model] + alternatives where matches(candidate, recovered, batches) {
            model = candidate
            model.committed = max(recovered.committedUpTo, model.newestStart)
            if recovered.epochs.tornAt != nil { count("torn") }
            if recovered.start != nil { count("started from a snapshot") }
            return true
        }
        let (found, expected) = ("\(recovered.logStart)..\(recovered.lastLogged)", "\(model.base)..\(model.last)")
        Issue.record("seed \(seed), round \(round): found \(found) where \(expected) was")
        return false
    }

    private func matches(_ candidate: StorageModel, _ recovered: Recovered, _ found: [SealedBatch]) -> Bool {
        guard recovered.lastLogged == candidate.last, recovered.epochs.acceptedEpoch == candidate.accepted,
            recovered.epochs.currentEpoch == candidate.current, recovered.logStart >= candidate.base
        else { return false }
        let expected = candidate.batches.filter { $0.lastZxid > recovered.logStart }
        guard expected.map(\.header) == found.map(\.header) else { return false }
        guard recovered.start?.zxid ?? .zero == candidate.newestStart else { return false }
        guard recovered.committedUpTo <= max(candidate.committed, candidate.newestStart) else { return false }
        guard let start = recovered.start else { return recovered.logStart == .zero }
        return (try? load(start, disk)) == snapshotContent(start.zxid, received: start.isReceived)
    }
}
