// Faults in workload files: what each key means, and what a wrong one is answered.

import Testing
import Workload

@Suite struct FaultReadingTests {
    private func faults(_ lines: String...) throws -> [Fault] {
        try read(smallWorkload.replacing("check:", with: "faults:\n" + lines.map { "  - \($0)\n" }.joined() + "check:")).faults
    }

    @Test func aTimelineNamesMomentsKindsAndRoles() throws {
        let found = try faults(
            "{at: 10s, fault: kill, role: leader, for: 2s}",
            "{at: 500ms, fault: delay, role: all, for: 1s, delay: 5ms, jitter: 1ms}",
            "{at: 3s, fault: one-way, role: 2, for: 1s, direction: in}", "{at: 4s, fault: partition, role: [1, 3], for: 1s}",
            "{at: 5s, fault: rate, role: follower, for: 1s, bytes_per_second: 4KiB}", "{at: 6s, fault: reset, role: all}",
            "{at: 7s, fault: kill-all, for: 1s}")
        #expect(found.map(\.kind) == [.kill, .delay, .oneWay, .partition, .rate, .reset, .killAll])
        #expect(found.map(\.role) == [.leader, .all, .members([2]), .members([1, 3]), .follower, .all, .all])
        #expect(found[0].at == 10_000_000_000 && found[0].nanoseconds == 2_000_000_000)
        #expect(found[1].delay == 5_000_000 && found[1].jitter == 1_000_000)
        #expect(found[2].direction == .in && found[4].bytesPerSecond == 4_096)
    }

    @Test func everyKindHasANameThatCanBeWritten() throws {
        for kind in FaultKind.allCases {
            let role = kind == .killAll ? "" : ", role: leader"
            let lasting = kind.isMomentary ? "" : ", for: 1s"
            #expect(try faults("{at: 1s, fault: \(kind.rawValue)\(role)\(lasting)}").map(\.kind) == [kind])
        }
    }

    @Test func aWorkloadWithoutFaultsHasNone() throws { #expect(try read(smallWorkload).faults.isEmpty) }

    @Test(arguments: [
        ("{fault: kill, role: leader, for: 2s}", "small.yaml:17: 'faults[0]' needs the key 'at'"),
        ("{at: 1s, fault: kil, role: leader, for: 2s}", "not 'kil'; did you mean 'kill'?"),
        ("{at: 1s, fault: kill, role: lead, for: 2s}", "'faults[0].role' must be leader, follower, all, not 'lead'"),
        ("{at: 1s, fault: kill, role: 0, for: 2s}", "'faults[0].role' must lie between 1 and 255, not 0"),
        ("{at: 1s, fault: kill, role: [], for: 2s}", "'faults[0].role' names nobody"),
        ("{at: 1s, fault: kill, role: [1, 1], for: 2s}", "member 1 stands twice in 'faults[0].role'"),
        ("{at: 1s, fault: kill, role: leader}", "'faults[0]' needs the key 'for'"),
        ("{at: 1s, fault: kill, for: 1s}", "'faults[0]' needs the key 'role'"),
        ("{at: 1s, fault: kill, role: leader, for: 0s}", "a fault lasts at least 1ms"),
        ("{at: 2m, fault: kill, role: leader, for: 2s}", "the fault lasts beyond the last phase, which ends after 120500ms"),
        ("{at: 1s, fault: reset, role: leader, for: 2s}", "'reset' happens at a moment; take 'for' out"),
        ("{at: 1s, fault: kill-all, role: leader, for: 2s}", "'kill-all' strikes all members; take 'role' out"),
        ("{at: 1s, fault: partition, role: all, for: 2s}", "'partition' cuts one member off from the others"),
        ("{at: 1s, fault: kill, role: leader, for: 2s, delay: 1ms}", "'kill' has no 'delay'; take it out"),
        ("{at: 1s, fault: delay, role: leader, for: 2s, delay: 2m}", "'delay' is at most 60s"),
        ("{at: 1s, fault: rate, role: leader, for: 2s, bytes_per_second: 1B}", "must lie between 1024B and"),
        ("{at: 1s, fault: one-way, role: 1, for: 2s, direction: up}", "'faults[0].direction' must be out, in, not 'up'"),
        ("{at: 1s, fautl: kill}", "unknown key 'fautl' in 'faults[0]'; did you mean 'fault'?"),
    ])
    func aWrongFaultIsRefusedByName(line: String, sentence: String) throws {
        let error = try #require(throws: WorkloadError.self) { try faults(line) }
        #expect("\(error)".contains(sentence), "\(error)")
    }
}
