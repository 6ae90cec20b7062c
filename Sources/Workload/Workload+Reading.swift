// Reads a workload from YAML text: the keys of the format `quorate/v1`, their ranges, and what must agree with what.
// Roles and operations stand in Role+Reading.swift. Keys that belong to the whole format but have no effect in this
// version are refused by name, so that a file never seems to ask for something that does not happen.

import Foundation

extension Workload {
    static let version = "quorate/v1"
    private static let phasesMax = 200

    /// Reads a file; each override has the form `path=value`.
    package init(file: String, overrides: [String] = []) throws(WorkloadError) {
        try self.init(text: try Self.text(of: file), file: file, overrides: overrides)
    }

    /// What stands in a file, which may be a pipe that somebody has yet to write into.
    package static func text(of file: String) throws(WorkloadError) -> String {
        let bytes = try bytes(of: file)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw WorkloadError(file: file, place: nil, "is not UTF-8 text; save it as UTF-8")
        }
        // Some editors begin a file with a mark of its encoding.
        return String(text.trimmingPrefix("\u{feff}"))
    }

    /// As much as a workload may have and one byte more: whatever is larger, or has no end, was named by mistake.
    private static func bytes(of file: String) throws(WorkloadError) -> [UInt8] {
        func complaint(_ code: Int32) -> WorkloadError {
            let cause = String(cString: strerror(code))
            return WorkloadError(file: file, place: nil, "can not be read: \(cause); give the path of a workload file")
        }
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw complaint(errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= DocumentNode.bytesMax {
            let count = read(descriptor, &piece, piece.count)
            if count == 0 { break }
            guard count > 0 || errno == EINTR else { throw complaint(errno) }
            bytes += piece[..<max(0, count)]
        }
        return bytes
    }

    package init(text: String, file: String, overrides: [String] = []) throws(WorkloadError) {
        var root = try DocumentNode.read(text, file: file)
        _ = try root.entries()
        for setting in overrides { try root.apply(setting: setting) }
        try self.init(root)
    }

    private init(_ root: DocumentNode) throws(WorkloadError) {
        try Self.checkVersion(root)
        try root.checkKeys(
            ["apiVersion", "name", "seed", "target", "data", "payload", "roles", "phases", "replay", "faults", "check"],
            later: ["ensemble", "server", "search", "gate", "repeat", "output", "links", "setup"])
        name = try root.required("name").identifier()
        seed = try root.value(of: "seed")?.seed() ?? 1
        target = try Target(root.value(of: "target"))
        tree = try Self.readTree(root.value(of: "data"))
        payload = try PayloadSize(root.value(of: "payload"))
        (roles, phases, checks, resolved) = ([], [], [], root.text)
        if let node = root.value(of: "replay") {
            try readReplay(node, in: root)
        } else {
            try readRoles(root)
        }
        faults = try Self.readFaults(root.value(of: "faults"), phases: phases)
        try checkSteady(root.value(of: "faults"))
        if let node = root.value(of: "check") { checks = try readChecks(node) }
    }

    private mutating func readRoles(_ root: DocumentNode) throws(WorkloadError) {
        let rolesNode = try root.required("roles")
        for entry in try rolesNode.entries() {
            roles.append(try Role(name: entry.key, entry.value, tree: tree, payload: payload))
        }
        guard !roles.isEmpty else { throw rolesNode.complaint("'roles' names nobody who sends requests; add one role") }
        phases = try Self.readPhases(root.required("phases"), roles: roles)
        try checkTopics(rolesNode)
        try checkQueues(rolesNode)
    }

    private static func checkVersion(_ root: DocumentNode) throws(WorkloadError) {
        let node = try root.required("apiVersion")
        let found = try node.word()
        guard found == version else {
            throw node.complaint("'apiVersion' is '\(found)', but this version reads '\(version)'")
        }
    }

    private static func readTree(_ data: DocumentNode?) throws(WorkloadError) -> [TreeEntry] {
        guard let data else { return [] }
        try data.checkKeys(["tree"])
        guard let tree = data.value(of: "tree") else { return [] }
        var entries: [TreeEntry] = []
        for item in try tree.items() {
            try item.checkKeys(["path", "count", "size"])
            let node = try item.required("path")
            let path = try node.znodePath()
            if entries.contains(where: { $0.path == path }) {
                throw node.complaint("the path '\(path)' stands twice in the tree")
            }
            entries.append(
                TreeEntry(
                    path: path, count: try item.value(of: "count")?.integer(in: 1...5_000_000) ?? 1,
                    size: try item.value(of: "size")?.bytes(in: 0...1_000_000) ?? 0))
        }
        return entries
    }

    private static func readPhases(_ node: DocumentNode, roles: [Role]) throws(WorkloadError) -> [Phase] {
        var phases: [Phase] = []
        for item in try node.items() {
            try item.checkKeys(
                ["name", "for", "record", "roles", "rate_scale", "reconnect", "steady"], later: ["faults", "start_after"])
            let nameNode = try item.required("name")
            let name = try nameNode.identifier()
            if phases.contains(where: { $0.name == name }) { throw nameNode.complaint("a phase named '\(name)' exists already") }
            let durationNode = try item.required("for")
            let duration = try durationNode.duration()
            guard duration >= 1_000_000 else { throw durationNode.complaint("a phase lasts at least 1ms") }
            let isRecorded = try item.value(of: "record")?.flag() ?? true
            let chosen = try readPhaseRoles(item.value(of: "roles"), roles: roles)
            if isRecorded && chosen.isEmpty {
                throw nameNode.complaint(
                    "in the phase '\(name)' nobody sends anything; name a role, or let it be a pause with 'record: false'")
            }
            phases.append(
                Phase(
                    name: name, nanoseconds: duration, isRecorded: isRecorded, roles: chosen,
                    rateScale: try item.value(of: "rate_scale")?.number(in: 0.0001...10_000) ?? 1,
                    reconnects: try item.value(of: "reconnect")?.flag() ?? false,
                    steady: try item.value(of: "steady").map { node throws(WorkloadError) in try Steady(node) }))
            if let steady = item.value(of: "steady") { try phases.last!.checkSteady(steady, roles: roles) }
        }
        guard phases.count <= phasesMax else { throw node.complaint("a workload has at most \(phasesMax) phases") }
        guard phases.contains(where: \.isRecorded) else {
            throw node.complaint("no phase is recorded; let at least one stand without 'record: false'")
        }
        return phases
    }

    private static func readPhaseRoles(_ node: DocumentNode?, roles: [Role]) throws(WorkloadError) -> [Int] {
        guard let node else { return Array(roles.indices) }
        var chosen: [Int] = []
        for item in try node.items() {
            let name = try item.choice(roles.map(\.name))
            let role = roles.firstIndex { $0.name == name }!
            if chosen.contains(role) { throw item.complaint("the role '\(name)' stands twice in the phase") }
            chosen.append(role)
        }
        return chosen
    }

    private func readChecks(_ node: DocumentNode) throws(WorkloadError) -> [Check] {
        var checks: [Check] = []
        for item in try node.items() {
            let check = Check(rawValue: try item.choice(Check.allCases.map(\.rawValue), later: ["duplicates <= redelivered"]))!
            if check == .fifoPerProducer {
                for role in roles {
                    guard case .take(let queue) = role.operations.first, role.clients > tree[queue].count else { continue }
                    throw item.complaint(
                        "'fifo_per_producer' can only be seen when one worker takes from a queue, but role '\(role.name)' has "
                            + "\(role.clients) clients for \(tree[queue].count) queues; lower its clients or drop the check")
                }
            }
            try checkMeaning(of: check, item)
            if checks.contains(check) { throw item.complaint("the check '\(check.rawValue)' stands twice") }
            checks.append(check)
        }
        return checks
    }
}

