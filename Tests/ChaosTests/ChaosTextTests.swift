// What a fault test tells of its gaps: those of faults that stood alone by kind, all others in sum, and what never came.

import Chaos
import Foundation
import Testing

@Suite struct ChaosTextTests {
    /// The report of a document with kills of the leader that made these gaps, in tenths of a second, of which the first `alone`
    /// were near to no other.
    private func report(_ gaps: [Int], alone: Int, neverStruck: String = "[]") throws -> String {
        let strikes = gaps.enumerated().map { place, gap in
            """
            {"at_ns": \(place * 1_000_000_000), "for_ns": 500000000, "fault": "kill", "role": "leader", "members": [1],
             "write_gap_ns": \(gap * 100_000_000)}
            """
        }
        let figures = "{\"count\": \(alone), \"p50_ns\": 100000000, \"p99_ns\": 300000000, \"max_ns\": 300000000}"
        let sums = alone > 0 ? "{\"fault\": \"kill\", \"role\": \"leader\", \"write_gap\": \(figures)}" : ""
        let document = """
            {"schema": "quorate.chaos/1", "members": 3, "seed": 1, "clients": 2, "duration_ns": 1, "requests": 4, "answered": 4,
             "acknowledged_writes": 4, "watch_events": 0, "connections": 2, "sessions_resumed": 0, "sessions_lost": 0,
             "faults": [\(strikes.joined(separator: ","))], "gaps": [\(sums)], "never_struck": \(neverStruck), "promises": [],
             "partial": false}
            """
        return ChaosText.report(try JSONDecoder().decode(ChaosResult.self, from: Data(document.utf8)))
    }

    @Test func whatIsInNoSumByKindIsInTheSumOfAll() throws {
        let text = try report([1, 3, 20], alone: 2)
        #expect(text.contains("kill of leader, 2 times: write gap p50 0.10 s, p99 0.30 s, longest 0.30 s\n"), "\(text)")
        #expect(
            text.contains("all faults, 3 times: write gap p50 0.30 s, p99 2.00 s, longest 2.00 s; those near to another"),
            "\(text)")
        #expect(!text.contains("Chance has drawn"))
    }

    @Test func whatWasAskedForAndNeverCameIsSaid() throws {
        let text = try report([1], alone: 1, neverStruck: "[\"full-disk\", \"one-way\"]")
        #expect(text.contains("kill of leader, 1 time: ") && !text.contains("all faults"), "\(text)")
        #expect(text.contains("Chance has drawn none of: full-disk, one-way."), "\(text)")
    }

    @Test func withoutFaultsNothingIsSummed() throws {
        #expect(try report([], alone: 0).hasPrefix("3 members, seed 1, 2 clients: "))
    }
}
