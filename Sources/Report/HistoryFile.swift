// The history of a project's figures: a file with a line of JSON for each result, which a repository can keep and a person can
// read. A line is appended whole; what was there is never written again.

internal import Foundation
package import Results

package enum HistoryFile {
    /// - Parameter commit: instead of the one that the result tells.
    package static func entry(_ document: ResultDocument, commit: String?) throws(ResultError) -> (
        HistoryEntry, remarks: [String]
    ) {
        let (figures, remarks) = try ExportedFigure.holding(document)
        var held: [String: HistoryFigure] = [:]
        for figure in figures {
            held["\(figure.phase).\(figure.nodes).\(figure.target).\(figure.metric.rawValue)"] = HistoryFigure(
                value: figure.value, low: figure.low, high: figure.high)
        }
        let environment = document.environment
        let told = (document.tool.git ?? "unknown") + (document.tool.dirty == true ? "-dirty" : "")
        let entry = HistoryEntry(
            time: document.started, commit: commit ?? told, version: document.tool.version, result: document.id,
            workload: document.workload.name,
            machine: "\(environment.cpuModel ?? "unknown") x \(environment.cpus), \(environment.filesystem.kind ?? "unknown")",
            figures: held)
        return (entry, remarks)
    }

    package static func read(_ text: String, name: String) throws(ResultError) -> [HistoryEntry] {
        var found: [HistoryEntry] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() where !line.isEmpty {
            do {
                found.append(try JSONDecoder().decode(HistoryEntry.self, from: Data(line.utf8)))
            } catch {
                throw ResultError(
                    description:
                        "'\(name)' is damaged in line \(number + 1), which is no entry of a history (quorate.history/1); "
                        + "mend or remove that line.")
            }
        }
        return found
    }

    /// The line, with its end.
    package static func line(_ entry: HistoryEntry) throws(ResultError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(entry), as: UTF8.self) + "\n"
        } catch {
            throw ResultError(description: "'\(entry.result)' can't be put into a history: there is no finite number.")
        }
    }

    /// Refuses what is there already.
    package static func check(_ entry: HistoryEntry, against known: [HistoryEntry], name: String) throws(ResultError) {
        guard known.contains(where: { $0.result == entry.result && $0.time == entry.time }) else { return }
        throw ResultError(description: "'\(name)' has the result \(entry.result) already.")
    }

    /// In one call, so that two who append do not mix their lines; a file whose last line was cut off gets an end to it first.
    package static func append(_ line: String, to path: String, behind text: String) throws(ResultError) {
        let whole = text.isEmpty || text.hasSuffix("\n") ? line : "\n" + line
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw ResultError(description: "\(path) can't be written: \(String(cString: strerror(errno))).") }
        defer { close(file) }
        let bytes = Data(whole.utf8)
        let written = bytes.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
        guard written == bytes.count else {
            let cause = written < 0 ? String(cString: strerror(errno)) : "there was room for a part of the line only"
            throw ResultError(description: "\(path) can't be written: \(cause).")
        }
    }
}
