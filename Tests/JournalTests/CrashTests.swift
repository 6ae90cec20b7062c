// Loss of power at any call of the disk, with any subset of what was not flushed surviving (fault matrix rows 1 to 3, 26, 46).

import Batch
import Journal
import Testing

@Suite("Loss of power")
struct CrashTests {
    @Test("random commands, random deaths: what was reported done is there, nothing else is")
    func randomDeaths() throws {
        var tally: [String: Int] = [:]
        for seed in 0..<300 as Range<UInt64> {
            let run = CrashRun(seed: seed)
            try run.run(rounds: 12)
            tally.merge(run.tally, uniquingKeysWith: +)
        }
        // Every kind of command and of start was met often.
        for what in ["append", "epochs", "truncate", "snapshot", "install", "torn", "started from a snapshot"] {
            #expect(tally[what, default: 0] > 100, "\(what): \(tally[what, default: 0])")
        }
    }
}
