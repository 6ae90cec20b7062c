// What more members cost, in bars and in words.

import Foundation
import Report
import Results
import Testing

@Suite struct ScalingTextTests {
    @Test func aPowerLawIsReadOffItsPoints() throws {
        let law = try #require(PowerLaw([1, 3, 5, 7].map { (x: $0, y: 100 / $0) }))
        #expect(abs(law.exponent + 1) < 1e-9 && abs(law.scale - 100) < 1e-6 && law.worstFactor < 1 + 1e-9)
        let off = try #require(PowerLaw([(1, 100), (2, 55), (4, 25)]))
        #expect(abs(off.exponent + 1) < 0.01 && off.worstFactor > 1.03 && off.worstFactor < 1.1)
        #expect(PowerLaw([(1, 1), (2, 2)]) == nil && PowerLaw([(1, 1), (2, 0), (3, 1)]) == nil)
    }

    @Test func aReferenceHasBarsForEachSizeAndTarget() throws {
        let file = ExportSample.references.appendingPathComponent("write-only-1-3-5-beside-zookeeper.json")
        let text = ScalingText.text(try ResultFolder.read(file.path))
        #expect(text.contains("1 quorate   ████████████████████████████████████████ 641,872"), "\(text)")
        #expect(text.contains("5 zookeeper ▊ 12,772"), "\(text)")
        #expect(text.split(separator: "\n").count == 16, "\(text)")
        #expect(
            text.contains("quorate: Writes/s go as the members to the power of -0.82 (each point within 12 % of that)."),
            "\(text)")
        #expect(text.contains("(published for ZooKeeper with a machine each: 0.86)"), "\(text)")
    }

    @Test func oneSizeHasNothingToTell() throws {
        var document = try ExportSample.plain()
        document.cells.removeAll { $0.nodes != 1 }
        #expect(!document.cells.isEmpty && ScalingText.text(document).isEmpty)
    }
}
