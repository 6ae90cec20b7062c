// `quorate bench` with lists of values: a cell for each combination, told apart in document and table, and what is refused.

import Ensemble
import Foundation
import Results
import Testing

@Suite(.serialized) struct SweepToolTests {
    @Test func eachCombinationHasItsCell() throws {
        let tool = try Tool()
        let lists = ["--set", "payload.size=[100B, 1KiB]", "--set", "roles.pacer.arrivals.rate=[50/s, 100/s]"]
        let end = try tool.run(["\(tool.place)/tiny.yaml", "--nodes", "1", "--set", "phases.full.for=500ms"] + lists)
        // On a machine that stands still for a moment less may be carried than was due; everything else holds all the same.
        #expect(end == .exited(code: 0) || end == .exited(code: 5), "\(tool.output)")
        let document = try #require(try tool.documents.first)
        #expect(document.status == .complete && document.isSweep && document.workload.resolved.contains("100/s"))
        let found = document.cells.map { [$0.parameters?["payload.size"], $0.parameters?["roles.pacer.arrivals.rate"]] }
        // in the order of the document, whose end is where --set puts what was not there
        #expect(found == [["100B", "50/s"], ["1KiB", "50/s"], ["100B", "100/s"], ["1KiB", "100/s"]])
        let offered = document.rows.compactMap { $0.phases.first?.offeredPerSecond }
        #expect(offered.count == 4 && zip(offered, [50, 50, 100, 100]).allSatisfy { abs($0 - $1) <= 2 }, "\(offered)")
        #expect(document.cells.allSatisfy { $0.failure == nil && $0.failedChecks.isEmpty })
        // larger items are written to the log as such, with smaller deletes among them
        let bytes = document.cells.compactMap { $0.phases.first?.server?.bytesPerBatch }
        #expect(bytes.count == 4 && bytes[1] > bytes[0] + 200)
        #expect(tool.output.contains("members payload.size roles.pacer.arrivals.rate"))
        #expect(tool.output.contains("payload.size=1KiB, roles.pacer.arrivals.rate=100/s: Half of the writes"))
        #expect(ProcFile.names(in: tool.folders[0]).sorted() == ["logs-1-1", "logs-1-2", "logs-1-3", "logs-1-4", "result.json"])
        #expect(try tool.quorate(["export", "csv", tool.folders[0]]) == .exited(code: 64))
        #expect(tool.output.contains("tried lists of values, and has several cells of one size"), "\(tool.output)")
    }
}
