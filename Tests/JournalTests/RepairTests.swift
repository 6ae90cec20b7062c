// Rule F3 with peers: whatever of the log is damaged, the member starts, keeps what can be read in one piece, says how far it may
// have acknowledged, and is whole again once its leader has led it through rule D3.

import Batch
import Journal
import Testing

@Suite("Repair from peers")
struct RepairTests {
    private static func settings(segmentSize: Int = 6 * 4_096) -> JournalSettings {
        var settings = JournalSettings()
        settings.segmentSize = segmentSize
        settings.repairsFromPeers = true
        return settings
    }

    private func recover(_ disk: SimulatedDisk) throws -> Recovered {
        try Journal.recover(disk: disk, nodeID: 1, settings: RepairTests.settings())
    }

    private struct Outcome {
        var whole = 0
        var torn = 0
        var kept = 0
        var emptied = 0
    }

    /// Every bit of a file of a log whose last flush is sealed.
    private func flipAll(_ name: String, _ log: SmallLog) throws -> Outcome {
        var outcome = Outcome()
        let last = log.batches[7].lastZxid
        for bit in 0..<8 * log.disk.bytes(of: name).count {
            let disk = log.disk.copy()
            disk.flip(bit: bit, of: name)
            let found = try recover(disk)
            if found.lastLogged == last {
                outcome.whole += 1
                continue
            }
            guard found.epochs.needsRepair else {
                outcome.torn += 1
                continue
            }
            // Rule V2: never less than what was durable, and so may have been acknowledged.
            #expect(found.upperBound >= last, "bit \(bit)")
            #expect(found.committedUpTo <= found.lastLogged, "bit \(bit)")
            if found.lastLogged == .zero { outcome.emptied += 1 } else { outcome.kept += 1 }
            #expect(found.line.contains("damage found: "), "\(found.line)")
            #expect(found.journal.counters.damagedSegments == 1, "an alarm counts it")
        }
        return outcome
    }

    @Test("no flipped bit of the log keeps a member from starting, and none makes it forget what it may have acknowledged")
    func everyBit() throws {
        let log = try SmallLog(sealed: true, settings: RepairTests.settings())
        let outcome = try flipAll(log.name, log)
        #expect(outcome.torn == 0)
        #expect(outcome.kept > 0 && outcome.emptied > 0 && outcome.whole > 0)
        let frames = log.frames.map { 8 * $0.count }.reduce(0, +)
        #expect(outcome.kept + outcome.emptied == 2 * 8 * 4_096 + frames, "identity, base and every frame")
        let empty = try flipAll("log-0000", log)
        #expect(empty.emptied == 2 * 8 * 4_096)
    }

    @Test("what is in front of the damage stays, the rest is put aside and goes when the member is whole again")
    func keptPrefix() throws {
        let log = try SmallLog(sealed: true, settings: RepairTests.settings())
        let disk = log.disk
        disk.flip(bit: 8 * (log.frames[3].lowerBound + 100), of: log.name)
        let found = try recover(disk)
        #expect(found.lastLogged == log.batches[2].lastZxid)
        #expect(found.upperBound == log.batches[7].lastZxid)
        #expect(found.line.contains("record through \(log.batches[3].lastZxid)"), "\(found.line)")
        #expect(found.line.contains("to be repaired from its peers"), "\(found.line)")
        // A second start before the repair knows the same.
        let left = disk.afterPowerLoss()
        let again = try recover(left)
        #expect(again.lastLogged == found.lastLogged && again.upperBound == found.upperBound)
        #expect(again.epochs.needsRepair)
        // The leader sends the rest; with its epoch durable the member is whole.
        let journal = again.journal
        journal.append(Array(log.batches[3...]))
        #expect(journal.epochs.needsRepair, "only rule D3 ends it")
        journal.process([.persistEpochs(sequence: 1, accepted: 4, current: 4)])
        #expect(!journal.epochs.needsRepair)
        let whole = try recover(left.afterPowerLoss())
        #expect(!whole.epochs.needsRepair && whole.lastLogged == log.batches[7].lastZxid)
    }

    @Test("files of a damaged log are kept until rule D3, and are removed then")
    func aside() throws {
        let log = try SmallLog(sealed: true, settings: RepairTests.settings())
        log.disk.lose("log-0000")
        let found = try recover(log.disk)
        #expect(found.lastLogged == .zero && found.upperBound == Zxid(rawValue: .max))
        #expect(found.line.contains("may have acknowledged anything"), "\(found.line)")
        let kept = log.disk.fileNames.filter { $0.hasPrefix("damaged-") }
        #expect(kept.contains("damaged-\(log.name)"), "\(log.disk.fileNames)")
        let journal = found.journal
        journal.append(makeBatches(3))
        let work = BackgroundWork(for: journal)
        journal.runJobs(work)
        #expect(log.disk.fileNames.filter { $0.hasPrefix("damaged-") } == kept)
        journal.process([.persistEpochs(sequence: 1, accepted: 2, current: 2)])
        journal.runJobs(work)
        #expect(log.disk.fileNames.allSatisfy { !$0.hasPrefix("damaged-") })
        #expect(try recover(log.disk.afterPowerLoss()).lastLogged == makeBatches(3)[2].lastZxid)
    }

    @Test("a member without peers that could help refuses to start, as ever")
    func alone() throws {
        let log = try SmallLog(sealed: true, settings: RepairTests.settings())
        log.disk.flip(bit: 8 * (log.frames[3].lowerBound + 100), of: log.name)
        var settings = RepairTests.settings()
        settings.repairsFromPeers = false
        #expect(throws: JournalError.self) { try Journal.recover(disk: log.disk, nodeID: 1, settings: settings) }
        #expect(log.disk.fileNames.allSatisfy { !$0.hasPrefix("damaged-") }, "rule F6: nothing was touched")
    }

    @Test("power may fail at any call of such a start: the next one is no less careful")
    func powerLossWhileRepairing() throws {
        for damage in 0..<3 {
            let log = try SmallLog(sealed: true, settings: RepairTests.settings())
            switch damage {
            case 0: log.disk.flip(bit: 8 * (log.frames[3].lowerBound + 100), of: log.name)
            case 1: log.disk.flip(bit: 8 * 100, of: log.name)
            default: log.disk.lose("log-0000")
            }
            let whole = log.disk.copy()
            _ = try recover(whole)
            for calls in 1..<whole.callCount - log.disk.callCount {
                let disk = log.disk.copy()
                disk.setFaults(SimulatedDisk.Faults(callsLeft: calls))
                _ = try? recover(disk)
                for survives in [false, true] {
                    let found = try recover(disk.afterPowerLoss { _ in survives })
                    #expect(found.lastLogged < log.batches[7].lastZxid, "damage \(damage), call \(calls)")
                    #expect(found.epochs.needsRepair, "damage \(damage), call \(calls)")
                    #expect(found.upperBound >= log.batches[7].lastZxid, "damage \(damage), call \(calls)")
                }
            }
        }
    }
}
