// What kind of fault test is wanted: how many members, which faults for how long, how many clients, and where it all lies.

package import Ensemble
package import Workload

package struct ChaosOrder: Sendable {
    /// How faults come about.
    package enum Plan: Sendable, Equatable {
        /// Drawn from these kinds for so many seconds.
        case drawn([FaultKind], seconds: Double)
        /// So often the leader is killed and, once another one leads, started again.
        case leaderKills(Int)
        /// So often one member or all are killed and soon started again, whether or not the ensemble has come back.
        case killCycles(Int)
        /// So often nothing that the leader and the others send each other arrives, for three seconds.
        case silentPartitions(Int)

        /// One fault is over, and the ensemble back, before the next one.
        var isOneByOne: Bool {
            switch self {
            case .leaderKills, .silentPartitions: true
            case .drawn, .killCycles: false
            }
        }

        var harmsDisks: Bool {
            guard case .drawn(let kinds, _) = self else { return false }
            return kinds.contains { $0.isOfDisks }
        }
    }

    package var members: Int
    package var plan: Plan
    package var seed: UInt64
    package var clients = 12
    /// Registers that the clients write and read.
    package var keys = 8
    /// Bytes of a value, eight at least.
    package var payload = 64
    package var sessionTimeoutMilliseconds: Int32 = 2_000
    /// How long the ensemble may take to come to rest once everything is healed.
    package var patienceSeconds = 30.0
    /// Where data and logs go; must exist.
    package var directory: String
    /// The path of the binary.
    package var program: String
    package var tls: MemberTLS?
    /// More lines for every zoo.cfg; they win over what is written anyway.
    package var settings: [(key: String, value: String)] = []

    package init(members: Int, plan: Plan, seed: UInt64, directory: String, program: String) {
        self.members = members
        self.plan = plan
        self.seed = seed
        self.directory = directory
        self.program = program
    }

    /// Reads kinds of faults, separated by commas; all that make sense for so many members if none are named.
    package static func kinds(_ text: String?, members: Int) throws(ChaosError) -> [FaultKind] {
        guard let text else { return FaultKind.allCases.filter { members > 1 || !$0.isOfLinks } }
        var kinds: [FaultKind] = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let kind = FaultKind(rawValue: String(word)) else {
                let known = FaultKind.allCases.map(\.rawValue).joined(separator: ",")
                throw ChaosError("--faults takes some of \(known), not '\(word)'.")
            }
            guard members > 1 || !kind.isOfLinks else {
                throw ChaosError("--faults \(word) is one of links between members, and there is one member.")
            }
            if !kinds.contains(kind) { kinds.append(kind) }
        }
        return kinds
    }

    /// Small segments and frequent snapshots, so that both change hands often. Nothing is purged: what was committed is read
    /// from the logs in the end, from the first record on.
    private static let usualSettings: [(key: String, value: String)] = [
        ("tickTime", "500"), ("quorate.segmentMb", "4"), ("quorate.snapshotLogMb", "8"), ("autopurge.purgeInterval", "0"),
    ]

    func ensembleOrder() throws(EnsembleError) -> EnsembleOrder {
        let own = Self.usualSettings.filter { usual in !settings.contains { $0.key == usual.key } }
        var order = EnsembleOrder(
            nodes: members, directory: directory, logDirectory: directory, command: .quorate(program: program),
            settings: own + settings, tls: members > 1 ? tls : nil)
        order.hasLinkFaults = true
        if plan.harmsDisks { order.diskFaults = try FlushLibrary(besideProgram: program) }
        return order
    }
}
