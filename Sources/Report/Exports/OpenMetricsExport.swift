// OpenMetrics text, for GitLab's metrics reports and the textfile collector of node_exporter. GitLab compares values as text, so
// all are rounded to three digits, and what changes with every run stands in labels of one family of its own.

internal import Foundation
internal import Results
internal import Statistics

struct OpenMetricsExport {
    private typealias Labels = [(name: String, value: String)]

    private struct Family {
        let name: String
        let kind: String
        let help: String
        let samples: [(labels: Labels, value: String)]
    }

    private static let quantiles = [50.0, 90, 99, 99.9, 99.99]
    private let document: ResultDocument
    private let rows: [ResultCell]

    static func export(_ document: ResultDocument) throws(ResultError) -> Exported {
        let (_, remarks) = try ExportedFigure.holding(document)
        return Exported(text: OpenMetricsExport(document).text, remarks: remarks)
    }

    private init(_ document: ResultDocument) {
        self.document = document
        rows = document.rows
    }

    private var text: String {
        let families = [info, marks, cells, checks, starts, voids] + rates + [cost, lastBack] + latencies + [gaps]
        let lines = families.filter { !$0.samples.isEmpty }.flatMap { family in
            ["# TYPE \(family.name) \(family.kind)", "# HELP \(family.name) \(family.help)"]
                + family.samples.map { "\(family.name)\(Self.written($0.labels)) \($0.value)" }
        }
        return (lines + ["# EOF"]).joined(separator: "\n") + "\n"
    }

    // MARK: of the result and its cells

    private var info: Family {
        let labels: Labels = [
            ("result", document.id), ("version", document.tool.version), ("commit", document.tool.git ?? ""),
            ("cpu_model", document.environment.cpuModel ?? ""), ("kernel", document.environment.kernel ?? ""),
            ("filesystem", document.environment.filesystem.kind ?? ""),
        ]
        return Family(
            name: "quorate_bench_run_info", kind: "gauge", help: "Which run the figures are of.",
            samples: [([("workload", document.workload.name)] + labels.filter { !$0.value.isEmpty }, "1")])
    }

    private var marks: Family {
        let counts = ResultMark.Name.allCases.map { name in (name, document.marks.count { $0.name == name }) }
        return Family(
            name: "quorate_bench_marks", kind: "gauge", help: "Sentences that speak against the result, by their kind.",
            samples: counts.filter { $0.1 > 0 }.map { ([("workload", document.workload.name), ("mark", $0.rawValue)], "\($1)") })
    }

    private var cells: Family {
        Family(
            name: "quorate_bench_load_done", kind: "gauge", help: "1 if the load was carried out and its figures count.",
            samples: rows.map { (labels($0), holds($0) ? "1" : "0") })
    }

    private var checks: Family {
        Family(
            name: "quorate_bench_check_passed", kind: "gauge", help: "1 if a check passed, 0 if it failed.",
            samples: rows.flatMap { row in
                row.checks.compactMap { check in
                    check.passed.map { (labels(row) + [("check", check.name)], $0 ? "1" : "0") }
                }
            })
    }

    private var starts: Family {
        Family(
            name: "quorate_bench_start_seconds", kind: "gauge", help: "From the first process to a leader with a quorum.",
            samples: rows.compactMap { row in row.start.map { (labels(row), Self.seconds($0.toQuorumNanoseconds)) } })
    }

    private var gaps: Family {
        Family(
            name: "quorate_bench_longest_write_gap_seconds", kind: "gauge",
            help: "The longest stretch without an acknowledged write.",
            samples: rows.filter(holds).compactMap { row in
                row.writeGaps.map(\.nanoseconds).max().map { (labels(row), Self.seconds($0)) }
            })
    }

    // MARK: of phases

    private var voids: Family {
        Family(
            name: "quorate_bench_phase_void", kind: "gauge",
            help: "1 if the load generator made some of the figures of a phase, which are left out.",
            samples: phases.map { (labels($0, $1), $1.isVoid == true ? "1" : "0") })
    }

