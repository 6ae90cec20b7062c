// What one server told of itself, held to the alert rules of ZooKeeper's own documentation and to a few of this project's.

internal import Ensemble
internal import LoadGenerator
package import Results
internal import Statistics

package enum ServerJudgement {
    /// `globalOutstandingLimit`, from which on a server makes its clients wait.
    static let outstanding: UInt64 = 1_000
    static let averageLatency = 100.0
    static let znodes: UInt64 = 1_000_000
    static let watches: UInt64 = 10_000
    static let dataBytes: UInt64 = 1 << 30
    /// Of its limit of descriptors, and of an epoch's counter.
    static let share = 0.8

    package static func findings(_ facts: ServerFacts) -> [DoctorFinding] {
        if let trouble = facts.trouble {
            return [
                DoctorFinding(
                    facts.name, "answers", "no: \(trouble)", line: "yes", .missed,
                    remedy: "start it, or look at the network and its log")
            ]
        }
        return [role(facts)] + speed(facts) + [counter(facts)] + sizes(facts) + [descriptors(facts)]
            + session(facts)
            .compactMap(\.self)
    }

    private static func role(_ facts: ServerFacts) -> DoctorFinding {
        if let status = facts.status {
            let version = status.version.prefix { $0 != "," }
            return DoctorFinding(facts.name, "serves", "as \(status.role.rawValue), \(version)", line: "yes", .kept)
        }
        if facts.saysItDoesNotServe {
            return DoctorFinding(
                facts.name, "serves", "no", line: "yes", .missed,
                remedy: "it has no leader, or is no part of what has one; look at its log and at the others")
        }
        let why =
            ServerFacts.isRefusal(facts.serverText)
            ? "can't be learnt: srvr is not allowed (4lw.commands.whitelist)"
            : "can't be learnt: srvr is answered with something else"
        return DoctorFinding(facts.name, "role", why, .unknown)
    }

    private static func unknown(_ facts: ServerFacts, _ name: String) -> DoctorFinding {
        let why = facts.monitor.isEmpty ? "can't be learnt: mntr is not answered (4lw.commands.whitelist)" : "is not told"
        return DoctorFinding(facts.name, name, why, .unknown)
    }

    private static func speed(_ facts: ServerFacts) -> [DoctorFinding] {
        var found: [DoctorFinding] = []
        if let count = facts.count("outstanding_requests") ?? facts.line("Outstanding").flatMap({ UInt64($0) }) {
            found.append(
                DoctorFinding(
                    facts.name, "outstanding requests", DoctorWords.whole(count), line: "< \(DoctorWords.whole(outstanding))",
                    count >= outstanding ? .missed : .kept, remedy: "it can't keep up with its clients; look at its disk"))
        } else {
            found.append(unknown(facts, "outstanding requests"))
        }
        // minimum/average/maximum, in milliseconds
        let parts = facts.line("Latency min/avg/max")?.split(separator: "/") ?? []
        if parts.count == 3, let average = Double(parts[1]) {
            found.append(
                DoctorFinding(
                    facts.name, "its own latency", "mean \(parts[1]) ms, max \(parts[2]) ms", line: "mean ≤ 100 ms",
                    average > averageLatency ? .missed : .kept, remedy: "look at its disk with --disk on its machine"))
        }
        return found
    }

    /// The lower half of a zxid counts what an epoch has written.
    private static func counter(_ facts: ServerFacts) -> DoctorFinding {
        guard let zxid = facts.status?.zxid else { return DoctorFinding(facts.name, "epoch's counter", "is not told", .unknown) }
        let used = Double(zxid & 0xffff_ffff) / 4_294_967_296
        return DoctorFinding(
            facts.name, "epoch's counter", "\(DoctorWords.percent(used)) used, epoch \(zxid >> 32)",
            line: "≤ \(DoctorWords.percent(share))", used > share ? .mind : .kept,
            remedy: "at its end Apache ZooKeeper elects anew; choose the hour yourself by restarting the leader")
    }

    private static func sizes(_ facts: ServerFacts) -> [DoctorFinding] {
        func size(_ name: String, _ key: String, _ limit: UInt64, _ remedy: String, shown: (UInt64) -> String) -> DoctorFinding {
            let value = facts.count(key) ?? (key == "znode_count" ? facts.line("Node count").flatMap { UInt64($0) } : nil)
            guard let value else { return unknown(facts, name) }
            return DoctorFinding(
                facts.name, name, shown(value), line: "≤ \(shown(limit))", value > limit ? .mind : .kept, remedy: remedy)
        }
        let sessions =
            facts.count("global_sessions").map {
                DoctorFinding(
                    facts.name, "sessions", "\(DoctorWords.whole($0)), \(facts.line("Connections") ?? "?") connections here",
                    .told)
            } ?? unknown(facts, "sessions")
        return [
            size("znodes", "znode_count", znodes, "starts and snapshots take long; keep less", shown: DoctorWords.whole),
            size("watches", "watch_count", watches, "many watches on one znode fire at once", shown: DoctorWords.whole),
            size(
                "data", "approximate_data_size", dataBytes, "starts and snapshots take long; keep less",
                shown: { DoctorWords.bytes(Double($0)) }), sessions,
        ]
    }

    private static func descriptors(_ facts: ServerFacts) -> DoctorFinding {
        guard let open = facts.count("open_file_descriptor_count"), let limit = facts.count("max_file_descriptor_count"),
            limit > 0
        else { return unknown(facts, "open files") }
        return DoctorFinding(
            facts.name, "open files", "\(DoctorWords.whole(open)) of \(DoctorWords.whole(limit))",
            line: "≤ \(DoctorWords.percent(share))", Double(open) > share * Double(limit) ? .missed : .kept,
            remedy: "raise its limit (LimitNOFILE), or find the client that opens so many")
    }

    private static func session(_ facts: ServerFacts) -> [DoctorFinding?] {
        if let trouble = facts.sessionTrouble {
            // That it serves nobody is said already.
            return [
                facts.saysItDoesNotServe
                    ? nil
                    : DoctorFinding(
                        facts.name, "a client's session", trouble, line: "works", .missed, remedy: "look at its log")
            ]
        }
        guard let trips = facts.roundTrips else { return [] }
        func told(_ histogram: LatencyHistogram) -> String? {
            LatencyFigures(histogram).map {
                "p50 \(DoctorWords.milliseconds($0.percentile(50))), max \(DoctorWords.milliseconds($0.max))"
            }
        }
        let opened = "opened in \(DoctorWords.milliseconds(trips.openingNanoseconds))"
        return [
            DoctorFinding(facts.name, "a client's session", opened, line: "works", .kept),
            told(trips.pings).map { DoctorFinding(facts.name, "ping", $0, .told) },
            told(trips.reads).map { DoctorFinding(facts.name, "read", $0, .told) },
            told(trips.writes).map { written(facts.name, $0, trips) },
        ]
    }

    private static func written(_ name: String, _ told: String, _ trips: RoundTrips) -> DoctorFinding {
        guard trips.hasReadOtherThanWritten else { return DoctorFinding(name, "write", told, .told) }
        return DoctorFinding(
            name, "write", "a session read other data than it had written", line: "reads what it wrote", .missed,
            remedy: "keep the logs of all members and report it")
    }
}
