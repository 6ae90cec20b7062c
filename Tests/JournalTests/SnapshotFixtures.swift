// Snapshots for the journal's tests: their content is made from the zxid, so that a start can be judged by what it loads.

import Batch
import Journal

func snapshotContent(_ zxid: Zxid, received: Bool) -> [[UInt8]] {
    (0..<3).map { chunk in
        (0..<(200 + 300 * chunk)).map {
            UInt8(truncatingIfNeeded: UInt64($0) &* 13 &+ zxid.rawValue &* 5 &+ UInt64(chunk) + (received ? 1 : 0))
        }
    }
}

extension BackgroundWork {
    /// What was answered, but for the word that a chunk is written.
    func takeAnswers() -> [BackgroundCompletion] {
        defer { completions = [] }
        return completions.filter {
            switch $0 {
            case .chunkWritten, .chunkReceived: false
            default: true
            }
        }
    }
}

/// Writes an own snapshot at `zxid` and, if that went well, tells the journal.
func takeSnapshot(_ journal: Journal, _ work: BackgroundWork, at zxid: Zxid) -> [BackgroundCompletion] {
    work.perform(.beginSnapshot(id: 1, zxid: zxid))
    for chunk in snapshotContent(zxid, received: false) { work.perform(.snapshotChunk(id: 1, chunk)) }
    work.finishSnapshot(1)
    let completions = work.takeAnswers()
    for case .snapshotTaken(_, let info) in completions { journal.process([.startTaken(info)]) }
    return completions
}

/// The file of a leader's snapshot at `zxid`, whose log holds one batch that ends there, with size and digest.
func leaderSnapshot(at zxid: Zxid) throws -> (info: SnapshotInfo, bytes: [UInt8]) {
    let disk = SimulatedDisk()
    let journal = try Journal.recover(disk: disk, nodeID: 9, settings: smallSettings).journal
    let header = BatchHeader(firstZxid: zxid, prevZxid: .zero, wallTime: 5, logTime: 6, count: 1)
    let batch = [UInt8](repeating: 1, count: 30).withUnsafeBytes { SealedBatch(sealing: header, requests: $0) }
    journal.append([batch])
    let work = BackgroundWork(for: journal)
    work.perform(.beginSnapshot(id: 1, zxid: zxid))
    for chunk in snapshotContent(zxid, received: true) { work.perform(.snapshotChunk(id: 1, chunk)) }
    work.finishSnapshot(1)
    guard case .snapshotTaken(_, let info) = work.takeAnswers().first else { throw Unexpected.completion }
    return (info, disk.bytes(of: info.name))
}

/// Has a leader's snapshot arrive in pieces.
/// - Returns: what the background work answered.
func receive(_ snapshot: (info: SnapshotInfo, bytes: [UInt8]), _ work: BackgroundWork) -> [BackgroundCompletion] {
    work.perform(.beginReceive(id: 2, zxid: snapshot.info.zxid, bytes: snapshot.info.bytes, digest: snapshot.info.digest))
    var place = 0
    while place < snapshot.bytes.count {
        let piece = Array(snapshot.bytes[place..<min(place + 1_500, snapshot.bytes.count)])
        work.perform(.receiveChunk(id: 2, offset: place, piece))
        place += piece.count
    }
    work.perform(.finishReceive(id: 2))
    let completions = work.takeAnswers()
    return completions
}

/// Everything that a start's snapshot holds.
func load(_ info: SnapshotInfo, _ disk: SimulatedDisk) throws -> [[UInt8]] {
    let reader = try SnapshotReader(info, on: disk)
    var chunks: [[UInt8]] = []
    while let chunk = try reader.next() { chunks.append(Array(chunk)) }
    return chunks
}

extension BackgroundWork {
    /// Writes the end of a snapshot and reads it back whole.
    func finishSnapshot(_ id: UInt64) {
        perform(.finishSnapshot(id: id))
        while hasSteps { step() }
    }
}
