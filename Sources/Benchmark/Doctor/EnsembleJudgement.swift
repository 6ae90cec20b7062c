// What several servers told, taken together: one leads, all others follow in step, and nobody is missing.

internal import Ensemble
package import Results

package enum EnsembleJudgement {
    private static let subject = "ensemble"

    /// nil if nobody answered, with the first one's reason.
    package static func unreachable(_ servers: [ServerFacts]) -> String? {
        guard !servers.isEmpty, servers.allSatisfy({ $0.trouble != nil }), let first = servers[0].trouble else { return nil }
        let others = servers.count > 1 ? ", and none of the \(servers.count) that are named answers" : ""
        return "\(first)\(others); start them, or name others with --target"
    }

    package static func findings(_ servers: [ServerFacts]) -> [DoctorFinding] {
        let answering = servers.filter { $0.trouble == nil }
        let known = answering.compactMap { server in server.status.map { (server, $0) } }
        if servers.count == 1, known.first?.1.role == .standalone {
            return [DoctorFinding(subject, "members", "one, which stands alone and survives no failure", .told)]
        }
        guard !known.isEmpty else { return [] }
        return [leaders(known.map(\.1), servers)] + followers(known, servers) + [distance(known.map(\.1))]
    }

    private static func leaders(_ known: [MemberStatus], _ servers: [ServerFacts]) -> DoctorFinding {
        let leading = known.count { $0.isLeading }
        if leading == 1 { return DoctorFinding(subject, "leaders", "1", line: "1", .kept) }
        if leading > 1 {
            return DoctorFinding(
                subject, "leaders", "\(leading)", line: "1", .missed,
                remedy: "they are not one ensemble, or two parts of one that don't see each other; compare their server.N lines")
        }
        if known.count < servers.count {
            return DoctorFinding(subject, "leaders", "none among those that tell their role", .unknown)
        }
        return DoctorFinding(subject, "leaders", "not among those named; name all members with --target", .unknown)
    }

    private static func followers(_ known: [(ServerFacts, MemberStatus)], _ servers: [ServerFacts]) -> [DoctorFinding] {
        guard let (leader, _) = known.first(where: { $0.1.role == .leader }) else { return [] }
        var found: [DoctorFinding] = []
        if let synced = leader.count("synced_followers"), let voters = leader.count("quorum_size") {
            let all = voters > 0 ? voters - 1 : 0
            found.append(
                DoctorFinding(
                    subject, "followers in step", "\(synced) of \(all)", line: "all", synced < all ? .missed : .kept,
                    remedy: "start the missing member, or replace what it has lost (docs/OPERATIONS.md)"))
        } else {
            found.append(
                DoctorFinding(
                    subject, "followers in step", "can't be learnt: mntr of the leader does not tell it (4lw.commands.whitelist)",
                    .unknown))
        }
        if let unbound = leader.count("unbound_members") {
            found.append(
                DoctorFinding(
                    subject, "members that count for nothing yet", "\(unbound)", line: "0", unbound > 0 ? .missed : .kept,
                    remedy: "wait while it learns; if its directory was lost, see quorate replace"))
        }
        return found
    }

    /// They are asked one after the other, so what is written meanwhile shows, too.
    private static func distance(_ known: [MemberStatus]) -> DoctorFinding {
        let epochs = Set(known.map { $0.zxid >> 32 })
        guard epochs.count == 1, let low = known.map(\.zxid).min(), let high = known.map(\.zxid).max() else {
            let list = epochs.sorted().map(String.init).joined(separator: ", ")
            return DoctorFinding(subject, "epochs", "\(list): not all have got a write of the newest yet", .told)
        }
        return DoctorFinding(subject, "zxids apart by", DoctorWords.whole(high - low), .told)
    }
}
