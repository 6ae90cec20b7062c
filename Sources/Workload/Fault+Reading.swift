// Reads the key `faults` of a workload: a list of what is done to members, each entry with its moment, its kind and whom it
// strikes.

extension Workload {
    private static let faultsMax = 1_000

    static func readFaults(_ node: DocumentNode?, phases: [Phase]) throws(WorkloadError) -> [Fault] {
        guard let node else { return [] }
        let end = phases.reduce(0) { $0 + $1.nanoseconds }
        var faults: [Fault] = []
        for item in try node.items() { faults.append(try Fault(item, before: end)) }
        guard faults.count <= faultsMax else { throw node.complaint("a workload has at most \(faultsMax) faults") }
        return faults
    }
}

extension Fault {
    /// What a file may say of each kind beside when and whom.
    private static func ownKeys(_ kind: FaultKind) -> [String] {
        switch kind {
        case .delay: ["delay", "jitter"]
        case .slowFlush: ["delay"]
        case .rate: ["bytes_per_second"]
        case .oneWay: ["direction"]
        default: []
        }
    }

    fileprivate init(_ node: DocumentNode, before end: UInt64) throws(WorkloadError) {
        try node.checkKeys(["at", "fault", "role", "for", "delay", "jitter", "bytes_per_second", "direction"])
        let kind = FaultKind(rawValue: try node.required("fault").choice(FaultKind.allCases.map(\.rawValue)))!
        let roleNode = node.value(of: "role")
        if kind == .killAll, let roleNode { throw roleNode.complaint("'kill-all' strikes all members; take 'role' out") }
        let role = kind == .killAll ? FaultRole.all : try node.required("role").faultRole()
        if kind.isOfLinks, role == .all, kind != .delay, kind != .rate, kind != .corrupt, kind != .reset {
            throw roleNode!.complaint("'\(kind.rawValue)' cuts one member off from the others; name a role other than all")
        }
        let atNode = try node.required("at")
        self.init(kind, role, at: try atNode.duration())
        if kind.isMomentary {
            if let lasting = node.value(of: "for") {
                throw lasting.complaint("'\(kind.rawValue)' happens at a moment; take 'for' out")
            }
        } else {
            let lasting = try node.required("for")
            nanoseconds = try lasting.duration()
            guard nanoseconds >= 1_000_000 else { throw lasting.complaint("a fault lasts at least 1ms") }
        }
        guard at + nanoseconds <= end else {
            let most = "\(end / 1_000_000)ms"
            throw atNode.complaint("the fault lasts beyond the last phase, which ends after \(most); let it begin earlier")
        }
        try readOwnKeys(node)
    }

    private mutating func readOwnKeys(_ node: DocumentNode) throws(WorkloadError) {
        let own = Fault.ownKeys(kind)
        for key in ["delay", "jitter", "bytes_per_second", "direction"] where !own.contains(key) {
            guard let value = node.value(of: key) else { continue }
            throw value.complaint("'\(kind.rawValue)' has no '\(key)'; take it out")
        }
        for (key, place) in [("delay", \Fault.delay), ("jitter", \Fault.jitter)] {
            guard let value = node.value(of: key) else { continue }
            self[keyPath: place] = try value.duration()
            guard self[keyPath: place] <= 60_000_000_000 else { throw value.complaint("'\(key)' is at most 60s") }
        }
        if let value = node.value(of: "bytes_per_second") {
            bytesPerSecond = UInt64(try value.bytes(in: 1_024...1_000_000_000))
        }
        if let value = node.value(of: "direction") {
            direction = Direction(rawValue: try value.choice(Direction.allCases.map(\.rawValue)))!
        }
    }
}

extension DocumentNode {
    /// `leader`, `follower`, `all`, the number of a member, or a list of such numbers.
    fileprivate func faultRole() throws(WorkloadError) -> FaultRole {
        if case .sequence(let items) = content {
            var ids: [Int] = []
            for item in items {
                let id = try item.integer(in: 1...255)
                if ids.contains(id) { throw item.complaint("member \(id) stands twice in \(title)") }
                ids.append(id)
            }
            guard !ids.isEmpty else { throw complaint("\(title) names nobody") }
            return .members(ids)
        }
        if Int(try word()) != nil { return .members([try integer(in: 1...255)]) }
        switch try choice(["leader", "follower", "all"]) {
        case "leader": return .leader
        case "follower": return .follower
        default: return .all
        }
    }
}
