// What a cell says of the course of its load: its hundredths of a second, what faults did to response times, new epochs.

internal import Ensemble
internal import LoadGenerator
package import Results

extension ResultCell {
    mutating func takeCourse(_ report: LoadReport, _ readings: MemberReadings) {
        let bins = report.bins
        course = ResultCourse(binNanoseconds: WriteBins.width, writes: bins.writes, worstMicroseconds: bins.worst)
        let seen = readings.newEpochs(since: report.startedNanoseconds)
        elections = seen.isEmpty ? nil : seen
    }

    /// Once it is known what the faults were that were carried out.
    mutating func takeStretches(_ report: LoadReport) {
        guard !report.stretches.isEmpty else { return }
        stretches = report.stretches.map { stretch in
            let inside = stretch.from..<max(stretch.to, stretch.from + 1)
            let began = (faults ?? []).filter { stretch.place == .during && $0.isPlanned(in: inside) }
            return ResultFaultStretch(
                place: stretch.place.rawValue, faults: began.map(\.fault), fromNanoseconds: stretch.from,
                toNanoseconds: stretch.to, response: LatencyFigures(stretch.response), silentBins: silentBins(inside))
        }
    }

    /// nil where the load did not last through the stretch.
    private func silentBins(_ inside: Range<UInt64>) -> Int? {
        guard let course, course.binNanoseconds > 0 else { return nil }
        let first = Int((inside.lowerBound + course.binNanoseconds - 1) / course.binNanoseconds)
        let end = Int(inside.upperBound / course.binNanoseconds)
        guard first < end, end <= course.writes.count else { return nil }
        return course.writes[first..<end].count { $0 == 0 }
    }
}

extension ResultFault {
    /// A fault begins a little after its moment.
    fileprivate func isPlanned(in stretch: Range<UInt64>) -> Bool {
        let late: UInt64 = 500_000_000
        return atNanoseconds >= stretch.lowerBound && atNanoseconds < max(stretch.upperBound, stretch.lowerBound + late)
    }
}

extension MemberReadings {
    /// Where the highest epoch that any member told of was seen to have grown.
    package func newEpochs(since start: UInt64) -> [ResultElectionSighting] {
        var highest: Double?
        var before: UInt64 = 0
        var found: [ResultElectionSighting] = []
        for reading in readings.sorted(by: { $0.at < $1.at }) {
            defer { before = reading.at }
            guard let epoch = reading.metrics.value("quorate_epoch") else { continue }
            if let known = highest, known > 0, epoch > known, reading.at > start {
                found.append(
                    ResultElectionSighting(
                        member: reading.member, epoch: UInt64(epoch), afterNanoseconds: before - min(start, before),
                        byNanoseconds: reading.at - start))
            }
            highest = max(highest ?? epoch, epoch)
        }
        return found
    }
}
