// A result for people and for programs: a table of faults and a line for each promise, or JSON.

package import Foundation
import Workload

package enum ChaosText {
    package static func report(_ result: ChaosResult) -> String {
        var lines: [String] = []
        if !result.strikes.isEmpty {
            lines.append("       at       for  write gap  fault")
            for strike in result.strikes {
                let who = strike.members.map(String.init).joined(separator: ", ")
                let role = strike.role.hasPrefix("member") ? "" : " (\(strike.role))"
                lines.append(
                    "\(padded(strike.at))  \(padded(strike.lasted))  \(padded(strike.writeGap))  \(strike.fault.rawValue) of \(who)\(role)"
                )
            }
            lines.append("")
        }
        for gaps in result.gaps {
            let figures = gaps.writeGap
            lines.append(
                "\(gaps.fault.rawValue) of \(gaps.role), \(figures.count) times: write gap p50 \(Seconds.text(figures.p50Nanoseconds)), "
                    + "p99 \(Seconds.text(figures.p99Nanoseconds)), longest \(Seconds.text(figures.maxNanoseconds))")
        }
        lines.append("")
        lines.append(
            "\(result.members) member\(result.members == 1 ? "" : "s"), seed \(result.seed), \(result.clients) clients: "
                + "\(result.requests) requests, \(result.answered) answered, \(result.connections) connections, "
                + "\(result.sessionsResumed) sessions resumed, \(result.sessionsLost) lost")
        if result.isUnflushed == true {
            lines.append(
                "forceSync=no: nothing was flushed, and what a loss of power would have taken no fault of this run can show.")
        }
        for promise in result.promises {
            lines.append("\(promise.isKept ? "kept   " : "BROKEN ") \(promise.name): \(promise.sentence)")
            lines += promise.excerpt.map { "        " + $0 }
        }
        if result.isPartial { lines.append("It was ended before all of it was done.") }
        if let directory = result.directory { lines.append("Data and logs: \(directory)") }
        return lines.joined(separator: "\n")
    }

    private static func padded(_ nanoseconds: UInt64) -> String {
        let text = Seconds.text(nanoseconds)
        return String(repeating: " ", count: max(0, 9 - text.count)) + text
    }

    package static func json(_ result: ChaosResult) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(result)
    }
}
