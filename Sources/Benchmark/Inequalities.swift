// In what targets that are compared do not do the same: how many copies an acknowledged write has, whether it is on disk, what is
// encrypted. Data of launched targets lies on one file system.

import Ensemble

extension SweepOrder {
    /// One sentence for each difference; nothing where one target is measured alone.
    package var inequalities: [String] {
        guard targets.count > 1 else { return [] }
        return copies + durability + encryption + unknown
    }

    private var launchedOthers: [BenchTarget] { targets.filter { $0.isLaunched && !$0.isQuorate } }

    /// This node commits with half of the members, Apache ZooKeeper with more than half.
    private var copies: [String] {
        guard targets.contains(where: \.isQuorate), let other = launchedOthers.first else { return [] }
        return nodes.filter { $0 > 2 && $0 % 2 == 0 }.map { size in
            "With \(size) members a write is acknowledged by quorate when \(size / 2) have it on disk, by \(other.name) when "
                + "\(size / 2 + 1) have."
        }
    }

    private var durability: [String] {
        targets.compactMap { target in
            guard case .launched(_, _, let settings) = target.kind,
                settings.contains(where: { $0.key == "forceSync" && $0.value == "no" })
            else { return nil }
            return "\(target.name) was told not to flush."
        }
    }

    private var encryption: [String] {
        guard nodes.contains(where: { $0 > 1 }) else { return [] }
        var with: [String] = []
        var without: [String] = []
        for target in targets {
            guard case .launched(_, let tls, _) = target.kind else { continue }
            if tls { with.append(target.name) } else { without.append(target.name) }
        }
        guard !with.isEmpty, !without.isEmpty else { return [] }
        return [
            "What members send each other is encrypted by \(with.joined(separator: " and ")), not by "
                + "\(without.joined(separator: " and "))."
        ]
    }

    private var unknown: [String] {
        targets.filter { !$0.isLaunched }.map {
            "How many copies \($0.name) makes, whether it flushes, where its data lies and what it encrypts is not known."
        }
    }
}
