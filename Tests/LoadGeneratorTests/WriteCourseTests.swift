// The course of a load in hundredths of a second, and its stretches before, during and after faults.

import LoadGenerator
import Statistics
import Testing
import Workload

@Suite struct WriteCourseTests {
    private static let ms: UInt64 = 1_000_000
    private let start: UInt64 = 77_000_000_123

    private func fault(_ at: UInt64, _ length: UInt64) -> Fault {
        Fault(length == 0 ? .reset : .kill, .leader, at: at * Self.ms, nanoseconds: length * Self.ms)
    }

    @Test func eachHundredthHasItsWritesAndTheSlowestOfThem() {
        var course = WriteCourse()
        course.start(at: start, faults: [], nanoseconds: 1_000 * Self.ms)
        for (at, took) in [(1, 3), (9, 5), (10, 2), (35, 30), (39, 1)] as [(UInt64, UInt64)] {
            course.acknowledged(at: start + at * Self.ms, response: took * Self.ms, counts: true)
        }
        course.finish(at: start + 55 * Self.ms)
        #expect(course.bins.writes == [2, 1, 0, 2, 0])
        #expect(course.bins.worst == [5_000, 2_000, 0, 30_000, 0])
        #expect(course.stretches.isEmpty)
    }

    @Test func nothingIsBookedBeforeItBeginsOrBehindItsEnd() {
        var course = WriteCourse()
        course.acknowledged(at: start, response: 1, counts: true)
        #expect(course.bins.writes.isEmpty)
        course = WriteCourse()
        course.start(at: start, faults: [], nanoseconds: 20 * Self.ms)
        course.finish(at: start + 20 * Self.ms)
        course.acknowledged(at: start + 95 * Self.ms, response: 1, counts: false)
        #expect(course.bins.writes == [0, 0])
    }

    @Test func faultsThatOverlapAreOneStretch() {
        let all = FaultStretch.all([fault(500, 300), fault(200, 100), fault(700, 200), fault(2_000, 50)], end: 1_500 * Self.ms)
        #expect(all.map(\.place) == [.before, .during, .after, .during, .after])
        #expect(all.map { $0.from / Self.ms } == [0, 200, 300, 500, 900])
        #expect(all.map { $0.to / Self.ms } == [200, 300, 500, 900, 1_500])
        // From the beginning, through the end, and for a moment.
        #expect(FaultStretch.all([fault(0, 9_000)], end: 1_500 * Self.ms).map(\.place) == [.during])
        #expect(FaultStretch.all([fault(3, 0)], end: 1_500 * Self.ms).map { $0.to / Self.ms } == [3, 13, 1_500])
        let late = FaultStretch.all([fault(500, 100)], from: 200 * Self.ms, end: 700 * Self.ms)
        #expect(late.map { $0.from / Self.ms } == [200, 500, 600])
        #expect(FaultStretch.all([], end: 5).isEmpty)
    }

    @Test func responsesStandInTheStretchInWhichTheyCame() {
        var course = WriteCourse()
        course.start(at: start, faults: [fault(100, 50)], nanoseconds: 300 * Self.ms)
        for at in [10, 99, 100, 149, 150, 299] as [UInt64] {
            course.acknowledged(at: start + at * Self.ms, response: at * Self.ms, counts: at != 10)
        }
        #expect(course.stretches.map(\.response.count) == [1, 2, 2])
        #expect(course.stretches[1].response.max >= 149 * Self.ms)
        // A silence may reach over several borders.
        var quiet = WriteCourse()
        quiet.start(at: start, faults: [fault(100, 50), fault(200, 10)], nanoseconds: 300 * Self.ms)
        quiet.acknowledged(at: start + 250 * Self.ms, response: 1, counts: true)
        #expect(quiet.stretches.map(\.response.count) == [0, 0, 0, 0, 1])
    }

    @Test func sharesOfALoadAreAdded() {
        var one = WriteBins(writes: [1, 2, 3], worst: [10, 20, 30])
        one.merge(WriteBins(writes: [5, 0], worst: [7, 70]))
        #expect(one.writes == [6, 2] && one.worst == [10, 70])
    }
}
