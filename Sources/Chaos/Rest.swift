// Whether an ensemble comes to rest: every member serves, one leads, and all came to the same state at the same zxid.

import CLinux
import Ensemble
import Glibc

struct Rest {
    private struct Standing {
        var member: Int
        var role: String?
        var applied: UInt64?
        var digest: String?

        var text: String {
            guard let role, let applied else { return "member \(member) does not answer" }
            return "member \(member) is \(role), applied 0x\(String(applied, radix: 16)), digest \(digest ?? "-")"
        }
    }

    private var standings: [Standing]
    let seconds: Double

    /// How the members stand once they have come to rest, or as they are when the time is up.
    static func awaited(_ ensemble: Ensemble, seconds: Double) -> Rest {
        let begin = quorate_monotonic_ns()
        while true {
            let rest = Rest(ensemble, since: begin)
            if rest.isReached || rest.seconds > seconds { return rest }
            usleep(50_000)
        }
    }

    private init(_ ensemble: Ensemble, since begin: UInt64) {
        standings = ensemble.members.map { member in
            let lines = member.monitor()
            return Standing(
                member: member.id, role: lines["zk_server_state"], applied: lines["zk_applied_zxid"].flatMap { UInt64($0) },
                digest: lines["zk_digest"])
        }
        seconds = Double(quorate_monotonic_ns() - begin) / 1e9
    }

    private var isReached: Bool {
        let leaders = standings.count { $0.role == "leader" || $0.role == "standalone" }
        return leaders == 1 && standings.allSatisfy { $0.applied != nil } && Set(standings.map(\.applied)).count == 1
            && Set(standings.map(\.digest)).count == 1
    }

    /// Members that stand at the same zxid with different states.
    var differences: [String] {
        var found: [String] = []
        for (zxid, same) in Dictionary(grouping: standings.filter { $0.applied != nil }, by: { $0.applied! }) {
            guard Set(same.map(\.digest)).count > 1 else { continue }
            let sides = same.map(\.text).joined(separator: ", ")
            found.append("the members' states differ at 0x\(String(zxid, radix: 16)): \(sides)")
        }
        return found
    }

    var breaches: [String] { isReached ? [] : ["after \(Int(seconds)) s " + standings.map(\.text).joined(separator: ", ")] }
    var place: String { standings.first?.applied.map { "0x" + String($0, radix: 16) } ?? "-" }
}
