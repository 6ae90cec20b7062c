// What a cell's load looked like second by second: how many writes were answered, how long they took, how long none was, and what
// happened meanwhile. Where targets took turns, the seconds of a phase's slices are laid one behind another, and as slices do not
// begin with a second, they tell no rate.

internal import Results

struct TimeCourse {
    struct Span {
        let from: Double
        let to: Double
        let name: String
        var tip = ""
    }

    /// Of no value is a second in which nothing was answered.
    typealias Point = (x: Double, y: Double?)

    private typealias Figures = (count: Double, p99: Double?)

    private(set) var phases: [Span] = []
    private(set) var rates: [Point] = []
    private(set) var tails: [Point] = []
    private(set) var gaps: [Point] = []
    private(set) var faults: [Span] = []
    private(set) var snapshots: [Span] = []
    private(set) var elections: [Span] = []
    /// Rates are of hundredths of a second.
    private(set) var isFine = false
    let isSliced: Bool

    /// More seconds than a chart has room for; beyond, the least and the most of several stand for all.
    private static let mostPoints = 480
    /// A document with longer phases is damaged, and its silent seconds are not filled in.
    private static let longestPhase = 1e6

    init(_ cell: ResultCell) {
        isSliced = (cell.slices?.count ?? 0) > 1
        if isSliced { addSliced(cell) } else { addWhole(cell) }
        rates = Self.thinned(rates)
        tails = Self.thinned(tails)
        gaps = Self.thinned(gaps)
    }

    var isEmpty: Bool { tails.allSatisfy { $0.y == nil } && gaps.isEmpty }
    var end: Double { max(phases.map(\.to).max() ?? 0, gaps.last.map { $0.x + 0.5 } ?? 0, 1) }

    private mutating func addWhole(_ cell: ResultCell) {
        for phase in cell.phases {
            let start = Double(phase.startNanoseconds) / 1e9
            let end = start + Double(phase.durationNanoseconds) / 1e9
            phases.append(Span(from: start, to: end, name: phase.name))
            let found = Self.seconds(phase)
            guard !found.isEmpty else { continue }
            for (second, figures) in Self.withSilent(found, from: start, to: end).sorted(by: { $0.key < $1.key }) {
                let middle = Double(second) + 0.5
                // Of a second that lies in the phase in part the rate is not known.
                if start <= middle - 0.499, middle + 0.499 <= end { rates.append((middle, figures.count)) }
                tails.append((middle, figures.p99))
            }
        }
        rates.sort { $0.x < $1.x }
        if let course = cell.course, course.binNanoseconds > 0, !course.writes.isEmpty { addFine(course) }
        tails.sort { $0.x < $1.x }
        gaps = cell.writeGapSeries.map { (Double($0.second) + 0.5, Double($0.longestNanoseconds) / 1e6) }
        addEvents(cell)
    }

    /// Seconds hide what lasts a tenth of one.
    private mutating func addFine(_ course: ResultCourse) {
        let width = Double(course.binNanoseconds) / 1e9
        isFine = true
        rates = course.writes.enumerated().map { ((Double($0.offset) + 0.5) * width, Double($0.element) / width) }
    }

    /// Whole seconds of the phase in which no write was answered stand in no series.
    private static func withSilent(_ found: [Int: Figures], from start: Double, to end: Double) -> [Int: Figures] {
        guard end - start < longestPhase else { return found }
        var all = found
        var second = start.rounded(.up)
        while second + 1 <= end {
            if all[Int(second)] == nil { all[Int(second)] = (0, nil) }
            second += 1
        }
        return all
    }

    private mutating func addEvents(_ cell: ResultCell) {
        faults = (cell.faults ?? []).map { fault in
            let from = Double(fault.atNanoseconds) / 1e9
            let length = Double(fault.nanoseconds) / 1e9
            let gap = fault.writeGapNanoseconds.map { ", no write for \(Numbers.milliseconds($0)) ms" } ?? ""
            let members = Numbers.list(fault.members.map { "\($0)" })
            return Span(
                from: from, to: from + length, name: fault.fault,
                tip: "\(fault.fault), \(fault.role) (\(members)), at \(Numbers.significant(from)) s for "
                    + "\(Numbers.significant(length)) s\(gap)")
        }
        elections = (cell.elections ?? []).map { seen in
            let by = Double(seen.byNanoseconds) / 1e9
            return Span(
                from: Double(seen.afterNanoseconds) / 1e9, to: by, name: "epoch \(seen.epoch)",
                tip: "epoch \(seen.epoch) by \(Numbers.significant(by)) s")
        }
        snapshots = (cell.snapshots ?? []).map { seen in
            let by = Double(seen.byNanoseconds) / 1e9
            return Span(
                from: Double(seen.afterNanoseconds) / 1e9, to: by, name: "member \(seen.member)",
                tip: "member \(seen.member): \(seen.count) snapshot\(seen.count == 1 ? "" : "s") by \(Numbers.significant(by)) s")
        }
    }

    private mutating func addSliced(_ cell: ResultCell) {
        var start = 0.0
        for phase in cell.recordedPhases {
            let seconds = Self.seconds(phase).sorted { $0.key < $1.key }
            guard !seconds.isEmpty else { continue }
            for (index, second) in seconds.enumerated() {
                tails.append((start + Double(index) + 0.5, second.value.p99))
            }
            phases.append(Span(from: start, to: start + Double(seconds.count), name: phase.name))
            start += Double(seconds.count)
        }
    }

    /// Of the phase's writes; the 99th percentile is that of the operation that took longest.
    private static func seconds(_ phase: ResultPhase) -> [Int: Figures] {
        var found: [Int: Figures] = [:]
        for operation in phase.operations where operation.isWrite {
            for second in operation.series {
                let before = found[second.second] ?? (0, nil)
                let p99 = second.count > 0 ? max(before.p99 ?? 0, Double(second.p99) / 1e6) : before.p99
                found[second.second] = (before.count + Double(second.count), p99)
            }
        }
        return found
    }

    private static func thinned(_ points: [Point]) -> [Point] {
        guard points.count > mostPoints else { return points }
        let size = (points.count * 2 + mostPoints - 1) / mostPoints
        return stride(from: 0, to: points.count, by: size).flatMap { start in
            let part = points[start..<min(points.count, start + size)]
            let least = part.min { ($0.y ?? 0) < ($1.y ?? 0) }!
            let most = part.max { ($0.y ?? 0) < ($1.y ?? 0) }!
            return least.x < most.x ? [least, most] : least.x > most.x ? [most, least] : [least]
        }
    }
}
