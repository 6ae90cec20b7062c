// One server as a benchmark can see it, whoever started it: what it tells of itself over its ports, and, where its process is
// known, what that has used. What a server does not tell is nil, never zero.

import Ensemble
import Results
import Transport

struct ObservedMember: Sendable {
    let id: Int
    /// Where four-letter words are answered.
    private let words: SocketAddress
    /// Where metrics are answered; nil if nobody has said.
    private let admin: SocketAddress?
    private let process: Int32?

    /// A member that this tool has started.
    init(_ member: Member, isQuorate: Bool) {
        id = member.id
        words = member.clientAddress
        admin = isQuorate ? member.adminAddress : nil
        process = member.pid
    }

    /// A server that ran already.
    init(id: Int, host: SocketAddress, admin: SocketAddress?) {
        self.id = id
        words = host
        self.admin = admin
        process = nil
    }

    /// What it tells in Prometheus' form: our members with buckets as fine as they are counted, others by their `mntr`.
    func metrics() -> MetricsText? {
        if let admin {
            let text = Asking.http("/metrics/fine", at: admin) ?? Asking.http("/metrics", at: admin)
            return text.map { MetricsText($0) }
        }
        return Asking.fourLetterWord("mntr", at: words).flatMap { MonitorMetrics.translated(MemberStatus.monitorLines($0)) }
    }

    /// Whether it takes little time to tell its metrics.
    var isCheapToAsk: Bool { admin != nil }

    /// Processor time of its process.
    var cpuNanoseconds: UInt64? { process.flatMap { ProcessFigures.cpuNanoseconds(pid: $0) } }

    var figures: ProcessFigures? { process.flatMap { ProcessFigures.read(pid: $0) } }

    /// How it stands right now.
    var seen: ResultMember {
        var seen = ResultMember(id: id)
        let lines = Asking.fourLetterWord("mntr", at: words).map(MemberStatus.monitorLines) ?? [:]
        seen.role = lines["zk_server_state"]
        seen.zxid = lines["zk_applied_zxid"].flatMap { UInt64($0) }.map { "0x" + String($0, radix: 16) }
        seen.digest = lines["zk_digest"].flatMap { UInt64($0) }.map { String($0, radix: 16) }
        if let figures {
            seen.cpuNanoseconds = figures.cpuNanoseconds
            seen.waitNanoseconds = figures.waitNanoseconds
            seen.residentBytes = figures.residentBytes
            seen.voluntarySwitches = figures.voluntarySwitches
            seen.involuntarySwitches = figures.involuntarySwitches
        }
        return seen
    }
}
