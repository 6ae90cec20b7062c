// What one of several generators found, with what a report of its own leaves out and a common one needs: histograms of single
// seconds, the book of sets, stretches without a write.

package import Statistics
internal import Workload

package struct PartReport: Sendable, Codable {
    package var report: LoadReport
    package var remains: PartRemains

    package init(report: LoadReport, remains: PartRemains) {
        self.report = report
        self.remains = remains
    }
}

package struct PartRemains: Sendable, Codable {
    /// Refused requests by what is said of them.
    package var refusals: [String: UInt64] = [:]
    package var sets: SetLedger?
    package var quiet: [Stretch] = []
    package var seconds: [SecondTimes] = []
    /// Phases in which a stretch without a write is a gap, by name.
    package var gapPhases: [String] = []
    /// When any TLS handshakes were under way.
    package var handshaking: [Stretch] = []
    package var cutOffTakers = 0
    package var cutOffReaders = 0
    package var lastTrouble = ""

    package init() {}
}

/// Response times of one second of one operation.
package struct SecondTimes: Sendable, Codable {
    package var role: String
    package var kind: OperationKind
    package var label: String
    package var second: Int
    package var times: LatencyHistogram

    package init(role: String, kind: OperationKind, label: String = "", second: Int, times: LatencyHistogram) {
        self.role = role
        self.kind = kind
        self.label = label
        self.second = second
        self.times = times
    }
}

extension LoadDriver {
    func partReport() -> PartReport {
        let report = report()
        var remains = PartRemains()
        remains.refusals = refusals
        remains.sets = verifiesSets ? setLedger : nil
        remains.quiet = quiet?.finished(at: endedAt) ?? []
        remains.gapPhases = workload.phases.indices.filter(hasGaps).map { workload.phases[$0].name }
        remains.handshaking = handshakes.stretches
        remains.cutOffTakers = cutOffTakers
        remains.cutOffReaders = cutOffReaders
        remains.lastTrouble = lastTrouble
        for stream in streams {
            for (second, times) in stream.secondTimes {
                remains.seconds.append(
                    SecondTimes(
                        role: roles[stream.role].name, kind: stream.kind, label: stream.label, second: second, times: times))
            }
        }
        return PartReport(report: report, remains: remains)
    }
}
