// What the admin port answers, path by path, from a snapshot made by hand.

import Server
import Testing

@Suite struct AdminAnswerTests {
    private func answer(_ path: String, serving: Bool = true, age: UInt64 = 0, _ fill: (inout MetricsSnapshot) -> Void = { _ in })
        -> AdminAnswer
    {
        var snapshot = MetricsSnapshot(takenAt: 1_000)
        snapshot.isServing = serving
        snapshot.mode = "follower"
        snapshot.reason = "no quorum answers"
        snapshot.monitor = [
            AdminField("version", .text("3.8.0")), AdminField("znode_count", .integer(5)),
            AdminField("avg_latency", .number(0.5)),
        ]
        fill(&snapshot)
        return AdminAnswer(path: path, commandURL: "/commands", snapshot: snapshot, now: 1_000 + age)
    }

    @Test func readinessFollowsTheQuorumAndLivenessTheLoop() {
        #expect(answer("/readyz") == AdminAnswer(body: "ready: follower\n"))
        #expect(answer("/readyz", serving: false) == AdminAnswer(status: 503, body: "not ready: no quorum answers\n"))
        #expect(answer("/livez", serving: false) == AdminAnswer(body: "live\n"))
        let old = AdminAnswer.stalledAfterNanoseconds + 1_000_000_000
        #expect(answer("/livez", age: old) == AdminAnswer(status: 503, body: "not live: the loop has not turned for 11 s\n"))
        #expect(answer("/readyz", age: old).status == 503)
    }

    @Test func histogramsAreSteadyAtMetricsAndFineBesideIt() {
        let fill: (inout MetricsSnapshot) -> Void = {
            $0.histogram("t", "T.", HistogramCounts(bounds: [0.003, 0.004], counts: [0, 1, 0], sum: 1), ladder: .seconds)
        }
        #expect(answer("/metrics", fill).body.contains("t_bucket{le=\"0.005\"} 1\n"))
        #expect(answer("/metrics/fine", fill).body.contains("t_bucket{le=\"0.004\"} 1\n"))
    }

    @Test func unknownPathsAreNotFound() {
        #expect(answer("/metricsx").status == 404)
        #expect(answer("/commandsx").status == 404)
        #expect(answer("/").status == 200)
    }

    @Test func commandsAnswerWithCommandAndErrorFirst() {
        #expect(answer("/commands/ruok").body == "{\n  \"command\" : \"ruok\",\n  \"error\" : null\n}\n")
        #expect(
            answer("/commands/mntr").body == """
                {
                  "command" : "monitor",
                  "error" : null,
                  "version" : "3.8.0",
                  "znode_count" : 5,
                  "avg_latency" : 0.5
                }

                """)
        #expect(answer("/commands/nonsense").body.contains("\"error\" : \"Unknown command: nonsense\""))
        #expect(answer("/commands/nonsense").status == 200)
    }

    @Test func aServerWithoutQuorumAnswersOnlyWhatNeedsNone() {
        let stats: (inout MetricsSnapshot) -> Void = { $0.commands["server_stats"] = [AdminField("node_count", .integer(5))] }
        #expect(answer("/commands/srvr", stats).body.contains("\"node_count\" : 5"))
        #expect(answer("/commands/srvr", serving: false, stats).body.contains("not currently serving requests"))
        #expect(!answer("/commands/srvr", serving: false, stats).body.contains("node_count"))
        #expect(answer("/commands/ruok", serving: false).body.contains("\"error\" : null"))
        #expect(answer("/commands/monitor", serving: false).body.contains("znode_count"))
    }

    @Test func theIndexLinksEveryCommand() {
        let index = answer("/commands") { $0.commands["leader"] = [] }
        #expect(index.contentType.hasPrefix("text/html"))
        #expect(index.body.contains("<a href=\"/commands/leader\">leader</a>"))
        #expect(index.body.contains("/commands/ruok"))
    }

    @Test func jsonQuotesWhatHasToBeQuoted() {
        let value = AdminValue.fields([
            AdminField("a\"b", .text("x\\y\n\u{01}")), AdminField("l", .list([.integer(1), .flag(true)])),
            AdminField("e", .list([])), AdminField("o", .fields([])), AdminField("n", .number(.nan)),
        ])
        #expect(
            value.json() == """
                {
                  "a\\"b" : "x\\\\y\\n\\u0001",
                  "l" : [
                    1,
                    true
                  ],
                  "e" : [ ],
                  "o" : { },
                  "n" : null
                }
                """)
    }
}
