// The check of histories finds what it is there for: a clean run's history is spoilt in one place, and must be objected to.

import Batch
import Histories
import Simulator
import Testing

@Suite struct HistoryCheckTests {
    private static func cleanRun() -> Simulation {
        var swarm = Swarm(seed: 12)
        (swarm.members, swarm.reads, swarm.keys) = (3, 50, 3)
        let run = Simulation(seed: 12, swarm: swarm, plan: FaultPlan(faults: []))
        run.run()
        return run
    }

    private let clean = HistoryCheckTests.cleanRun()

    private func places(_ isMeant: (Operation) -> Bool) -> [Int] {
        clean.history.operations.indices.filter {
            clean.history.operations[$0].isAnswered && isMeant(clean.history.operations[$0])
        }
    }

    private func expectObjection(_ spoil: (inout History) -> Void) {
        var history = clean.history
        spoil(&history)
        #expect(!clean.objections(to: history).isEmpty)
    }

    @Test func aCleanRunHasNone() {
        #expect(clean.breaches.isEmpty && clean.objections(to: clean.history).isEmpty)
    }

    @Test func aStaleReadIsFound() throws {
        let place = try #require(places { $0.found != nil }.last)
        expectObjection { $0.operations[place].found! += 1 }
        expectObjection { $0.operations[place].version += 1 }
    }

    @Test func aWrongAnswerToAWriteIsFound() throws {
        let place = try #require(places { if case .set = $0.kind { $0.error == 0 } else { false } }.last)
        expectObjection { $0.operations[place].version += 1 }
        expectObjection { $0.operations[place].error = -101 }
        let made = try #require(places { $0.created.hasPrefix("/k") }.last)
        expectObjection { $0.operations[made].created += "x" }
    }

    @Test func aLostWriteIsFound() throws {
        let place = try #require(places(\.isWrite).last)
        expectObjection { $0.operations[place].zxid = $0.operations[place].zxid.advanced(by: 1_000) }
        expectObjection { $0.operations[place].xid += 1 }
    }

    /// A write that was over stands behind one that was asked for later.
    @Test func aWriteOutOfRealTimeIsFound() throws {
        let writes = places(\.isWrite)
        let (first, last) = (try #require(writes.first), try #require(writes.last))
        expectObjection {
            $0.operations[first].invoked = $0.operations[last].completed + 1
            $0.operations[first].completed = $0.operations[last].completed + 2
        }
    }

    /// What a plain read may, a linearizable one may not.
    @Test func anOldReadIsFoundWhereAFreshOneWasAsked() throws {
        #expect(!places(\.isConfirmed).isEmpty)
        let last = try #require(places(\.isWrite).last)
        let read = try #require(places { $0.kind == .get(watch: false) && $0.zxid < clean.history.operations[last].zxid }.first)
        for isConfirmed in [false, true] {
            var history = clean.history
            history.operations[read].isConfirmed = isConfirmed
            history.operations[read].invoked = history.operations[last].completed + 1
            history.operations[read].completed = history.operations[last].completed + 2
            #expect(clean.objections(to: history).isEmpty == !isConfirmed)
        }
    }

    @Test func aLostAndADoubledEventAreFound() throws {
        #expect(!clean.history.events.isEmpty)
        for place in clean.history.events.indices.prefix(5) {
            expectObjection { $0.events.insert($0.events[place], at: place) }
        }
        let lost = clean.history.events.indices.count { place in
            var history = clean.history
            history.events.remove(at: place)
            return !clean.objections(to: history).isEmpty
        }
        // The last event of a connection may be missed by nobody: no answer came behind it.
        #expect(lost > clean.history.events.count / 2)
    }
}
