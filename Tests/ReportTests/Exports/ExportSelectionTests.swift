// Which distribution a format with a single one takes: that of the tables, or what was named; and what it says if there is none.

import Foundation
import Report
import Results
import Testing

@Suite struct ExportSelectionTests {
    private func exported(_ change: (inout ExportSelection) -> Void) throws -> Exported {
        var options = ExportOptions()
        change(&options.selection)
        return try ExportFormat.hgrm.export(ExportSample.rich(), options)
    }

    @Test func whatTheTablesShowIsTaken() throws {
        let commit = try ExportSample.rich().cells[0].phases[1].commit
        let exported = try exported { _ in }
        #expect(exported.remarks.first?.hasSuffix("phase 'paced', 1 member of quorate.") == true)
        #expect(exported.text.contains("Total count    = \(String(repeating: " ", count: 11))\(commit!.count)]"))
    }

    @Test func whatIsNamedIsTaken() throws {
        #expect(try exported { $0.nodes = 3 }.remarks.first?.hasSuffix("3 members of quorate.") == true)
        #expect(try exported { $0.target = "zookeeper" }.remarks.first?.hasSuffix("1 member of zookeeper.") == true)
        let named = try exported { ($0.phase, $0.role, $0.op) = ("full", "worker", "enqueue") }
        #expect(named.remarks.first == "The table is of enqueue of worker, phase 'full', 1 member of quorate.")
    }

    @Test func whatIsNotThereIsSaidWithWhatIs() throws {
        func sentence(_ change: (inout ExportSelection) -> Void) -> String {
            do { return try "no error, but \(exported(change).remarks)" } catch { return "\(error)" }
        }
        let id = "2026-11-24T01-04-58Z-task-dispatch"
        #expect(sentence { $0.nodes = 7 } == "--nodes: '\(id)' has no size '7', but 1, 3.")
        #expect(sentence { $0.target = "etcd" } == "--target: '\(id)' has no target 'etcd', but quorate, zookeeper.")
        #expect(sentence { $0.phase = "warm" } == "--phase: '\(id)' has no recorded phase 'warm', but paced, full.")
        #expect(sentence { $0.role = "x" }.hasPrefix("--role: '\(id)' has no role with answers 'x', but "))
        #expect(sentence { $0.op = "get" }.hasPrefix("--op: '\(id)' has no operation with answers 'get', but "))
    }
}
