// A leader whose process stands still while the others go on: what waits in its socket when it wakes is answered with nothing
// stale where that was asked for.

import Ensemble
import Foundation
import Testing

@Suite(.serialized) struct PausedLeaderTests {
    enum Reading: CaseIterable {
        case plain, linearizable, sync
    }

    /// - Returns: how many reads found the newest value, an older one, and nothing.
    private func tries(_ count: Int, _ reading: Reading, _ ensemble: Ensemble) throws -> (fresh: Int, stale: Int, failed: Int) {
        var (fresh, stale, failed) = (0, 0, 0)
        for number in 1...count {
            #expect(RealEnsemble.agree(ensemble))
            let old = try RealEnsemble.leader(ensemble)
            let reader = try WireClient(port: old.ports.client, timeout: 20_000)
            if reading == .linearizable { try reader.authenticate("quorate", "reads=linearizable") }
            _ = try reader.create("/a", "0")
            old.pause()
            defer { old.resume() }
            let others = ensemble.members.filter { $0 !== old }
            var writer: WireClient?
            #expect(
                RealEnsemble.wait(seconds: 10) {
                    for other in others where writer == nil { writer = try? WireClient(port: other.ports.client) }
                    return writer != nil
                })
            #expect(try writer?.set("/a", "\(number)") == 0)
            // It is in the socket before the old leader has heard of anything.
            if reading == .sync { try reader.sendSync() }
            try reader.sendGet("/a")
            old.resume()
            do {
                if reading == .sync { try reader.takeAnswer() }
                if try reader.takeData() == "\(number)" { fresh += 1 } else { stale += 1 }
            } catch is WireFailure {
                failed += 1
            }
        }
        return (fresh, stale, failed)
    }

    @Test(
        "Rules R1, R2, R4: a leader that was stopped answers no stale read to who asked for fresh ones",
        arguments: Reading.allCases)
    func stopped(_ reading: Reading) throws {
        try RealEnsemble.with(3) { ensemble in
            let found = try tries(reading == .plain ? 4 : 8, reading, ensemble)
            print("\(reading) reads at a stopped leader: \(found)")
            if reading == .plain { return }
            #expect(found.stale == 0)
            #expect(found.fresh + found.failed == 8)
        }
    }
}
