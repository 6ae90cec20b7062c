// What an examination of a machine, a disk or a running ensemble came to: the document that `quorate doctor --json` leaves,
// `quorate.doctor/1`. A plain value; how its findings are judged is the benchmark's business.

package enum DoctorVerdict: String, Sendable, Codable {
    /// Every line that could be looked at is kept.
    case healthy
    case notFit = "not_fit"
    /// No server answered, or an ensemble could not be started or loaded.
    case unreachable
    /// What was asked for could not be measured, and nothing else is amiss.
    case undecided
}

/// One thing that was looked at.
package struct DoctorFinding: Sendable, Equatable, Codable {
    package enum State: String, Sendable, Codable {
        case kept
        /// The line is missed, and the verdict with it.
        case missed
        /// To be known: it spoils no verdict.
        case mind
        /// Held to nothing.
        case told
        /// What can't be learnt; `measured` says why.
        case unknown
        /// It was wanted for the verdict and could not be measured.
        case undecided
    }

    /// What it belongs to: the disk, the machine, a server, the ensemble, a class.
    package var subject: String
    package var name: String
    package var measured: String
    /// What it is held to.
    package var line: String?
    package var state: State
    /// What helps where the line is missed.
    package var remedy: String?

    package init(
        _ subject: String, _ name: String, _ measured: String, line: String? = nil, _ state: State, remedy: String? = nil
    ) {
        self.subject = subject
        self.name = name
        self.measured = measured
        self.line = line
        self.state = state
        self.remedy = remedy
    }

    private enum CodingKeys: String, CodingKey {
        case subject, name, measured
        case line = "held_to"
        case state, remedy
    }
}

package struct DoctorDisk: Sendable, Equatable, Codable {
    package var path: String
    package var alone: FsyncCeiling
    /// While a large file was written beside it.
    package var besideWriter: FsyncCeiling
    package var writerBytesPerSecond: Double

    package init(path: String, alone: FsyncCeiling, besideWriter: FsyncCeiling, writerBytesPerSecond: Double) {
        self.path = path
        self.alone = alone
        self.besideWriter = besideWriter
        self.writerBytesPerSecond = writerBytesPerSecond
    }

    private enum CodingKeys: String, CodingKey {
        case path, alone
        case besideWriter = "beside_writer"
        case writerBytesPerSecond = "writer_bytes_per_s"
    }
}

package struct DoctorDocument: DocumentForm, Codable {
    package static let schemaName = "quorate.doctor/1"

    package var schema = DocumentSchema<DoctorDocument>()
    /// UTC, as RFC 3339 has it.
    package var started: String
    package var durationNanoseconds: UInt64?
    package var command: [String]
    package var verdict: DoctorVerdict
    /// The verdict in one sentence.
    package var sentence: String
    package var findings: [DoctorFinding]
    package var environment: ResultEnvironment?
    /// Left out where the disk was not measured.
    package var disk: DoctorDisk?

    package init(
        started: String, command: [String], verdict: DoctorVerdict, sentence: String, findings: [DoctorFinding]
    ) {
        self.started = started
        self.command = command
        self.verdict = verdict
        self.sentence = sentence
        self.findings = findings
    }

    private enum CodingKeys: String, CodingKey {
        case schema, started
        case durationNanoseconds = "duration_ns"
        case command, verdict, sentence, findings, environment, disk
    }
}