    private var rates: [Family] {
        func family(_ noun: String, _ help: String, _ value: @escaping (ResultPhase) -> Double?, isOffer: Bool = false) -> Family
        {
            Family(
                name: "quorate_bench_\(noun)_per_second", kind: "gauge", help: help,
                samples: phases.compactMap { row, phase in
                    guard let value = value(phase), value > 0, isOffer || !phase.makesVoid(.writes) else { return nil }
                    return (labels(row, phase), Self.rounded(value))
                })
        }
        return [
            family("offered", "Requests that were due.", \.offeredPerSecond, isOffer: true),
            family("writes", "Acknowledged writes.", \.writesPerSecond),
            family("reads", "Answered reads.", \.readsPerSecond),
            family("items", "Queue items taken.", \.itemsPerSecond),
        ]
    }

    private var cost: Family {
        Family(
            name: "quorate_bench_cpu_seconds_per_write", kind: "gauge", help: "Processor time of all members together.",
            samples: phases.compactMap { row, phase in
                phase.server?.cpuMicrosecondsPerWrite.map { (labels(row, phase), Self.rounded($0 / 1e6)) }
            })
    }

    private var lastBack: Family {
        Family(
            name: "quorate_bench_last_back_seconds", kind: "gauge",
            help: "From the loss of all connections until the last client was back.",
            samples: phases.compactMap { row, phase in
                let found = row.reconnects?.first { $0.phase == phase.name }?.medianLast
                return found.map { (labels(row, phase), Self.rounded($0 / 1e9)) }
            })
    }

    private var latencies: [Family] {
        func family(_ name: String, _ help: String, _ samples: [(Labels, LatencySummary, Bool)]) -> Family {
            Family(
                name: "quorate_bench_\(name)_seconds", kind: "summary", help: help,
                samples: samples.flatMap { labels, figures, isVoid in
                    zip(Self.quantiles, [figures.p50, figures.p90, figures.p99, figures.p999, figures.p9999])
                        .filter { $0.0 < 99 || !isVoid }
                        .map { (labels + [("quantile", "\($0 / 100)")], Self.seconds($1)) }
                })
        }
        func all(_ figures: (ResultPhase) -> LatencySummary?) -> [(Labels, LatencySummary, Bool)] {
            phases.compactMap { row, phase in figures(phase).map { (labels(row, phase), $0, phase.makesVoid(.commitP99)) } }
        }
        let operations = phases.flatMap { row, phase in
            phase.operations.compactMap { operation in
                operation.response.map { figures in
                    let names = [("role", operation.role), ("op", operation.op)]
                    return (labels(row, phase) + names, figures.summary, phase.makesVoid(.commitP99))
                }
            }
        }
        return [
            family("commit_latency", "Response time of a write at the client.", all(\.commit)),
            family("enqueue_to_take", "From when an item was due until it was taken.", all(\.enqueueToTake)),
            family("response", "Response time of an operation at the client.", operations),
        ]
    }

    // MARK: parts

    private func holds(_ row: ResultCell) -> Bool { row.failure == nil && row.isTooSlow != true }

    private var phases: [(ResultCell, ResultPhase)] {
        rows.filter(holds).flatMap { row in row.recordedPhases.map { (row, $0) } }
    }

    private func labels(_ row: ResultCell, _ phase: ResultPhase? = nil) -> Labels {
        let whose = [("workload", document.workload.name), ("target", row.target), ("nodes", "\(row.nodes)")]
        return whose + (phase.map { [("phase", $0.name)] } ?? [])
    }

    private static func written(_ labels: Labels) -> String {
        let parts = labels.map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            return "\(name)=\"\(escaped)\""
        }
        return "{\(parts.joined(separator: ","))}"
    }

    private static func seconds(_ nanoseconds: UInt64) -> String { rounded(Double(nanoseconds) / 1e9) }

    /// Three significant digits, without an exponent.
    static func rounded(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return "0" }
        let places = 2 - Int(log10(abs(value)).rounded(.down))
        guard places <= 0 else { return String(format: "%.\(places)f", value) }
        let unit = pow(10, Double(-places))
        return String(format: "%.0f", (value / unit).rounded() * unit)
    }
}
