// What ensembles can carry, as a terminal shows it: a rate with its interval, and each way in which there is none.

import Report
import Results
import Testing

@Suite struct CapacityTableTests {
    private func document(_ sizes: [CapacitySize]) -> CapacityDocument {
        var document = CapacityDocument(
            started: "2026-11-28T00:00:00Z", command: ["capacity"],
            environment: ResultEnvironment(
                cpus: 2,
                filesystem: ResultFilesystem(kind: "ext4", device: nil, options: nil, inMemory: false, availableBytes: nil)),
            workload: ResultWorkload(name: "gate", file: "gate.yaml", seed: 1, resolved: "", overrides: []),
            target: ResultTarget(version: nil, program: nil, tls: true, nodes: sizes.map(\.nodes), settings: []),
            objective: "p99<=10ms", windowNanoseconds: 3_000_000_000)
        document.sizes = sizes
        return document
    }

    private var three: CapacitySize {
        var size = CapacitySize(nodes: 3, outcome: .found)
        size.rate = ResultInterval(median: 12_345, low: 11_900, high: 12_800, confidence: 0.95, samples: 24)
        size.bound = .machine
        size.boundReason = "all processors were busy for 97 %: members 80 %"
        size.failuresTolerated = 1
        size.rateOneDown = ResultInterval(median: 14_000, low: 13_500, high: 14_600, confidence: 0.95, samples: 14)
        size.secondsToRollOver = 350_000
        size.logBytesPerDay = 2.5e11
        return size
    }

    @Test func aRateThatWasFound() {
        let text = CapacityTable.text(document([three]))
        #expect(
            text == """
                members │ requests/s │             95 % │ bound by │ may fail │ one down │ zxids last │ log/day
                ────────┼────────────┼──────────────────┼──────────┼──────────┼──────────┼────────────┼────────
                      3 │     12,345 │ [11,900, 12,800] │  machine │        1 │   14,000 │     4.05 d │  250 GB

                With 3 members, half of the windows of 3.00 s keep p99<=10ms at 12,345 requests/s [11,900, 12,800]; bound by \
                this machine's processors: all processors were busy for 97 %: members 80 %. \
                With one follower down it is 14,000 [13,500, 14,600].
                """)
    }

    @Test func whereThereIsNone() {
        var unmet = CapacitySize(nodes: 1, outcome: .unmet)
        var window = CapacityWindow(offeredPerSecond: 250, answeredPerSecond: 250, stage: "climb", writesPerSecond: 250)
        window.reason = "p99 was 20.0 ms"
        unmet.windows = [window]
        var generator = CapacitySize(nodes: 3, outcome: .generator)
        (generator.heldPerSecond, generator.bound) = (64_000, .generator)
        var unbounded = CapacitySize(nodes: 5, outcome: .unbounded)
        unbounded.heldPerSecond = 1_000
        var failed = CapacitySize(nodes: 7, outcome: .failed)
        failed.failure = "Member 1 ended."
        var whole = document([unmet, generator, unbounded, failed, CapacitySize(nodes: 9, outcome: .partial)])
        whole.marks = [ResultMark(.disturbed, "Something else ran.")]
        let text = CapacityTable.text(whole)
        #expect(text.contains("With 1 member, not even 250 requests/s keep p99<=10ms (p99 was 20.0 ms)."), "\(text)")
        #expect(text.contains("With 3 members, bounded by the generator: 64,000 requests/s kept p99<=10ms"), "\(text)")
        #expect(text.contains("With 5 members, 1,000 requests/s kept p99<=10ms, the highest rate that --to allows."))
        #expect(text.contains("With 7 members: Member 1 ended.\nWith 9 members the search was ended early."))
        #expect(text.hasSuffix("Mind (disturbed): Something else ran."))
    }
}
