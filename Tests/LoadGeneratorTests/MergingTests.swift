// Tests that nothing is forgotten when reports of several generators are put together: every number of a report must change by
// what another part adds to it, so that a new field that nobody adds up shows here.

import Foundation
import LoadGenerator
import Statistics
import Testing

@Suite struct MergingTests {
    /// What is the same in all parts of one load, or says how numbers are written.
    private static let common: Set = [
        "seed", "startedNanoseconds", "startNanoseconds", "second", "isRecorded", "isOpenLoop", "unit_ns", "significant_digits",
        "min_ns", "steps", "from", "to",
    ]
    /// Kept by one part, or made anew of what the parts have beside their reports.
    private static let apart: Set = ["queues", "sets", "locks", "topics", "checks", "writeGaps", "writeGapSeries"]

    private static func histogram(_ values: [UInt64]) throws -> String {
        var times = LatencyHistogram()
        for value in values { times.record(value) }
        return String(decoding: try JSONEncoder().encode(times), as: UTF8.self)
    }

    /// A part in which every count is `number`, and every time among `values`.
    private static func part(_ number: Int, wall: Int, values: [UInt64], isInterrupted: Bool) throws -> PartReport {
        let text = report.replacing("WALL", with: "\(wall)").replacing("NUMBER", with: "\(number)")
            .replacing("INTERRUPTED", with: "\(isInterrupted)").replacing("TIMES", with: try histogram(values))
        let report = try JSONDecoder().decode(LoadReport.self, from: Data(text.utf8))
        var remains = PartRemains()
        remains.handshaking = [Stretch(start: 0, end: UInt64(number))]
        var times = LatencyHistogram()
        for value in values { times.record(value) }
        remains.seconds = [SecondTimes(role: "writer", kind: .dispatch, label: "priority_1", second: 0, times: times)]
        return PartReport(report: report, remains: remains)
    }

    private static let report = """
        {"workloadName": "w", "seed": 1, "hosts": ["h:1"], "startedWallNanoseconds": WALL, "startedNanoseconds": 7,
        "phases": [{"name": "steady", "isRecorded": true, "startNanoseconds": 0, "durationNanoseconds": NUMBER,
          "generatorCPUByPart": [NUMBER], "operations": [{"role": "writer", "kind": "dispatch", "label": "priority_1",
            "isOpenLoop": true, "offered": NUMBER, "sent": NUMBER, "acknowledged": NUMBER, "answeredInside": NUMBER,
            "errors": {"no_node": NUMBER}, "unknown": NUMBER, "notSent": NUMBER, "unanswered": NUMBER, "response": TIMES,
            "service": TIMES, "slip": TIMES, "series": [{"second": 0, "count": NUMBER, "errors": NUMBER, "p50": NUMBER,
              "p99": NUMBER, "max": NUMBER}]}]}],
        "anomalies": {"swapped": NUMBER, "lost": NUMBER, "doubled": NUMBER, "stray": NUMBER, "malformed": NUMBER,
          "wrongContent": NUMBER, "wrongError": NUMBER, "zxidBack": NUMBER, "missedWatch": NUMBER, "unanswered": NUMBER},
        "silences": {"count": NUMBER, "longestNanoseconds": NUMBER},
        "sessions": {"opened": NUMBER, "resumed": NUMBER, "expired": NUMBER, "connectionsLost": NUMBER,
          "connectFailures": NUMBER},
        "handshakes": {"done": NUMBER, "failed": NUMBER, "busyNanoseconds": NUMBER, "response": TIMES},
        "reconnects": [{"phase": "steady", "cut": NUMBER, "back": NUMBER, "lastNanoseconds": NUMBER, "response": TIMES}],
        "queues": {"enqueued": NUMBER, "taken": NUMBER, "takenUnseen": NUMBER, "lost": NUMBER, "doubled": NUMBER,
          "reordered": NUMBER, "unknownEnqueues": NUMBER, "unknownEnqueuesTaken": NUMBER, "refusedButTaken": NUMBER,
          "damaged": NUMBER, "missed": NUMBER, "early": NUMBER, "foreign": NUMBER, "isDrained": true,
          "drainNanoseconds": NUMBER},
        "sets": {"acknowledged": NUMBER, "znodes": NUMBER, "verified": NUMBER, "stale": NUMBER, "lost": NUMBER},
        "locks": {"acquired": NUMBER, "heldByTwo": 0, "givenUp": NUMBER, "vanished": 0, "recovered": NUMBER,
          "ghosts": NUMBER, "unfinished": NUMBER},
        "topics": {"subscribers": NUMBER, "published": NUMBER, "delivered": NUMBER, "missed": NUMBER, "lost": NUMBER,
          "doubled": NUMBER, "reordered": NUMBER, "unknownPublishes": NUMBER, "unknownPublishesRead": NUMBER,
          "refusedButRead": NUMBER, "vanished": NUMBER, "damaged": NUMBER, "foreign": NUMBER, "isDrained": true,
          "drainNanoseconds": NUMBER},
        "checks": [], "writeGaps": [], "writeGapSeries": [],
        "bins": {"writes": [NUMBER], "worst": [NUMBER]},
        "stretches": [{"place": "during", "from": 1, "to": 2, "response": TIMES}],
        "generator": {"processes": NUMBER, "cpuNanoseconds": NUMBER, "wallNanoseconds": NUMBER, "turns": NUMBER,
          "requests": NUMBER, "bytesSent": NUMBER, "bytesReceived": NUMBER},
        "isInterrupted": INTERRUPTED}
        """

