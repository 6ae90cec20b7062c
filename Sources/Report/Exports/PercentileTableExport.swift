// The percentile table of HdrHistogram (`.hgrm`), which its plotters read: milliseconds, of one distribution. A line that they
// pass over says what it is of.

internal import Foundation
internal import Results
internal import Statistics

enum PercentileTableExport {
    /// From here on the generator made the figures of a void phase with arrivals.
    private static let voidFrom = 99.0

    static func export(_ document: ResultDocument, _ selection: ExportSelection) throws(ResultError) -> Exported {
        let chosen = try SelectedOperation(document, selection)
        let isVoid = chosen.selected.phase.makesVoid(.commitP99)
        let steps = PercentileStep.all(chosen.histogram).filter { !isVoid || $0.percentile < voidFrom }
        var lines = ["       Value     Percentile TotalCount 1/(1-Percentile)", ""]
        lines += steps.map(line)
        lines += footer(chosen.histogram, isVoid: isVoid)
        lines.append("#[\(chosen.name.map { $0.isNewline ? " " : "\($0)" }.joined()); \(document.id), response time in ms]")
        var remarks = ["The table is of \(chosen.name)."]
        if isVoid {
            let cut = "Left out from the 99th percentile on, as the load generator made it."
            lines.append("#[\(cut)]")
            remarks.append(cut)
        }
        return Exported(text: lines.joined(separator: "\n") + "\n", remarks: remarks)
    }

    private static func line(_ step: PercentileStep) -> String {
        let share = step.percentile / 100
        let text = String(format: "%12.3f %2.12f %10llu", Double(step.value) / 1e6, share, step.through)
        return step.percentile < 100 ? text + String(format: " %14.2f", 1 / (1 - share)) : text
    }

    private static func footer(_ histogram: LatencyHistogram, isVoid: Bool) -> [String] {
        let total = histogram.count
        let mean = histogram.mean
        var squares = 0.0
        for (slot, count) in histogram.slots {
            let low = Double(LatencyHistogram.lowestValue(ofSlot: slot))
            let middle = (low + Double(LatencyHistogram.lowestValue(ofSlot: slot + 1))) / 2
            squares += Double(count) * (middle - mean) * (middle - mean)
        }
        let deviation = (squares / Double(max(total, 1))).squareRoot()
        let counted = String(format: "Total count    = %12llu]", total)
        let last = isVoid ? "#[\(counted)" : String(format: "#[Max     = %12.3f, ", Double(histogram.max) / 1e6) + counted
        return [
            String(format: "#[Mean    = %12.3f, StdDeviation   = %12.3f]", mean / 1e6, deviation / 1e6), last,
            String(format: "#[Buckets = %12d, SubBuckets     = %12d]", buckets, LatencyHistogram.slotsPerPower),
        ]
    }

    /// Powers of two between the unit and the highest value.
    private static var buckets: Int {
        var reach = LatencyHistogram.unitNanoseconds * UInt64(LatencyHistogram.slotsPerPower)
        var count = 1
        while reach <= LatencyHistogram.highestNanoseconds { (reach, count) = (reach * 2, count + 1) }
        return count
    }
}
