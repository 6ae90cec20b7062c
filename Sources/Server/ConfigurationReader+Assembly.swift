// Makes the `ServerConfiguration` of the values that passed one by one, and checks what only shows across keys:
// `myid`, times, durability switches, faults. Members and quorums are in ConfigurationReader+Members.swift, where clients connect
// in ConfigurationReader+Clients.swift, TLS in ConfigurationReader+TLS.swift.

extension ConfigurationReader {
    /// The largest request that any member takes, whatever its file says.
    static let largestRequest = 16 << 20

    package mutating func assemble() throws(ConfigurationError) -> ServerConfiguration {
        let dataDir = requiredText("dataDir", remedy: "Write dataDir=DIRECTORY, where log and snapshots are kept.")
        let members = members()
        let myID = identity(in: dataDir, members: members)
        let me = members.first { $0.id == myID }
        judgePeerType(me)
        let client = clientAddress(me, members: members)
        let secure = secureClientPort(beside: client, me, members: members)
        let tick = integer("tickTime", 3000)
        let sessions = sessionTimeouts(tick: tick)
        let configuration = ServerConfiguration(
            file: file, dataDir: dataDir, dataLogDir: text("dataLogDir") ?? dataDir,
            clientPort: client.port, clientPortAddress: client.host, secureClientPort: secure,
            clientPortListenBacklog: positive(integer("clientPortListenBacklog", -1), else: 1024),
            myID: myID, members: members, standaloneEnabled: flag("standaloneEnabled", true),
            quorumListenOnAllIPs: flag("quorumListenOnAllIPs", false), quorumTLS: quorumTLS(members: members),
            allowsOpenKeys: flag("quorate.unsafe.openKeys", false),
            tickTimeMs: tick, initLimit: integer("initLimit", 10), syncLimit: integer("syncLimit", 5),
            minSessionTimeoutMs: sessions.least, maxSessionTimeoutMs: sessions.most,
            heartbeatMs: integer("quorate.heartbeatMs", 50), silenceMs: silence(),
            commitQuorum: commitQuorum(members: members), minCopies: integer("quorate.minCopies", 2),
            maxClientCnxns: integer("maxClientCnxns", 60), maxCnxns: integer("maxCnxns", 0),
            globalOutstandingLimit: integer("globalOutstandingLimit", 16384),
            maxConnectionRequests: integer("quorate.maxConnectionRequests", 4096),
            juteMaxBuffer: requestLimit(), maxReply: integer("quorate.maxReply", 64 << 20),
            maxBatchSize: integer("maxBatchSize", 4096), maxBatchBytes: integer("quorate.maxBatchKb", 1024) << 10,
            maxInFlightBatches: integer("quorate.maxInFlightBatches", 0),
            maxInFlightRequests: integer("quorate.maxInFlightRequests", 65536),
            maxInFlightBytes: integer("quorate.maxInFlightKb", 16384) << 10,
            dispatch: ServerConfiguration.Dispatch(rawValue: text("quorate.dispatch") ?? "stream") ?? .stream,
            lingerUs: linger(),
            reads: ServerConfiguration.Reads(rawValue: text("quorate.reads") ?? "sequential") ?? .sequential,
            segmentBytes: integer("quorate.segmentMb", 64) << 20,
            snapshotLogBytes: integer("quorate.snapshotLogMb", 256) << 20,
            snapshotMinutes: integer("quorate.snapshotMinutes", 10), snapCount: integer("snapCount", 0),
            scrubHours: integer("quorate.scrubHours", 24),
            snapshotSendShare: integer("quorate.snapshotSendShare", 50),
            snapshotSendBytes: integer("quorate.snapshotSendMb", 0) << 20,
            snapRetainCount: retained(), purges: integer("autopurge.purgeInterval", 1) != 0,
            maxLag: optionalInteger("quorate.maxLag"), flushes: flushes(),
            journal: ServerConfiguration.JournalDriver(rawValue: text("quorate.journal") ?? "threaded") ?? .threaded,
            flushMethod: ServerConfiguration.FlushMethod(rawValue: text("quorate.flushMethod") ?? "fdatasync") ?? .fdatasync,
            fourLetterWords: fourLetterWords(), admin: admin(), superDigest: superDigest(),
            faults: faults(clients: (client.port == nil ? [] : [client.host]) + (secure.map { [$0.address] } ?? [])),
            notices: [], warnings: [])
        judgeQuorums(configuration)
        if !problems.isEmpty { throw ConfigurationError(problems, warnings: warnings) }
        var complete = configuration
        complete.notices = notices.sorted { $0.line < $1.line }
        complete.warnings = warnings.sorted { $0.line < $1.line }
        complete.lines = values.mapValues(\.line)
        for entry in memberEntries + voteEntries { complete.lines[entry.key] = entry.line }
        return complete
    }