extension Target {
    fileprivate init(_ node: DocumentNode?) throws(WorkloadError) {
        self.init(connect: [], sessionTimeoutMilliseconds: 10_000)
        guard let node else { return }
        try node.checkKeys(["driver", "connect", "session_timeout", "tls"])
        _ = try node.value(of: "driver")?.choice(["zookeeper"], later: ["quorate", "etcd", "nats"])
        tls = try node.value(of: "tls")?.targetTLS()
        if let timeout = node.value(of: "session_timeout") {
            let nanoseconds = try timeout.duration()
            guard nanoseconds >= 100_000_000, nanoseconds <= 3_600_000_000_000 else {
                throw timeout.complaint("a session time-out lies between 100ms and 1h")
            }
            sessionTimeoutMilliseconds = Int(nanoseconds / 1_000_000)
        }
        if let addresses = node.value(of: "connect") {
            for item in try addresses.items() {
                connect.append(try item.word())
            }
        }
    }
}

extension DocumentNode {
    /// `off`, or the files: paths are reckoned from the directory in which the command runs.
    fileprivate func targetTLS() throws(WorkloadError) -> TargetTLS? {
        if case .scalar = content {
            guard try flag() else { return nil }
            throw complaint("\(title) needs the file of the servers' authority; write 'tls: {ca: ca.pem}'")
        }
        try checkKeys(["ca", "cert", "key"])
        let files = TargetTLS(
            authority: try required("ca").word(), certificate: try value(of: "cert")?.word(), key: try value(of: "key")?.word())
        guard (files.certificate == nil) == (files.key == nil) else {
            throw complaint("\(title) needs both 'cert' and 'key', or neither")
        }
        return files
    }

    /// A short name that can stand in file names.
    func identifier() throws(WorkloadError) -> String {
        let text = try word()
        let allowed = text.utf8.allSatisfy {
            ($0 >= 0x61 && $0 <= 0x7a) || ($0 >= 0x41 && $0 <= 0x5a) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2d || $0 == 0x5f
        }
        guard allowed, !text.isEmpty, text.count <= 64 else {
            throw complaint("\(title) must be 1 to 64 letters, digits, '-' or '_', not '\(text)'")
        }
        return text
    }

    /// An absolute znode path without empty, dot or odd parts.
    func znodePath() throws(WorkloadError) -> String {
        let text = try word()
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let isValid =
            text.hasPrefix("/") && !parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } && text.utf8.count <= 512 && parts.first != "zookeeper"
        guard isValid else {
            throw complaint("\(title) must be an absolute znode path in printable ASCII such as /jobs/todo, not '\(text)'")
        }
        return text
    }
}
