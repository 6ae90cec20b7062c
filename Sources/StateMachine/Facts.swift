// The few facts about the ensemble that are part of the state: its founding record and the configuration in force.

import Batch
import ClientProtocol
import DataTree
import Handlers
import Jute

enum Fact {
    static let stride = 16
    static let bytes = BlobField(address: 0, length: 8)
    static let founding: UInt32 = 1
    static let configuration: UInt32 = 2

    /// Makes the rows, empty.
    static func plant(_ table: PagedTable) {
        let first = table.allocate()
        let second = table.allocate()
        precondition(first == founding && second == configuration, "facts stand in the first rows")
    }
}

extension StateMachine {
    /// The first record of an ensemble. It is applied once and for all.
    func found(_ body: RawSpan, _ effects: inout Effects) -> Int32 {
        guard founding == nil else { return ErrorCode.nodeExists }
        guard let record = try? Founding(reading: body) else { return ErrorCode.marshallingError }
        space.note(bytes: body)
        body.withUnsafeBytes { facts.setBlob(Fact.founding, Fact.bytes, $0) }
        founding = record
        adopt(record.configuration, record.text, &effects)
        effects.foundingApplied = true
        return ErrorCode.ok
    }

    func configure(_ body: RawSpan, _ effects: inout Effects) -> Int32 {
        var reader = JuteReader(body)
        guard let bytes = try? copiedBuffer(&reader), let text = try? copiedBuffer(&reader) else {
            return ErrorCode.marshallingError
        }
        space.note(bytes: body)
        adopt(bytes, text, &effects)
        return ErrorCode.ok
    }

    private func adopt(_ bytes: [UInt8], _ text: [UInt8], _ effects: inout Effects) {
        configuration = bytes
        configurationZxid = applied
        var stored = ByteBuffer(capacity: bytes.count + 8)
        stored.append(littleEndian: applied.rawValue)
        stored.append(bytes)
        facts.setBlob(Fact.configuration, Fact.bytes, stored.bytes)
        if !text.isEmpty {
            text.withUnsafeBytes { tree.setConfiguration($0, zxid: applied.wire, wallTime: wallTime, effects: &effects) }
        }
        effects.configurationApplied = true
    }

    /// Reads the facts back from their rows after a restore.
    func recallFacts() throws(SnapshotError) {
        guard facts.isLive(Fact.founding), facts.isLive(Fact.configuration) else {
            throw SnapshotError("the ensemble's facts are missing")
        }
        founding = nil
        if facts.hasBlob(Fact.founding, Fact.bytes) {
            guard let record = try? Founding(reading: facts.blob(Fact.founding, Fact.bytes).bytes) else {
                throw SnapshotError("the founding record is malformed")
            }
            founding = record
        }
        let stored = facts.blob(Fact.configuration, Fact.bytes)
        guard !stored.isEmpty else { return }
        guard stored.count >= 8 else { throw SnapshotError("the configuration is malformed") }
        configurationZxid = Zxid(rawValue: UInt64(littleEndian: stored.loadUnaligned(as: UInt64.self)))
        configuration = [UInt8](stored.dropFirst(8))
    }
}
