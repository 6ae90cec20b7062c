// A workload that plays a trace: which one, how fast, and what becomes of its sessions. Roles, clients and the one phase follow
// from the trace; the requests themselves are read from it once more when the load is made ready.

import Foundation

package struct Replay: Sendable, Equatable, Codable {
    package enum Speed: Sendable, Equatable, Codable {
        /// So many times as fast as it was recorded.
        case times(Double)
        /// As fast as each session's order and its window allow.
        case max

        package var text: String {
            switch self {
            case .times(let factor): factor == factor.rounded() ? "\(Int(factor))x" : "\(factor)x"
            case .max: "max"
            }
        }

        /// `4x`, `0.5x` or `max`; nil for anything else.
        package init?(_ text: String) {
            if text == "max" {
                self = .max
            } else if text.hasSuffix("x"), let factor = Double(text.dropLast()), (0.001...1_000).contains(factor) {
                self = .times(factor)
            } else {
                return nil
            }
        }

        package static let form = "a factor from 0.001x to 1000x such as 1x or 10x, or max"
    }

    package var file: String
    package var speed: Speed
    /// All znodes lie below this one.
    package var root = ""

    package init(file: String, speed: Speed) {
        self.file = file
        self.speed = speed
    }

    /// When a request is due, in nanoseconds since the beginning of the replay.
    package func due(_ intended: UInt64) -> UInt64 {
        guard case .times(let factor) = speed else { return 0 }
        return factor == 1 ? intended : UInt64(Double(intended) / factor)
    }
}

extension Workload {
    /// Requests that all clients together may have in flight; each has its share of them.
    private static let inFlight = 65_536
    private static let windows = 16...1_024
    /// A replay that is as fast as it gets is given up after so many times as long as the recording took.
    private static let patience: UInt64 = 10
    private static let patienceLeast: UInt64 = 60_000_000_000
    private static let nanosecondsMax: UInt64 = 24 * 3_600_000_000_000

    /// What plays a trace, and nothing else.
    package init(replaying file: String, speed: Replay.Speed) throws(WorkloadError) {
        let trace = try Trace(file: file)
        self.init(
            name: "replay", seed: 1,
            target: Target(connect: [], sessionTimeoutMilliseconds: trace.sessionTimeoutMilliseconds), tree: [],
            payload: .constant(0), roles: [], phases: [], checks: [], resolved: "")
        try take(trace, Replay(file: file, speed: speed))
        resolved = "apiVersion: \(Self.version)\nname: replay\nreplay: {trace: \(file), speed: \(speed.text)}\n"
    }

    /// The roles and the phase that a trace comes to.
    mutating func take(_ trace: Trace, _ replay: Replay) throws(WorkloadError) {
        self.replay = replay
        let window = min(max(Self.inFlight / max(1, trace.sessions.count), Self.windows.lowerBound), Self.windows.upperBound)
        roles = trace.roles.indices.map { role in
            Role(
                name: trace.roles[role], clients: trace.sessions.count { $0 == role }, pipeline: window,
                arrivals: replay.speed == .max ? .closed : .recorded, operations: [])
        }.filter { $0.clients > 0 }
        payload = .constant(trace.operations.map(\.size).max() ?? 0)
        let recorded = trace.nanoseconds
        let lasts =
            replay.speed == .max
            ? max(recorded.multipliedReportingOverflow(by: Self.patience).partialValue, Self.patienceLeast)
            : replay.due(recorded) + 1_000_000
        guard lasts <= Self.nanosecondsMax, recorded <= Self.nanosecondsMax else {
            throw WorkloadError(
                file: replay.file, place: nil,
                "would be played for more than 24 h; take a higher speed, or record a shorter run")
        }
        phases = [
            Phase(name: "replay", nanoseconds: lasts, isRecorded: true, roles: Array(roles.indices), rateScale: 1)
        ]
    }

    /// The file that `replay` names is looked for beside the workload's own, then where the command runs.
    mutating func readReplay(_ node: DocumentNode, in root: DocumentNode) throws(WorkloadError) {
        for key in ["data", "payload", "roles", "phases"] {
            if let other = root.value(of: key) {
                throw other.complaint(
                    "'\(key)' and 'replay' exclude each other, as the trace says what is sent; keep one of the two")
            }
        }
        try node.checkKeys(["trace", "speed"])
        let name = try node.required("trace").word()
        let beside = URL(fileURLWithPath: root.file).deletingLastPathComponent().appendingPathComponent(name).path
        let isBeside = !name.hasPrefix("/") && FileManager.default.fileExists(atPath: beside)
        var speed = Replay.Speed.times(1)
        if let given = node.value(of: "speed") {
            let text = try given.word()
            guard let known = Replay.Speed(text) else {
                throw given.complaint("\(given.title) must be \(Replay.Speed.form), not '\(text)'")
            }
            speed = known
        }
        let replay = Replay(file: isBeside ? beside : name, speed: speed)
        try take(try Trace(file: replay.file), replay)
    }
}