    /// Numbers and truth values of a value by where they stand.
    private static func leaves(_ value: some Encodable) throws -> [String: String] {
        var found: [String: String] = [:]
        func visit(_ json: Any, _ path: [String]) {
            if let object = json as? [String: Any] {
                for (key, value) in object where !(path.isEmpty && apart.contains(key)) { visit(value, path + [key]) }
            } else if let list = json as? [Any] {
                for (index, value) in list.enumerated() { visit(value, path + ["\(index)"]) }
            } else if !(json is String) {
                found[path.joined(separator: ".")] = "\(json)"
            }
        }
        visit(try JSONSerialization.jsonObject(with: JSONEncoder().encode(value)), [])
        return found.filter { leaf in !leaf.key.split(separator: ".").contains { common.contains(String($0)) } }
    }

    /// Places of what is nil in a value, or holds nothing to compare.
    private static func missing(_ value: Any, _ path: String = "") -> [String] {
        if value is LatencyHistogram || value is String { return [] }
        let mirror = Mirror(reflecting: value)
        if mirror.children.isEmpty, mirror.displayStyle == .optional || mirror.displayStyle == .collection { return [path] }
        return mirror.children.enumerated().flatMap { missing($1.value, "\(path).\($1.label ?? "\($0)")") }
    }

    @Test func everyNumberOfAReportIsPutTogether() throws {
        let left = try Self.part(3, wall: 9, values: [3_000_000], isInterrupted: false)
        let right = try Self.part(5, wall: 4, values: [5_000_000, 5_000_000], isInterrupted: true)
        #expect(
            Self.missing(right.report) == [
                ".phases.0.steadiness", ".replay", ".recording", ".checks", ".writeGaps", ".writeGapSeries",
            ],
            "the sample above lacks what is named here; who plays a trace, records or waits for a steady state is one generator")
        let whole = LoadReport.merged([left, right], of: try setWorkload(arrivals: "closed"))
        let (before, after) = (try Self.leaves(left.report), try Self.leaves(whole))
        #expect(before.count > 50)
        for (place, value) in before where !place.contains("generatorCPUByPart") {
            #expect(after[place] != nil && after[place] != value, "\(place) is that of the first part: LoadReport+Merging.swift")
        }
        #expect(whole.phases[0].generatorCPUByPart == [3, 5])
        #expect(whole.sessions.opened == 8 && whole.silences.longestNanoseconds == 5 && whole.isInterrupted)
        #expect(whole.handshakes?.busyNanoseconds == 5 && whole.handshakes?.done == 8 && whole.handshakes?.response.count == 3)
        #expect(whole.reconnects.map(\.back) == [8] && whole.reconnects[0].lastNanoseconds == 5)
        #expect(whole.startedWallNanoseconds == 4 && whole.generator.processes == 8)
    }

    @Test func booksOfOnePartStandForAll() throws {
        var left = try Self.part(3, wall: 9, values: [3_000_000], isInterrupted: false)
        let right = try Self.part(5, wall: 4, values: [5_000_000], isInterrupted: false)
        (left.report.queues, left.report.locks, left.report.topics) = (nil, nil, nil)
        (left.report.handshakes, left.report.reconnects) = (nil, [])
        let whole = LoadReport.merged([left, right], of: try setWorkload(arrivals: "closed"))
        #expect(whole.queues == right.report.queues && whole.locks == right.report.locks && whole.topics == right.report.topics)
        #expect(whole.handshakes?.done == 5 && whole.reconnects.map(\.cut) == [5])
    }

    @Test func timesThatLieOverEachOtherCountOnce() {
        func any(_ pairs: [(UInt64, UInt64)]) -> UInt64 {
            Stretch.nanosecondsOfAny(pairs.map { Stretch(start: $0.0, end: $0.1) })
        }
        #expect(any([]) == 0)
        #expect(any([(10, 20), (15, 25), (40, 41)]) == 16)
        #expect(any([(12, 14), (10, 20)]) == 10)
    }
}