    // MARK: Identity

    /// This member's number from `myid`; a server on its own may do without the file.
    private mutating func identity(in dataDir: String, members: [ConfigurationMember]) -> Int {
        if dataDir.isEmpty { return 1 }
        let path = dataDir.hasSuffix("/") ? dataDir + "myid" : dataDir + "/myid"
        func refuse(_ line: Int, _ sentence: String, _ remedy: String) -> ConfigurationProblem {
            ConfigurationProblem(file: path, line: line, sentence, remedy: remedy)
        }
        let example = members.first?.id ?? 1
        let remedy = "Write this member's number into it: echo \(example) > \(path)"
        switch open(path) {
        case .missing:
            if memberEntries.isEmpty { return 1 }
            problems.append(refuse(0, "myid is missing, so this member does not know which server.N line is its own.", remedy))
        case .unreadable(let why), .unsuitable(let why):
            problems.append(refuse(0, "myid can't be read: \(why).", "Mend that, or write the file anew."))
        case .text(let text):
            let words = text.split(whereSeparator: \.isWhitespace)
            let number = words.joined(separator: " ")
            guard let id = Int(number), ConfigurationMember.ids.contains(id) else {
                problems.append(refuse(1, "'\(number.prefix(20))' is not a number from 1 to 254.", remedy))
                return 1
            }
            // A line that is there and wrong has been named already.
            if members.isEmpty || members.contains(where: { $0.id == id }) || hasLine(of: id) { return id }
            problems.append(
                refuse(
                    1, "\(file) has no line server.\(id).", "Add server.\(id)=HOST:2888:3888 there, or change the number here."))
        }
        return 1
    }

    private func hasLine(of id: Int) -> Bool { memberEntries.contains { $0.key == "server.\(id)" } }

    // MARK: Times

    private mutating func sessionTimeouts(tick: Int) -> (least: Int, most: Int) {
        let least = positive(integer("minSessionTimeout", -1), else: 2 * tick)
        let most = positive(integer("maxSessionTimeout", -1), else: 20 * tick)
        if least > most {
            let line = values["minSessionTimeout"]?.line ?? values["maxSessionTimeout"]?.line ?? 0
            fail(
                line, "The shortest session time-out, \(least) ms, is longer than the longest, \(most) ms.",
                remedy: "Make maxSessionTimeout at least \(least).")
        }
        return (least, most)
    }

    private mutating func silence() -> Int {
        let heartbeat = integer("quorate.heartbeatMs", 50)
        let silence = integer("quorate.silenceMs", 500)
        if silence < 4 * heartbeat {
            let line = values["quorate.silenceMs"]?.line ?? values["quorate.heartbeatMs"]?.line ?? 0
            fail(
                line,
                "quorate.silenceMs is \(silence), less than four heartbeats of \(heartbeat) ms: late ones would unseat leaders.",
                remedy: "Write quorate.silenceMs=\(4 * heartbeat) or more.")
        }
        return silence
    }

    /// Two units for one time: ZooKeeper's own key, and a finer one.
    private mutating func linger() -> Int {
        if let coarse = values["flushDelay"], values["quorate.lingerUs"] != nil {
            fail(
                coarse.line, "flushDelay and quorate.lingerUs are the same time, in milliseconds and in microseconds.",
                remedy: "Remove one of them.")
        }
        return integer("quorate.lingerUs", integer("flushDelay", 0) * 1_000)
    }

    // MARK: Durability, faults

