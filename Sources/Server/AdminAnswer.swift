// What the admin port answers to a path: a pure function of the path and the newest snapshot, without sockets.
// ZooKeeper's admin server answers 200 to every command, errors included, with `command` and `error` in the body; so does this.

package struct AdminAnswer: Hashable, Sendable {
    package let status: Int
    package let contentType: String
    package let body: String

    /// A loop that has published nothing for so long does not turn any more.
    package static let stalledAfterNanoseconds: UInt64 = 10_000_000_000

    package init(status: Int = 200, contentType: String = "text/plain; charset=utf-8", body: String) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// - Parameters:
    ///   - path: as requested, without query.
    ///   - commandURL: where the commands are, without a slash at its end.
    package init(path: String, commandURL: String, snapshot: MetricsSnapshot, now: UInt64) {
        let silence = now > snapshot.takenAt ? now - snapshot.takenAt : 0
        let isStalled = silence > Self.stalledAfterNanoseconds
        let stall = "the loop has not turned for \(silence / 1_000_000_000) s"
        switch path {
        case "/metrics":
            self.init(contentType: PrometheusText.contentType, body: PrometheusText.write(snapshot))
        case "/metrics/fine":
            self.init(contentType: PrometheusText.contentType, body: PrometheusText.write(snapshot, .fine))
        case "/livez":
            self.init(status: isStalled ? 503 : 200, body: isStalled ? "not live: \(stall)\n" : "live\n")
        case "/readyz":
            let isReady = snapshot.isServing && !isStalled
            let reason = isStalled ? stall : snapshot.reason
            self.init(status: isReady ? 200 : 503, body: isReady ? "ready: \(snapshot.mode)\n" : "not ready: \(reason)\n")
        case "/":
            self.init(body: "Quorate: /metrics, /metrics/fine, /livez, /readyz, \(commandURL)\n")
        case _ where path == commandURL || path == commandURL + "/":
            self.init(contentType: "text/html; charset=utf-8", body: Self.index(commandURL, snapshot))
        case _ where path.hasPrefix(commandURL + "/"):
            let name = path.dropFirst(commandURL.utf8.count + 1)
            self.init(contentType: "application/json", body: Self.command(String(name), snapshot))
        default:
            self.init(status: 404, body: "There is nothing at \(path); try /metrics, /livez, /readyz or \(commandURL).\n")
        }
    }

    private static let notServing = "This ZooKeeper instance is not currently serving requests"

    /// The four-letter words that stand for a command's name.
    private static let aliases = [
        "conf": "configuration", "config": "configuration", "cons": "connections", "dump": "dump", "env": "environment",
        "envi": "environment", "hash": "hash", "icfg": "initial_configuration", "isro": "is_read_only", "lead": "leader",
        "lsnp": "last_snapshot", "mntr": "monitor", "obsr": "observers", "srvr": "server_stats", "stat": "stats",
        "sysp": "system_properties", "wchc": "watches", "wchp": "watches_by_path", "wchs": "watch_summary",
    ]

    /// Answered by a server without a quorum, too.
    private static let alwaysAnswered: Set<String> = [
        "configuration", "environment", "monitor", "system_properties", "zabstate", "ruok",
    ]

    private static func command(_ name: String, _ snapshot: MetricsSnapshot) -> String {
        let name = aliases[name] ?? name
        var fields = [AdminField("command", .text(name))]
        guard let answer = fieldsOf(name, snapshot) else {
            fields.append(AdminField("error", .text("Unknown command: \(name)")))
            return AdminValue.fields(fields).json() + "\n"
        }
        if !snapshot.isServing && !alwaysAnswered.contains(name) {
            fields.append(AdminField("error", .text(notServing)))
        } else {
            fields.append(AdminField("error", .none))
            fields += answer
        }
        return AdminValue.fields(fields).json() + "\n"
    }

    private static func fieldsOf(_ name: String, _ snapshot: MetricsSnapshot) -> [AdminField]? {
        switch name {
        case "ruok": []
        case "monitor": snapshot.monitor
        case "is_read_only": [AdminField("read_only", .flag(false))]
        default: snapshot.commands[name]
        }
    }

    private static func index(_ commandURL: String, _ snapshot: MetricsSnapshot) -> String {
        let names = Set(snapshot.commands.keys).union(["ruok", "monitor", "is_read_only"]).sorted()
        return names.map { "<a href=\"\(commandURL)/\($0)\">\($0)</a><br/>\n" }.joined()
    }
}
