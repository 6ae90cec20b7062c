// The house's plan: which room stands on which floor and what it may import. docs/ARCHITECTURE.md draws the same table.
// A room may also import what the rooms that it names may import. Foundation is for floor 7 and above.

extension TidyRule {
    struct Room: Sendable {
        let name: String
        let floor: Int
        let imports: [String]
    }

    static let rooms: [Room] = [
        Room(name: "CLinux", floor: 0, imports: []),
        Room(name: "CSlowFlush", floor: 0, imports: []),
        Room(name: "COpenSSL", floor: 0, imports: []),
        Room(name: "Rules", floor: 0, imports: []),
        Room(name: "Jute", floor: 1, imports: []),
        Room(name: "Statistics", floor: 1, imports: ["Histogram", "Numerics"]),
        Room(name: "Batch", floor: 2, imports: ["CLinux", "Jute"]),
        Room(name: "ClientProtocol", floor: 2, imports: ["Jute"]),
        Room(name: "Results", floor: 2, imports: ["Statistics"]),
        Room(name: "Zab", floor: 3, imports: ["Batch", "Rules"]),
        Room(name: "Histories", floor: 3, imports: ["Batch", "ClientProtocol", "Jute"]),
        Room(name: "Handlers", floor: 3, imports: ["Batch", "Rules", "Jute"]),
        Room(name: "Journal", floor: 4, imports: ["Zab", "Batch", "CLinux"]),
        Room(name: "PeerProtocol", floor: 4, imports: ["Zab", "Batch", "Jute"]),
        Room(name: "DataTree", floor: 4, imports: ["ClientProtocol", "Handlers", "Batch"]),
        Room(name: "Queues", floor: 4, imports: ["Handlers", "Jute"]),
        Room(name: "StateMachine", floor: 5, imports: ["DataTree", "Queues", "Handlers"]),
        Room(name: "Transport", floor: 5, imports: ["CLinux", "COpenSSL"]),
        Room(name: "Node", floor: 6, imports: ["StateMachine", "Journal", "PeerProtocol", "ClientProtocol"]),
        Room(name: "Server", floor: 7, imports: ["Node", "Transport", "FlyingFox", "FlyingSocks"]),
        Room(name: "ZooKeeperClient", floor: 7, imports: ["ClientProtocol", "Transport"]),
        Room(name: "Simulator", floor: 7, imports: ["Node", "Histories"]),
        Room(name: "Recipes", floor: 8, imports: ["ZooKeeperClient"]),
        Room(name: "Workload", floor: 8, imports: ["CLinux", "Yams"]),
        Room(name: "LoadGenerator", floor: 9, imports: ["Workload", "Statistics", "ClientProtocol", "Transport"]),
        Room(name: "Ensemble", floor: 9, imports: ["Workload", "CLinux", "Transport"]),
        Room(name: "Chaos", floor: 10, imports: ["Histories", "Ensemble", "Journal", "Statistics"]),
        Room(name: "Campaign", floor: 10, imports: ["Simulator", "Ensemble"]),
        Room(name: "Benchmark", floor: 10, imports: ["LoadGenerator", "Ensemble", "Results"]),
        Room(name: "Report", floor: 10, imports: ["Results", "Statistics"]),
        Room(name: "ClassicQueue", floor: 11, imports: ["Server", "Handlers", "Foundation", "Glibc"]),
        Room(
            name: "quorate", floor: 11,
            imports: ["Server", "Campaign", "Chaos", "Benchmark", "Report", "LoadGenerator", "ArgumentParser"]),
    ]

    /// Part of the language or the system, and from which floor on. Rooms that decide have no clock, so no Glibc either.
    private static let common: [(module: String, floor: Int)] = [
        ("Swift", 0), ("Builtin", 0), ("Synchronization", 4), ("Logging", 5), ("Foundation", 7), ("FoundationEssentials", 7),
        ("Dispatch", 7),
    ]
    private static let usesSystemCalls: Set<String> = [
        "Journal", "Transport", "Server", "Simulator", "LoadGenerator", "Ensemble", "Chaos", "Campaign", "Benchmark", "quorate",
        "ClassicQueue",
    ]

    static let importTable = TidyRule(name: "ImportTable") { tree in
        let table = Dictionary(uniqueKeysWithValues: rooms.map { ($0.name, $0) })
        var findings = downwardFindings(table)
        for file in tree.files(under: "Sources") where file.isSwift {
            guard let name = file.room else { continue }
            guard let room = table[name] else {
                findings.append(TidyFinding(path: file.path, line: 0, says: "the room \(name) is not in the table of rooms"))
                continue
            }
            let allowed = reachable(from: room, table)
            for (line, module) in imports(of: file) where module != name {
                if allowed.contains(module) || isCommon(module, in: room) { continue }
                findings.append(
                    TidyFinding(path: file.path, line: line, says: "\(name) (floor \(room.floor)) may not import \(module)"))
            }
        }
        return findings
    }

    /// The table itself must only point downwards, or it would be no plan of a house.
    private static func downwardFindings(_ table: [String: Room]) -> [TidyFinding] {
        rooms.flatMap { room in
            room.imports.compactMap { name in
                guard let below = table[name], below.floor >= room.floor else { return nil }
                return TidyFinding(path: "Tests/TidyTests/ImportTable.swift", line: 0, says: "\(room.name) is not above \(name)")
            }
        }
    }

    private static func reachable(from room: Room, _ table: [String: Room]) -> Set<String> {
        var found: Set<String> = []
        var open = room.imports
        while let name = open.popLast() {
            // Outside libraries and Foundation are for the rooms that name them, not for those above.
            if found.insert(name).inserted, let next = table[name] { open += next.imports.filter { table[$0] != nil } }
        }
        return found
    }

    private static func isCommon(_ module: String, in room: Room) -> Bool {
        if module == "Glibc" { return usesSystemCalls.contains(room.name) }
        return common.contains { $0.module == module && room.floor >= $0.floor }
    }

    static func imports(of file: SourceFile) -> [(line: Int, module: String)] {
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        return SwiftText.code(file.text).enumerated().compactMap { index, line in
            var words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard let position = words.firstIndex(of: "import") else { return nil }
            let before = words[..<position]
            guard
                before.allSatisfy({
                    $0.hasPrefix("@") || ["public", "package", "internal", "private", "fileprivate"].contains($0)
                })
            else { return nil }
            words.removeFirst(position + 1)
            if let kind = words.first, kinds.contains(kind) { words.removeFirst() }
            guard let module = words.first?.split(separator: ".").first else { return nil }
            return (index + 1, String(module))
        }
    }
}