    private mutating func flushes() -> Bool {
        let allowed = flag("quorate.unsafe.noFsync", false)
        guard text("forceSync") == "no" else {
            if allowed, let entry = values["quorate.unsafe.noFsync"] {
                notice(entry, "quorate.unsafe.noFsync only allows forceSync=no, which is not set: every write is flushed.")
            }
            return true
        }
        if !allowed {
            fail(
                values["forceSync"]?.line ?? 0, "forceSync=no would acknowledge writes that a power failure takes back.",
                remedy: "Remove the line, or add quorate.unsafe.noFsync=true if you mean it.")
        }
        return false
    }

    private mutating func faults(clients hosts: [String]) -> ServerConfiguration.Faults? {
        let faults = ServerConfiguration.Faults(
            flushDelayUs: integer("quorate.faults.flushDelayUs", 0), failFlushAfter: integer("quorate.faults.failFlushAfter", 0),
            hangSnapshots: flag("quorate.faults.hangSnapshots", false),
            cpuPerWriteNs: integer("quorate.faults.cpuPerWriteNs", 0), commitDelayUs: integer("quorate.faults.commitDelayUs", 0))
        if flag("quorate.faults", false) {
            if !hosts.allSatisfy(Self.isLoopback) {
                fail(
                    values["quorate.faults"]?.line ?? 0,
                    "quorate.faults=true lets this server be harmed, and its client port is open to other machines.",
                    remedy: "Write clientPortAddress=127.0.0.1 (secureClientPortAddress for TLS), or remove the line.")
            }
            return faults
        }
        for entry in values.values where entry.key.hasPrefix("quorate.faults.") {
            fail(
                entry.line, "\(entry.key) injects a fault, and faults are not armed.",
                remedy: "Add quorate.faults=true, or remove the line.")
        }
        return nil
    }

    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    // MARK: Limits and interfaces

    private mutating func requestLimit() -> Int {
        let limit = integer("jute.maxbuffer", 0xfffff)
        if limit > Self.largestRequest, let entry = values["jute.maxbuffer"] {
            notice(entry, "jute.maxbuffer is \(limit), but no member takes a request above 16 MiB.")
        }
        return min(limit, Self.largestRequest)
    }

    private mutating func retained() -> Int {
        let count = integer("autopurge.snapRetainCount", 3)
        if count < 3, let entry = values["autopurge.snapRetainCount"] {
            notice(entry, "autopurge.snapRetainCount is \(count), but 3 snapshots are always kept.")
        }
        return max(3, count)
    }

    private mutating func fourLetterWords() -> ServerConfiguration.FourLetterWords {
        guard let list = text("4lw.commands.whitelist") else { return .only(["srvr"]) }
        let words = list.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        return words.contains("*") ? .all : .only(Set(words.filter { !$0.isEmpty }))
    }

    private mutating func admin() -> ServerConfiguration.Admin {
        var url = text("admin.commandURL") ?? "/commands"
        if !url.hasPrefix("/") {
            fail(
                values["admin.commandURL"]?.line ?? 0, "admin.commandURL is '\(url)', not a path.",
                remedy: "Write admin.commandURL=/\(url).")
        }
        while url.hasSuffix("/") { url.removeLast() }
        return ServerConfiguration.Admin(
            enabled: flag("admin.enableServer", true), address: text("admin.serverAddress") ?? "0.0.0.0",
            port: UInt16(integer("admin.serverPort", 8080)), commandURL: url)
    }

    private mutating func superDigest() -> String? {
        let long = text("DigestAuthenticationProvider.superDigest")
        let short = text("superDigest")
        guard let digest = long ?? short else { return nil }
        let parts = digest.split(separator: ":", omittingEmptySubsequences: false)
        let letters = parts.last.map { $0.utf8.count } ?? 0
        // 20 bytes of SHA-1 are 28 letters of base64, the last of them '='.
        guard parts.count == 2, !parts[0].isEmpty, letters == 28, digest.hasSuffix("=") else {
            let key = long == nil ? "superDigest" : "DigestAuthenticationProvider.superDigest"
            fail(
                values[key]?.line ?? 0, "\(key) is not USER:DIGEST with the base64 of a SHA-1 digest.",
                remedy: "Make it with: printf '%s' super:PASSWORD | openssl sha1 -binary | base64")
            return nil
        }
        return digest
    }
}
