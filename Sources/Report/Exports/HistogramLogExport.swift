// HdrHistogram's log, version 1.3: a line for each operation of each recorded phase, with its whole distribution: the
// document has none of single seconds.

internal import Foundation
internal import Results
internal import Statistics

enum HistogramLogExport {
    static func export(_ document: ResultDocument) throws(ResultError) -> Exported {
        var lines = ["#[\(oneLine(document.id)), response times of whole phases, by target.members.phase.role.op]"]
        lines.append("#[Histogram log format version 1.3]")
        if let started = try? Date(document.started, strategy: .iso8601) {
            lines.append(
                String(format: "#[StartTime: %.3f (seconds since epoch), ", started.timeIntervalSince1970)
                    + "\(oneLine(document.started))]")
        }
        lines.append("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"")
        let found = document.rows.flatMap { row in
            row.recordedPhases.flatMap { phase in phase.operations.compactMap { entry($0, phase, row) } }
        }
        guard !found.isEmpty else {
            throw ResultError(description: "'\(document.id)' has no response times.")
        }
        lines += found.sorted { $0.start < $1.start }.map(\.line)
        let void = document.rows.flatMap { row in
            row.recordedPhases.filter { $0.makesVoid(.commitP99) }.map { "\($0.name)/\(row.nodes)/\(row.target)" }
        }
        guard !void.isEmpty else { return Exported(text: lines.joined(separator: "\n") + "\n") }
        let remark =
            "Tags that begin with void are of phases whose percentiles from the 99th on the load generator made: "
            + void.joined(separator: ", ") + "."
        return Exported(text: lines.joined(separator: "\n") + "\n", remarks: [remark])
    }

    /// Instants count from the first phase of a cell, as no document says when that was by the clock.
    private static func entry(
        _ operation: ResultOperation, _ phase: ResultPhase, _ row: ResultCell
    ) -> (start: UInt64, line: String)? {
        guard let response = operation.response else { return nil }
        let names = [row.target, "\(row.nodes)", phase.name, operation.role, operation.op].map(tag)
        let tag = ((phase.makesVoid(.commitP99) ? ["void"] : []) + names).joined(separator: ".")
        let figures = String(
            format: "%.3f,%.3f,%.3f", Double(phase.startNanoseconds) / 1e9, Double(phase.durationNanoseconds) / 1e9,
            Double(response.max) / 1e6)
        return (phase.startNanoseconds, "Tag=\(tag),\(figures),\(CompressedHistogram.base64(response.histogram))")
    }

    /// A comma or a blank would end it.
    private static func tag(_ name: String) -> String {
        String(name.map { $0.isLetter || $0.isNumber || "-_.:[]".contains($0) ? $0 : "_" })
    }

    private static func oneLine(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }
}
