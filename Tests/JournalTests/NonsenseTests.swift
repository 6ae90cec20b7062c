// Fields that no journal writes, under checksums that are right: what a copy by hand, another program or a defect may leave.
// They are refused or ignored like damage; none of them may end the process.

import Batch
import CLinux
import Journal
import Testing

@Suite("Sound checksums over nonsense")
struct NonsenseTests {
    private func prepared() throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 2, settings: smallSettings, newIncarnation: 7).journal
        journal.process([.persistEpochs(sequence: 1, accepted: 3, current: 3), .bind(clusterID: 99)])
        journal.append(makeBatches(3))
        return disk.copy()
    }

    private func refusal(_ disk: SimulatedDisk) -> String? {
        do {
            _ = try Journal.recover(disk: disk, nodeID: 2, settings: smallSettings)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Writes a number into a block and mends its checksum.
    private func put<T: FixedWidthInteger>(_ value: T, at offset: Int, block: Int, _ bytes: inout [UInt8]) {
        let start = block * 4_096
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: value.littleEndian, toByteOffset: start + offset, as: T.self)
            let crc = quorate_crc32c(0, $0.baseAddress! + start + 4, 4_092)
            $0.storeBytes(of: crc.littleEndian, toByteOffset: start, as: UInt32.self)
        }
    }

    @Test(
        "an epoch file with fields that contradict each other is damage",
        arguments: [
            (72, UInt64.max), (88, .max), (72, 0), (80, 0), (80, 1 << 40), (88, 0), (72, 1 << 63),
        ])
    func epochFile(offset: Int, value: UInt64) throws {
        let disk = try prepared()
        disk.tamper(EpochFile.name) { bytes in for slot in [0, 1] { put(value, at: offset, block: slot, &bytes) } }
        #expect(refusal(disk)?.contains("both slots of the epoch file are damaged") == true)
    }

    @Test(
        "Rule A4: what a later release wrote is refused by its version, with peers too, and nothing of it is touched",
        arguments: [("epoch", 0), ("epoch", 1), ("log-", 0), ("snapshot-", 0)])
    func laterVersion(prefix: String, block: Int) throws {
        let disk = try prepared()
        let journal = try Journal.recover(disk: disk, nodeID: 2, settings: smallSettings).journal
        _ = takeSnapshot(journal, BackgroundWork(for: journal), at: journal.lastLogged)
        let name = try #require(disk.fileNames.last { $0.hasPrefix(prefix) })
        disk.tamper(name) { put(UInt32(7), at: 8, block: block, &$0) }
        let before = disk.fileNames.map { ($0, disk.bytes(of: $0)) }
        for repairs in [false, true] {
            var settings = smallSettings
            settings.repairsFromPeers = repairs
            let error = #expect(throws: JournalError.self) {
                try Journal.recover(disk: disk, nodeID: 2, settings: settings)
            }
            guard case .tooNew(let sentence) = error else { throw Unexpected.completion }
            #expect(sentence.contains("\(name) has version 7 at offset \(4_096 * block + 8)"), "\(sentence)")
            #expect(sentence.contains("this release knows only version 1"))
        }
        let after = disk.fileNames.map { ($0, disk.bytes(of: $0)) }
        #expect(before.elementsEqual(after) { $0 == $1 })
    }

    @Test("the last number is nobody's epoch")
    func lastEpoch() throws {
        let disk = try prepared()
        disk.tamper(EpochFile.name) { bytes in for slot in [0, 1] { put(UInt32.max, at: 44, block: slot, &bytes) } }
        #expect(refusal(disk)?.contains("both slots of the epoch file are damaged") == true)
    }

    @Test("a segment whose use was never counted is none", arguments: [(0, 16), (1, 8), (1, 16)])
    func segment(block: Int, offset: Int) throws {
        let disk = try prepared()
        let name = try #require(disk.fileNames.first { $0.hasPrefix("log-") })
        disk.tamper(name) { put(UInt64.max, at: offset, block: block, &$0) }
        #expect(refusal(disk) != nil)
    }

    @Test(
        "a file with a name beyond all numbers is left alone", arguments: ["log-9223372036854775807", "log-99999999999999999999"])
    func names(name: String) throws {
        let disk = try prepared()
        disk.place(name, [1, 2, 3])
        let recovered = try Journal.recover(disk: disk, nodeID: 2, settings: smallSettings)
        recovered.journal.append(makeBatches(3, behind: recovered.lastLogged))
        #expect(disk.bytes(of: name) == [1, 2, 3])
    }
}
