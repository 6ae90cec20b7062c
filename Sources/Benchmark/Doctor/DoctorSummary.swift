// From findings to a verdict and the one sentence that tells it.

package import Results

package struct DoctorSummary: Sendable, Equatable {
    package let verdict: DoctorVerdict
    package let sentence: String

    /// - Parameter unreachable: why no server could be examined, if none could.
    package init(_ findings: [DoctorFinding], unreachable: String? = nil) {
        let missed = findings.filter { $0.state == .missed }
        let undecided = findings.filter { $0.state == .undecided }
        if let unreachable {
            (verdict, sentence) = (.unreachable, "unreachable: \(unreachable)")
        } else if let first = missed.first {
            (verdict, sentence) = (.notFit, "not fit: \(Self.told(first))\(Self.rest(missed.count - 1, "missed"))")
        } else if let first = undecided.first {
            (verdict, sentence) = (.undecided, "undecided: \(Self.told(first))\(Self.rest(undecided.count - 1, "undecided"))")
        } else {
            let kept = findings.count { $0.state == .kept }
            let minds = findings.count { $0.state == .mind }
            let unknown = findings.count { $0.state == .unknown }
            let lines = kept == 1 ? "the one line is" : "all \(kept) lines are"
            verdict = .healthy
            sentence =
                "healthy: \(minds > 0 ? "no line that counts is missed" : "\(lines) kept")"
                + (minds > 0 ? "; \(minds) to mind" : "") + (unknown > 0 ? "; \(unknown) could not be learnt" : "")
        }
    }

    private static func told(_ finding: DoctorFinding) -> String {
        "\(finding.subject): \(finding.name) \(finding.measured)" + (finding.line.map { ", held to \($0)" } ?? "")
            + (finding.remedy.map { "; \($0)" } ?? "")
    }

    private static func rest(_ count: Int, _ what: String) -> String {
        count == 0 ? "" : " (and \(count) more line\(count == 1 ? "" : "s") \(what), see below)"
    }
}

extension DoctorVerdict {
    /// How the command ends.
    package var exitCode: Int32 {
        switch self {
        case .healthy: 0
        case .notFit: 3
        case .unreachable, .undecided: 2
        }
    }
}
