// Tests of the latency histogram: exact figures, percentiles against a sorted list, merge, slots and the written form.

import Foundation
import Statistics
import Testing

@Suite struct LatencyHistogramTests {
    private static func sample(_ count: Int, seed: UInt64) -> [UInt64] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in 1_000 << random.below(30) + random.below(1_000_000) }
    }

    @Test func anEmptyHistogramHasNoFigures() {
        let empty = LatencyHistogram()
        #expect(empty.isEmpty && empty.count == 0 && empty.min == 0 && empty.max == 0 && empty.mean == 0)
        #expect(empty.value(atPercentile: 99) == 0)
        #expect(empty.slots.isEmpty)
    }

    @Test func countSumLeastAndGreatestAreExact() {
        let values = Self.sample(5_000, seed: 1)
        var histogram = LatencyHistogram()
        for value in values { histogram.record(value) }
        #expect(histogram.count == 5_000)
        #expect(histogram.sum == values.reduce(0, +))
        #expect(histogram.min == values.min())
        #expect(histogram.max == values.max())
    }

    @Test(arguments: [0.0, 1, 25, 50, 90, 99, 99.9, 100])
    func percentilesAreWithinAThousandthOfTheSortedList(percentile: Double) {
        let values = Self.sample(20_000, seed: 7).sorted()
        var histogram = LatencyHistogram()
        for value in values { histogram.record(value) }
        let rank = Swift.max(1, Int((percentile / 100 * Double(values.count)).rounded(.up)))
        let exact = Double(values[rank - 1])
        let found = Double(histogram.value(atPercentile: percentile))
        #expect(abs(found - exact) <= exact * 0.001 + 512, "\(found) against \(exact)")
    }

    @Test func mergingEqualsRecordingTogether() {
        let (first, second) = (Self.sample(3_000, seed: 3), Self.sample(2_000, seed: 4))
        var (left, right, whole) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for value in first { left.record(value) }
        for value in second { right.record(value) }
        for value in first + second { whole.record(value) }
        #expect(left != whole)
        left.merge(right)
        #expect(left == whole)
        left.merge(LatencyHistogram())
        #expect(left == whole)
    }

    @Test func moreThanAnHourIsClampedAndCounted() {
        var histogram = LatencyHistogram()
        histogram.record(.max)
        histogram.record(5_000)
        #expect(histogram.clamped == 1 && histogram.count == 2)
        #expect(histogram.max == LatencyHistogram.highestNanoseconds)
    }

    @Test func resetForgetsEverything() {
        var histogram = LatencyHistogram()
        histogram.record(123_456, count: 7)
        histogram.reset()
        #expect(histogram == LatencyHistogram())
    }

    @Test func slotsCoverTheRangeWithoutGaps() {
        for slot in 0..<(LatencyHistogram.slot(of: LatencyHistogram.highestNanoseconds)) {
            let low = LatencyHistogram.lowestValue(ofSlot: slot)
            let next = LatencyHistogram.lowestValue(ofSlot: slot + 1)
            #expect(LatencyHistogram.slot(of: low) == slot)
            #expect(LatencyHistogram.slot(of: next - 1) == slot)
            #expect(Double(next - low) <= Swift.max(512, Double(low) * 0.001))
        }
    }

    @Test func theSlotsAreThoseOfTheRecordedValues() {
        var histogram = LatencyHistogram()
        histogram.record(1_000)
        histogram.record(1_001)
        histogram.record(250_000_000, count: 3)
        let slots = histogram.slots
        #expect(slots.map(\.slot) == [1, LatencyHistogram.slot(of: 250_000_000)])
        #expect(slots.map(\.count) == [2, 3])
        #expect(histogram.count(above: 200_000_000) == 3)
        #expect(histogram.count(above: 300_000_000) == 0)
    }

    @Test func theWrittenFormKeepsEverything() throws {
        var histogram = LatencyHistogram()
        for value in Self.sample(4_000, seed: 9) { histogram.record(value) }
        histogram.record(.max)
        let text = try JSONEncoder().encode(histogram)
        #expect(try JSONDecoder().decode(LatencyHistogram.self, from: text) == histogram)
        let none = try JSONEncoder().encode(LatencyHistogram())
        #expect(try JSONDecoder().decode(LatencyHistogram.self, from: none) == LatencyHistogram())
    }

    /// Also where the greatest time does not lie at the end of its slot, as in nearly all.
    @Test(arguments: [1, 3, 500, 5_000])
    func percentilesAreThoseOfTheHistogramThatWasWritten(count: Int) throws {
        var histogram = LatencyHistogram()
        for value in Self.sample(count, seed: UInt64(count)) { histogram.record(value * 17) }
        let again = try JSONDecoder().decode(LatencyHistogram.self, from: JSONEncoder().encode(histogram))
        for percentile in [0.0, 50, 90, 99, 99.9, 99.99, 100] {
            #expect(again.value(atPercentile: percentile) == histogram.value(atPercentile: percentile), "\(percentile) %")
        }
    }

    @Test func slotsMayBeNamedByTheirIndexOrByTheirDistance() throws {
        let head = #"{"unit_ns":512,"significant_digits":3,"count":6,"sum_ns":9216,"min_ns":600,"max_ns":2100,"#
        func read(_ list: String) throws -> LatencyHistogram {
            try JSONDecoder().decode(LatencyHistogram.self, from: Data((head + list + "}").utf8))
        }
        let indexed = try read(#""slots":[1,2,3,1,4,3]"#)
        #expect(try read(#""steps":[1,2,2,1,1,3]"#) == indexed)
        #expect(indexed.slots.map(\.slot) == [1, 3, 4] && indexed.slots.map(\.count) == [2, 1, 3])
    }

    @Test(arguments: [
        #"{"unit_ns":1000,"significant_digits":3,"count":0,"sum_ns":0,"slots":[]}"#,
        #"{"unit_ns":512,"significant_digits":3,"count":1,"sum_ns":0,"min_ns":1,"max_ns":1,"slots":[1]}"#,
        #"{"unit_ns":512,"significant_digits":3,"count":1,"sum_ns":0,"min_ns":1,"max_ns":1,"slots":[9999999,1]}"#,
        #"{"unit_ns":512,"significant_digits":3,"count":2,"sum_ns":0,"min_ns":1,"max_ns":1,"slots":[1,1]}"#,
        #"{"unit_ns":512,"significant_digits":3,"count":1,"sum_ns":0,"min_ns":1,"max_ns":1,"slots":[1,2]}"#,
        #"{"unit_ns":512,"significant_digits":3,"count":1,"sum_ns":0,"min_ns":9,"max_ns":1,"slots":[1,1]}"#,
        #"{"unit_ns":512,"significant_digits":3,"count":1,"sum_ns":0,"min_ns":1,"max_ns":1}"#,
        #"{"unit_ns":512,"significant_digits":3,"count":1,"sum_ns":0,"min_ns":1,"max_ns":1,"steps":[1]}"#,
        #"{"unit_ns":512,"significant_digits":3,"count":2,"sum_ns":0,"min_ns":1,"max_ns":1,"steps":[1,1,9999999999999999999,1]}"#,
        #"{"unit_ns":512,"significant_digits":3,"count":1,"sum_ns":0,"min_ns":1,"max_ns":1,"steps":[1,2]}"#,
    ])
    func aDamagedWrittenFormIsRefused(text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(LatencyHistogram.self, from: Data(text.utf8)) }
    }
}
