// A trace as lines for people: what was recorded, then one line for each request, its parts below it.

internal import Foundation
package import Workload

extension Trace {
    /// What the trace is, in a line or two.
    package var heading: [String] {
        let seconds = String(format: "%.3f", Double(nanoseconds) / 1e9)
        let counts =
            "\(requests) requests of \(sessions.count) sessions over \(seconds) s, \(znodes.count) znodes laid out before"
        let members = roles.indices.map { role in "\(roles[role]) \(sessions.count { $0 == role })" }
        return ["# \(name): \(counts)", "# sessions by role: \(members.joined(separator: ", "))"] + notes.map { "# \($0)" }
    }

    /// Calls `line` with every line.
    package func show<E: Error>(_ line: (String) throws(E) -> Void) throws(E) {
        for text in heading { try line(text) }
        for znode in znodes { try line("znode \(znode.path) \(znode.size) B") }
        for operation in operations { try line(operation.line(of: self)) }
    }
}

extension TraceOperation {
    fileprivate func line(of trace: Trace) -> String {
        var words = isPart ? ["    part"] : [String(format: "%.6f", Double(intended) / 1e9), "session \(session)"]
        words.append(kind.name)
        if kind.hasPath { words.append(path) }
        switch kind {
        case .create: words += [mode.name, "\(size) B"]
        case .set: words.append("\(size) B")
        case .multi: words.append("of \(parts) parts")
        default: break
        }
        if version >= 0 { words.append("if version \(version)") }
        if watches { words.append("and watch") }
        return words.joined(separator: " ") + (isPart ? partResult : result)
    }

    private var result: String {
        guard let outcome else { return " -> no reply" }
        let time = String(format: "%.3f", Double(outcome.nanoseconds) / 1e6)
        let zxid = outcome.zxid > 0 ? ", zxid 0x\(String(outcome.zxid, radix: 16))" : ""
        return " -> \(answer(outcome)) after \(time) ms\(zxid)"
    }

    private var partResult: String { outcome.map { " -> \(answer($0))" } ?? "" }

    private func answer(_ outcome: TraceOutcome) -> String {
        if outcome.error != 0 { return errorName(outcome.error) }
        if !outcome.created.isEmpty { return outcome.created }
        return outcome.version >= 0 ? "version \(outcome.version)" : "ok"
    }
}
