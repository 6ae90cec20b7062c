// The commands of transcripts about protocol cores: a simulated ensemble without chance, every message taking 0.1 ms.

import Batch
import Zab
import ZabCluster

struct CommandError: Error, CustomStringConvertible {
    let description: String
}

final class CoreCommands {
    private var cluster = Cluster(ClusterSettings(size: 1), seed: 1)

    /// - Returns: the lines that the command brought about.
    func perform(_ command: String) throws -> [String] {
        let words = command.split(separator: " ").map(String.init)
        let numbers = words.dropFirst().compactMap { Int($0) }
        let members = numbers.map { $0 - 1 }
        switch words[0] {
        case "ensemble": try found(numbers.first ?? 1, words)
        case "start":
            for index in members {
                guard !cluster.members[index].isUp else { throw CommandError(description: "\(index + 1) is up already") }
                cluster.start(index)
            }
        case "kill": for index in members { cluster.crash(index) }
        case "power-loss":
            // `power-loss 0 2 9`: how many of the unflushed commands each member's disk still took.
            for (index, torn) in numbers.enumerated() { cluster.crash(index, torn: torn) }
        case "propose": for _ in 0..<(numbers.dropFirst().first ?? 1) { cluster.propose(members[0]) }
        case "isolate":
            for other in cluster.members.indices where other != members[0] { cluster.cut(members[0], other) }
        case "cut": cluster.cut(members[0], members[1])
        case "heal": cluster.heal()
        case "stick": for index in members { cluster.members[index].isDiskStuck = true }
        case "unstick": for index in members { cluster.members[index].isDiskStuck = false }
        case "snapshot": cluster.takeStart(members[0], purging: false)
        case "purge": cluster.takeStart(members[0], purging: true)
        case "lie": cluster.members[members[0]].liesInDigests = true
        case "truth": cluster.members[members[0]].liesInDigests = false
        case "read": cluster.read(members[0], words.last == "sync" ? .sync : .read)
        case "hand-over": cluster.handOver(members[0], to: numbers.dropFirst().first.map { MemberID($0) })
        case "run": cluster.run(for: UInt64(numbers.first ?? 0) * 1_000_000)
        case "settle", "quietly": try settle()
        case "state": return state
        default: throw CommandError(description: "unknown command: \(command)")
        }
        let lines = cluster.takeTrace()
        return words[0] == "quietly" ? ["settled"] : lines
    }

    private func found(_ size: Int, _ words: [String]) throws {
        var settings = ClusterSettings(size: size)
        settings.isTracing = true
        settings.delay = 100_000...100_000
        settings.rule = words.contains("majority") ? .majority : .half
        cluster = Cluster(settings, seed: 1)
    }

    private func settle() throws {
        guard cluster.run(for: 3_000_000_000, until: { self.cluster.isSettled }) else {
            throw CommandError(description: "the ensemble does not settle: \(state.joined(separator: "; "))")
        }
        if let breach = cluster.checks.breaches.first { throw CommandError(description: breach) }
    }

    private var state: [String] {
        cluster.members.map { member in
            guard let core = member.core else { return "\(member.id) down, log to \(member.disk.log.last)" }
            return "\(member.id) \(core.zab.role), epoch \(core.zab.currentEpoch), log to \(core.zab.lastLogged), "
                + "commit \(core.zab.commit), applied \(member.applied)"
        }
    }
}
