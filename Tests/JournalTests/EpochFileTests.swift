// Promises survive: both slots are written for every change, and any one flipped bit leaves the state as it was.

import Batch
import Journal
import Testing

@Suite("Epoch file")
struct EpochFileTests {
    private func prepared() throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 2, settings: smallSettings, newIncarnation: 7).journal
        journal.process([.persistEpochs(sequence: 1, accepted: 3, current: 0), .bind(clusterID: 99)])
        journal.process([
            .persistEpochs(sequence: 2, accepted: 3, current: 3), .persistEpochs(sequence: 3, accepted: 8, current: 3),
        ])
        return disk.copy()
    }

    @Test("every bit flipped: accepted and current epoch come back unchanged, and the bad slot is written again")
    func everyBit() throws {
        let disk = try prepared()
        let size = disk.bytes(of: EpochFile.name).count
        #expect(size == 8_192)
        var unchanged = 0
        for bit in 0..<(8 * size) {
            let copy = disk.copy()
            copy.flip(bit: bit, of: EpochFile.name)
            let epochs = try Journal.recover(disk: copy, nodeID: 2, settings: smallSettings).epochs
            if epochs.acceptedEpoch == 8, epochs.currentEpoch == 3, epochs.clusterID == 99, epochs.incarnation == 7 {
                unchanged += 1
            }
            let bytes = copy.bytes(of: EpochFile.name)
            if bytes[..<4_096] != bytes[4_096...] { Issue.record("bit \(bit): the slots differ after the start") }
        }
        #expect(unchanged == 65_536)
    }

    @Test("Rule F4: both slots bad, or the file missing beside a log: the start is refused, and nothing is deleted")
    func bothBad() throws {
        let disk = try prepared()
        let names = disk.fileNames
        disk.flip(bit: 100, of: EpochFile.name)
        disk.flip(bit: 8 * 4_096 + 100, of: EpochFile.name)
        #expect(refusal(disk)?.contains("both slots of the epoch file are damaged") == true)
        disk.lose(EpochFile.name)
        #expect(refusal(disk)?.contains("the epoch file is missing in") == true)
        // Rule F6: absence or damage of a file deletes no other.
        #expect(disk.fileNames == names.filter { $0 != EpochFile.name })
    }

    @Test("Rule F4: an epoch file that can't be read is damage, also in a directory that holds nothing else")
    func bothBadAlone() throws {
        let prepared = try prepared()
        let slots = prepared.bytes(of: EpochFile.name)
        let contents: [(String, [UInt8])] = [
            ("empty", []), ("zeros", [UInt8](repeating: 0, count: 8_192)), ("torn", Array(slots[..<40])),
            ("both slots bad", slots.map { $0 ^ 0xff }),
        ]
        for (what, bytes) in contents {
            let disk = SimulatedDisk()
            disk.place(EpochFile.name, bytes)
            let sentence = refusal(disk) ?? "started"
            #expect(sentence.contains("damaged (epoch in the data directory)"), "\(what): \(sentence)")
            #expect(sentence.contains("only if this member has never served, remove that file"), "\(what): \(sentence)")
            #expect(disk.fileNames == [EpochFile.name])
            #expect(disk.bytes(of: EpochFile.name) == bytes)
        }
        // Beside a log removing it would help nobody.
        prepared.place(EpochFile.name, [])
        #expect(refusal(prepared)?.contains("remove that file") == false)
    }

    @Test("Rule D10: the file gets its name when both slots are durable, and what a cut creation leaves is begun anew")
    func nameComesLast() throws {
        let disk = SimulatedDisk()
        _ = try Journal.recover(disk: disk, nodeID: 2, settings: smallSettings, newIncarnation: 7)
        let making = EpochFile.makingName
        #expect(
            Array(disk.calls.prefix(8)) == [
                .flushDirectory, .make(making), .write(making, offset: 0, count: 4_096), .flush(making),
                .write(making, offset: 4_096, count: 4_096), .flush(making), .rename(making, EpochFile.name), .flushDirectory,
            ])
        let cut = SimulatedDisk()
        cut.place(making, [1, 2, 3])
        let begun = try Journal.recover(disk: cut, nodeID: 2, settings: smallSettings)
        #expect(begun.isFresh)
        #expect(!cut.fileNames.contains(making))
    }

    private func refusal(_ disk: SimulatedDisk) -> String? {
        do {
            _ = try Journal.recover(disk: disk, nodeID: 2, settings: smallSettings)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("a directory of another member is refused by both numbers")
    func otherMember() throws {
        let disk = try prepared()
        #expect(throws: JournalError.self) { try Journal.recover(disk: disk, nodeID: 4, settings: smallSettings) }
        do {
            _ = try Journal.recover(disk: disk, nodeID: 4, settings: smallSettings)
        } catch {
            #expect("\(error)".contains("belongs to member 2, not to 4"))
        }
    }

    @Test("Rule D1: a promise is complete only when both slots are durable, each flushed before the next is written")
    func bothSlots() throws {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 2, settings: smallSettings).journal
        let before = disk.callCount
        let completions = journal.process([.persistEpochs(sequence: 5, accepted: 1, current: 0)])
        #expect(completions.count == 1)
        let calls = disk.calls[before...].filter { $0 != .flush("log-0000") }
        #expect(
            calls == [
                .write("epoch", offset: 0, count: 4_096), .flush("epoch"), .write("epoch", offset: 4_096, count: 4_096),
                .flush("epoch"),
            ])
        let epochs = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 2, settings: smallSettings).epochs
        #expect(epochs.acceptedEpoch == 1)
    }

    @Test("Rule D10: a new directory's epoch file and its name are durable before the start returns")
    func durableBeforeFirstMessage() throws {
        let disk = SimulatedDisk()
        let first = try Journal.recover(disk: disk, nodeID: 2, settings: smallSettings, newIncarnation: 5)
        #expect(first.isFresh)
        let again = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 2, settings: smallSettings, newIncarnation: 6)
        #expect(!again.isFresh)
        #expect(again.epochs.incarnation == 5)
    }

    @Test("the creation of a directory, cut short at any call, is begun again or finished")
    func creationCutShort() throws {
        let whole = SimulatedDisk()
        _ = try Journal.recover(disk: whole, nodeID: 2, settings: smallSettings)
        var fresh = 0
        for calls in 0..<whole.callCount {
            let disk = SimulatedDisk()
            disk.setFaults(SimulatedDisk.Faults(callsLeft: calls))
            #expect(throws: JournalError.self) { try Journal.recover(disk: disk, nodeID: 2, settings: smallSettings) }
            for seed in 0..<4 {
                let left = disk.afterPowerLoss { ($0 * 7 + seed) % 3 == 0 }
                let recovered = try Journal.recover(disk: left, nodeID: 2, settings: smallSettings)
                #expect(recovered.lastLogged == .zero)
                if recovered.isFresh { fresh += 1 }
                let batches = makeBatches(2)
                recovered.journal.append(batches)
                let again = try Journal.recover(disk: left.afterPowerLoss(), nodeID: 2, settings: smallSettings)
                #expect(again.lastLogged == batches[1].lastZxid)
            }
        }
        #expect(fresh > 0)
    }
}

/// Segments of sixteen blocks.
let smallSettings: JournalSettings = {
    var settings = JournalSettings()
    settings.segmentSize = 64 << 10
    settings.keptStarts = 2
    return settings
}()
