// The course of a load as a page draws it: silent seconds, faults, snapshots, slices, and more seconds than there is room for.

import Foundation
import Report
import Results
import Testing

@Suite struct CourseTests {
    /// Three members under ten seconds of load, of which two are silent.
    private func sample(seconds: Int = 10) throws -> ResultDocument {
        var document = try ExportSample.plain()
        document.cells = [document.cells[1]]
        document.cells[0].phases = [document.cells[0].phases[1]]
        document.cells[0].phases[0].startNanoseconds = 0
        document.cells[0].phases[0].durationNanoseconds = UInt64(seconds) * 1_000_000_000
        document.cells[0].phases[0].operations[0].series = (0..<seconds).filter { $0 != 4 && $0 != 5 }.map {
            ResultSecond(second: $0, count: 1_000, errors: 0, p50: 300_000, p99: 2_000_000 + UInt64($0), max: 3_000_000)
        }
        return document
    }

    private func picture(_ document: ResultDocument) throws -> String {
        let text = ReportPage.text([document])
        let start = try #require(text.range(of: "id=\"r1-course-0\""))
        let end = try #require(text[start.upperBound...].range(of: "</figure>"))
        return String(text[start.upperBound..<end.lowerBound])
    }

    @Test func silentSecondsAreHollowMarksAtZero() throws {
        let picture = try picture(sample())
        #expect(picture.contains("second 4: 0 writes") && picture.contains("second 5: 0 writes"))
        #expect(picture.contains("Hollow: no write was answered in that second."))
        #expect(picture.components(separatedBy: "class=\"h c2\"").count == 3)
        // The line of rates is whole, that of percentiles has a hole.
        #expect(picture.components(separatedBy: "<polyline").count == 4)
    }

    @Test func faultsAreBandsOverEachFieldAndSnapshotsTicks() throws {
        var document = try sample()
        document.cells[0].writeGapSeries = [ResultGapSecond(second: 4, longestNanoseconds: 1_000_000_000)]
        document.cells[0].faults = [
            ResultFault(
                atNanoseconds: 4_000_000_000, nanoseconds: 2_000_000_000, fault: "pause", role: "leader", members: [2],
                writeGapNanoseconds: 2_010_000_000),
            ResultFault(
                atNanoseconds: 8_000_000_000, nanoseconds: 0, fault: "reset", role: "all", members: [1, 3],
                writeGapNanoseconds: nil),
        ]
        document.cells[0].snapshots = [
            ResultSnapshotSighting(member: 3, count: 1, afterNanoseconds: 7_000_000_000, byNanoseconds: 7_500_000_000)
        ]
        let picture = try picture(document)
        #expect(picture.components(separatedBy: "class=\"band\"").count == 1 + 2 * 3)
        #expect(picture.contains("pause, leader (2), at 4.00 s for 2.00 s, no write for 2,010 ms"))
        #expect(picture.contains("reset, all (1 and 3), at 8.00 s for 0.000 s"))
        #expect(picture.components(separatedBy: "class=\"snap\"").count == 2)
        #expect(picture.contains("member 3: 1 snapshot by 7.50 s"))
    }

    @Test func slicesTellNoRate() throws {
        var document = try sample()
        document.cells[0].slices = [
            ResultSlice(place: 0, round: 0, phases: []), ResultSlice(place: 1, round: 1, phases: []),
        ]
        let picture = try picture(document)
        #expect(!picture.contains("writes/s") && picture.contains("p99 of writes, ms") && picture.contains("tell no rate"))
    }

    @Test func secondsThatLieInThePhaseInPartTellNoRate() throws {
        var document = try sample()
        document.cells[0].phases[0].startNanoseconds = 500_000_000
        let picture = try picture(document)
        #expect(!picture.contains("second 0: 1,000 writes") && picture.contains("second 1: 1,000 writes"))
    }

    @Test func ofManySecondsTheLeastAndTheMostAreDrawnAndAllAreTold() throws {
        var document = try sample(seconds: 20_000)
        document.cells[0].phases[0].operations[0].series[9_000].p99 = 77_000_000
        let picture = try picture(document)
        #expect(picture.components(separatedBy: "<circle").count < 1_000)
        #expect(picture.contains("second 9,002: 77.0 ms") && picture.contains("second 4: 0 writes"))
        #expect(picture.components(separatedBy: "series.19997.p99_ns").count == 2)
    }
}
