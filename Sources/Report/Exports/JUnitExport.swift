// A result as a JUnit report, which CI systems read: a suite for each size and target, with a case for each check and for each
// recorded phase; one more for what is said of the whole result. A failure is a check that failed; an error is what keeps the
// result from answering the question; what is only to be known, or was not decided, is skipped.

internal import Foundation
internal import Results

struct JUnitExport {
    private let document: ResultDocument
    private let isStrict: Bool

    init(_ document: ResultDocument, isStrict: Bool) {
        self.document = document
        self.isStrict = isStrict
    }

    private enum Outcome {
        case passed
        case failure(String)
        case error(String)
        case skipped(String)
    }

    private struct Case {
        let name: String
        let outcome: Outcome
    }

    private struct Suite {
        let name: String
        let seconds: Double?
        let cases: [Case]
    }

    var text: String {
        let suites = document.rows.map(suite) + [whole]
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
        let all = suites.flatMap(\.cases)
        lines.append("<testsuites name=\"\(XMLText.escaped(document.id))\" \(counts(all))>")
        for suite in suites { lines += written(suite) }
        return (lines + ["</testsuites>"]).joined(separator: "\n") + "\n"
    }

    // MARK: what is asked

    private func suite(_ row: ResultCell) -> Suite {
        let name = "\(document.workload.name), \(row.nodes) member\(row.nodes == 1 ? "" : "s") of \(row.target)"
        let nanoseconds = row.phases.reduce(0) { $0 + $1.durationNanoseconds }
        return Suite(
            name: name, seconds: row.phases.isEmpty ? nil : Double(nanoseconds) / 1e9,
            cases: [load(row)] + row.recordedPhases.map(phase) + row.checks.map { check($0, isWhole: row.failure == nil) })
    }

    private func load(_ row: ResultCell) -> Case {
        let runs = (document.runs ?? []).filter { $0.nodes == row.nodes && $0.target == row.target }
        let outcome: Outcome
        if let failure = row.failure {
            outcome = .error(failure)
        } else if row.isTooSlow == true {
            outcome = .error("the target was slower here than it is known to be, so that its figures do not count")
        } else if row.isPartial {
            outcome = .error("ended early; the figures hold for what there was")
        } else if let failed = runs.first(where: { $0.failure != nil }), let failure = failed.failure {
            outcome = .error("run \(failed.repetition ?? 1) gave no figures: \(failure)")
        } else {
            outcome = .passed
        }
        return Case(name: "load was carried out", outcome: outcome)
    }

    private func phase(_ phase: ResultPhase) -> Case {
        let short = phase.operations.filter(\.fallsShort).map { operation in
            "of the requests of \(operation.role) \(operation.op) that were due, only "
                + "\(operation.acknowledgedInside * 100 / max(operation.offered, 1)) % were answered in time"
        }
        let outcome: Outcome
        if phase.isEmpty {
            outcome = .error("not one request was answered in it")
        } else if !short.isEmpty {
            outcome = .error(short.joined(separator: "; "))
        } else if phase.isVoid == true {
            let what = phase.isOpenLoop ? "percentiles from the 99th on are" : "throughput is"
            let sentence = "the \(what) the load generator's doing"
            outcome = isStrict ? .error(sentence) : .skipped(sentence)
        } else if let steady = phase.steady, !steady.isReached {
            outcome = .skipped("it " + steady.objection)
        } else {
            outcome = .passed
        }
        return Case(name: "phase \(phase.name) is valid", outcome: outcome)
    }

    /// A check that passed before the load failed has seen a part of it only.
    private func check(_ check: ResultCheck, isWhole: Bool) -> Case {
        let outcome: Outcome =
            switch check.passed {
            case true? where isWhole: .passed
            case true?: .skipped("the load failed before its end")
            case false?: .failure(check.sentence)
            case nil: .skipped(check.sentence)
            }
        return Case(name: "check \(check.name)", outcome: outcome)
    }

    private var whole: Suite {
        var cases = [
            Case(
                name: "result is complete",
                outcome: document.status == .complete ? .passed : .error("not everything that was asked for was run"))
        ]
        for name in ResultMark.Name.allCases {
            let sentences = document.marks.filter { $0.name == name }.map(\.sentence)
            guard !sentences.isEmpty else { continue }
            let sentence = sentences.joined(separator: " ")
            cases.append(Case(name: "mark \(name.rawValue)", outcome: name == .partial ? .error(sentence) : .skipped(sentence)))
        }
        return Suite(
            name: "\(document.workload.name), the result as a whole",
            seconds: document.durationNanoseconds.map { Double($0) / 1e9 },
            cases: cases)
    }

    // MARK: how it is written

    private func written(_ suite: Suite) -> [String] {
        var attributes = "name=\"\(XMLText.escaped(suite.name))\" \(counts(suite.cases)) timestamp=\"\(timestamp)\""
        if let seconds = suite.seconds { attributes += " time=\"\(Numbers.fixed(seconds, places: 3))\"" }
        var lines = ["  <testsuite \(attributes)>", "    <properties>"]
        for (name, value) in properties {
            lines.append("      <property name=\"\(XMLText.escaped(name))\" value=\"\(XMLText.escaped(value))\"/>")
        }
        lines.append("    </properties>")
        for one in suite.cases {
            let head = "    <testcase classname=\"\(XMLText.escaped(suite.name))\" name=\"\(XMLText.escaped(one.name))\""
            let inner: String? =
                switch one.outcome {
                case .passed: nil
                case .failure(let sentence): element("failure", " type=\"check\"", sentence)
                case .error(let sentence): element("error", " type=\"invalid\"", sentence)
                case .skipped(let sentence): element("skipped", "", sentence)
                }
            lines += inner.map { ["\(head)>", "      \($0)", "    </testcase>"] } ?? ["\(head)/>"]
        }
        return lines + ["  </testsuite>"]
    }

    private func element(_ name: String, _ attributes: String, _ sentence: String) -> String {
        "<\(name)\(attributes) message=\"\(XMLText.escaped(sentence))\"/>"
    }

    private func counts(_ cases: [Case]) -> String {
        var (failures, errors, skipped) = (0, 0, 0)
        for one in cases {
            switch one.outcome {
            case .passed: break
            case .failure: failures += 1
            case .error: errors += 1
            case .skipped: skipped += 1
            }
        }
        return "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"\(skipped)\""
    }

    /// UTC, without a zone, as the readers' schemas have it.
    private var timestamp: String {
        XMLText.escaped(document.started.hasSuffix("Z") ? String(document.started.dropLast()) : document.started)
    }

    private var properties: [(name: String, value: String)] {
        let environment = document.environment
        let found: [(String, String?)] = [
            ("result", document.id), ("command", document.command.joined(separator: " ")),
            ("quorate.version", document.tool.version), ("quorate.commit", document.tool.git),
            ("workload", document.workload.name), ("seed", "\(document.workload.seed)"),
            ("os", environment.operatingSystem), ("kernel", environment.kernel), ("cpu_model", environment.cpuModel),
            ("cpus", "\(environment.cpus)"), ("memory_bytes", environment.memoryBytes.map { "\($0)" }),
            ("filesystem", environment.filesystem.kind), ("filesystem.in_memory", "\(environment.filesystem.inMemory)"),
            (
                "ceiling.fsync_p50_ns", document.ceilings.map { "\($0.before.fsync.latency.percentile(50))" }
            ),
        ]
        return found.compactMap { name, value in value.map { (name, $0) } }
    }
}
