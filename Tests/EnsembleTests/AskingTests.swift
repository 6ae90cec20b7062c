// What members answer is read as it is: status, monitor lines, HTTP bodies, metrics and what histograms of them say.

import Ensemble
import Testing

@Suite struct AskingTests {
    @Test func statusOfALeader() throws {
        let text = """
            Zookeeper version: 3.9.5-quorate-0.1.0, built on 2026-11-23 00:00 UTC
            Latency min/avg/max: 0/0.5/12
            Zxid: 0x1a00000003
            Mode: leader
            Node count: 5
            Proposal sizes last/min/max: 32/32/164

            """
        let status = try #require(MemberStatus(srvr: text))
        #expect(status.role == .leader && status.isLeading)
        #expect(status.zxid == 0x1a_0000_0003)
        #expect(status.version == "3.9.5-quorate-0.1.0, built on 2026-11-23 00:00 UTC")
    }

    @Test func whoeverDoesNotServeHasNoStatus() {
        #expect(MemberStatus(srvr: "This ZooKeeper instance is not currently serving requests\n") == nil)
        #expect(MemberStatus(srvr: "Zxid: 0x0\nMode: sleeping\n") == nil)
        #expect(MemberStatus(srvr: "Mode: follower\nZxid: none\n") == nil)
        #expect(MemberStatus(srvr: "") == nil)
    }

    @Test func monitorLines() {
        let lines = MemberStatus.monitorLines("zk_version\t3.9.5 x\nzk_digest\t18446744073709551615\nno tab\n")
        #expect(lines == ["zk_version": "3.9.5 x", "zk_digest": "18446744073709551615"])
    }

    @Test func bodiesOfHTTP() {
        func body(_ text: String) -> String? { Asking.body(of: Array(text.utf8)) }
        #expect(body("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc") == "abc")
        #expect(body("HTTP/1.1 503 Service Unavailable\r\n\r\nabc") == nil)
        #expect(body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n") == "abcde")
        #expect(body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc") == nil)
        #expect(body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\nabc") == nil)
        #expect(body("HTTP/1.1 200 OK") == nil)
        #expect(body("") == nil)
    }

    private let text = """
        # HELP quorate_stage_seconds Time.
        # TYPE quorate_stage_seconds histogram
        quorate_stage_seconds_bucket{stage="quorum",le="0.001"} 10
        quorate_stage_seconds_bucket{stage="quorum",le="0.002"} 30
        quorate_stage_seconds_bucket{stage="quorum",le="+Inf"} 40
        quorate_stage_seconds_sum{stage="quorum"} 0.08
        quorate_stage_seconds_count{stage="quorum"} 40
        quorate_flushes_total 17
        odd{text="a\\"b\\\\c\\nd",other="}"} 1.5 1700000000
        broken{text="
        nonsense

        """

    @Test func samplesAndLabels() {
        let metrics = MetricsText(text)
        #expect(metrics.value("quorate_flushes_total") == 17)
        #expect(metrics.samples("odd").map(\.labels) == [["text": "a\"b\\c\nd", "other": "}"]])
        #expect(metrics.samples("odd").map(\.value) == [1.5])
        #expect(metrics.samples("broken").isEmpty)
        #expect(metrics.value("absent") == nil)
    }

    @Test func histogramsAndTheirDifferences() throws {
        let later = try #require(MetricsText(text).histogram("quorate_stage_seconds", labels: ["stage": "quorum"]))
        #expect(MetricsText(text).histogram("quorate_stage_seconds", labels: ["stage": "applied"]) == nil)
        #expect(later.count == 40 && later.mean == 0.002)
        #expect(later.quantile(0.25) == 0.001)
        #expect(later.quantile(0.5) == 0.0015)
        #expect(later.quantile(0.99) == nil, "beyond the last finite bound nothing is known")
        let earlier = MetricsHistogram(bounds: [0.001, .infinity], cumulative: [10, 10], sum: 0.005)
        let between = try #require(later.minus(earlier))
        #expect(between.cumulative == [0, 20, 30])
        #expect(between.quantile(0.5) == 0.00175)
        #expect(earlier.minus(later) == nil, "a restarted member counts from zero")
        #expect(later.plus(later).count == 80)
        let both = later.plus(earlier)
        #expect(both.bounds == later.bounds && both.cumulative == zip(later.cumulative, [10, 10, 10]).map { $0 + $1 })
    }
}
