// What was committed, read from the logs that the members have left behind: the truth that everything clients were told is held
// against. All members' logs must hold the same.

import Batch
import Ensemble
import Journal

struct CommittedLog {
    private(set) var batches: [SealedBatch] = []
    private(set) var breaches: [String] = []
    var last: Zxid { batches.last?.lastZxid ?? .zero }

    private struct Part {
        let member: Int
        let start: Zxid
        let batches: [SealedBatch]
    }

    /// The members must have stopped, all having applied the same.
    init(_ members: [Member]) throws(ChaosError) {
        var parts: [Part] = []
        for member in members { parts.append(try Self.read(member)) }
        guard let whole = parts.filter({ $0.start == .zero }).max(by: { $0.batches.count < $1.batches.count }) else {
            let starts = parts.map { "member \($0.member) from \($0.start)" }.joined(separator: ", ")
            throw ChaosError("no log goes back to the first record (\(starts)), so the history can't be checked")
        }
        batches = whole.batches
        for part in parts where part.member != whole.member { compare(part, with: whole) }
    }

    private static func read(_ member: Member) throws(ChaosError) -> Part {
        let directory = "\(member.directory)/data"
        do {
            let disk = try RealDisk(path: directory)
            let recovered = try Journal.recover(disk: disk, nodeID: UInt32(member.id))
            let reader = try LogReader(disk: disk, map: recovered.journal.map, behind: recovered.logStart)
            var batches: [SealedBatch] = []
            while case let more = try reader.next(through: recovered.lastLogged), !more.isEmpty { batches += more }
            return Part(member: member.id, start: recovered.logStart, batches: batches)
        } catch {
            throw ChaosError("the log of member \(member.id) in \(directory) can't be read: \(error)")
        }
    }

    private mutating func compare(_ part: Part, with whole: Part) {
        let ends = Dictionary(uniqueKeysWithValues: whole.batches.map { ($0.lastZxid, $0.header.crc) })
        for batch in part.batches where ends[batch.lastZxid] != batch.header.crc {
            breaches.append("members \(whole.member) and \(part.member) hold different records at \(batch.lastZxid)")
            return
        }
        let end = part.batches.last?.lastZxid ?? part.start
        guard end != last else { return }
        breaches.append("the log of member \(part.member) ends at \(end), that of member \(whole.member) at \(last)")
    }
}
