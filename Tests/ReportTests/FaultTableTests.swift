// Response times before, during and after faults, for a terminal.

import Report
import Results
import Statistics
import Testing

@Suite struct FaultTableTests {
    private func stretch(_ place: String, _ faults: [String], _ from: UInt64, _ to: UInt64, _ times: [UInt64], silent: Int?)
        -> ResultFaultStretch
    {
        var histogram = LatencyHistogram()
        for time in times { histogram.record(time * 1_000_000) }
        return ResultFaultStretch(
            place: place, faults: faults, fromNanoseconds: from * 1_000_000_000, toNanoseconds: to * 1_000_000_000,
            response: LatencyFigures(histogram), silentBins: silent)
    }

    @Test func eachStretchHasARow() throws {
        var document = try ExportSample.plain()
        #expect(FaultTable.text(document).isEmpty)
        document.cells[0].stretches = [
            stretch("before", [], 2, 4, [1, 2, 3, 4], silent: 0), stretch("during", ["kill", "delay"], 4, 5, [], silent: 100),
            stretch("after", [], 5, 9, [8, 8], silent: nil),
        ]
        let lines = FaultTable.text(document).split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(lines.count == 6)
        #expect(lines[2].hasSuffix(": before │ 2.00 4.00 2 2.00 4.00 4.00 0"), "\(lines[2])")
        #expect(lines[3].contains("during kill and delay │ 4.00 5.00 0 - - - 1,000"), "\(lines[3])")
        #expect(lines[4].hasSuffix(": after │ 5.00 9.00 1 8.00 8.00 8.00 -"), "\(lines[4])")
    }
}
