// Starting fails with the place and the cause named, and never leaves a process behind.

import Ensemble
import Foundation
import Testing

@Suite struct EnsembleStartTests {
    private func order(_ place: TestPlace, nodes: Int = 2, _ command: MemberCommand) -> EnsembleOrder {
        EnsembleOrder(nodes: nodes, directory: place.path, logDirectory: place.path, command: command)
    }

    /// Process ids that the scripts have written.
    private func pids(_ place: TestPlace, nodes: Int = 2) -> [Int32] {
        (1...nodes).compactMap { Int32(place.read("member-\($0)/pid").trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    @Test func aMemberThatEndsAtOnceIsNamedWithItsLastLines() throws {
        let place = try TestPlace("start")
        let command = place.shell("echo no such key >&2; exit 64")
        let error = #expect(throws: EnsembleError.self) { try Ensemble.start(order(place, command)) }
        #expect(error?.cause == .notServing)
        #expect(error?.description.contains("ended at its start with exit code 64") == true)
        #expect(error?.description.hasSuffix("no such key") == true)
    }

    @Test func aMemberThatNeverServesIsGivenUpAndEnded() throws {
        let place = try TestPlace("start")
        let command = place.shell("echo $$ > ${1%/*}/pid; echo waiting; exec sleep 1000")
        let error = #expect(throws: EnsembleError.self) {
            try Ensemble.start(order(place, command), limitNanoseconds: 300_000_000)
        }
        #expect(error?.description.contains("Of 2 members, 1, 2 did not serve within 0 s") == true)
        #expect(error?.description.hasSuffix("waiting") == true)
        #expect(pids(place).count == 2)
        #expect(eventually { pids(place).allSatisfy { !isAlive($0) } })
    }

    @Test func aStartCanBeEnded() throws {
        let place = try TestPlace("start")
        let command = place.shell("echo $$ > ${1%/*}/pid; exec sleep 1000")
        let error = #expect(throws: EnsembleError.self) {
            try Ensemble.start(order(place, command), isCancelled: { pids(place).count == 2 })
        }
        #expect(error?.cause == .interrupted)
        #expect(eventually { pids(place).allSatisfy { !isAlive($0) } })
    }

    @Test(arguments: [0, 16]) func onlySensibleSizesAreStarted(nodes: Int) throws {
        let place = try TestPlace("start")
        let error = #expect(throws: EnsembleError.self) { try Ensemble.start(order(place, nodes: nodes, place.shell("true"))) }
        #expect(error?.description == "An ensemble has 1 to 15 members, not \(nodes).")
    }
}
