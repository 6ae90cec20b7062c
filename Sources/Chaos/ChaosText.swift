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
        lines += sums(result)
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

    /// Gaps by kind of fault, how many faults they are of, and what was asked for in vain.
    private static func sums(_ result: ChaosResult) -> [String] {
        var lines = result.gaps.map { "\($0.fault.rawValue) of \($0.role), \(figures($0.writeGap))" }
        let counted = result.gaps.reduce(0) { $0 + $1.writeGap.count }
        if let all = GapFigures(result.strikes.map(\.writeGap)), counted < all.count {
            lines.append("all faults, \(figures(all)); those near to another are in this line only")
        }
        if let never = result.neverStruck, !never.isEmpty {
            let names = never.map(\.rawValue).joined(separator: ", ")
            lines.append("Chance has drawn none of: \(names). Give it more --seconds, another --seed, or fewer --faults.")
        }
        return lines.isEmpty ? [] : lines + [""]
    }

    private static func figures(_ gap: GapFigures) -> String {
        "\(gap.count) time\(gap.count == 1 ? "" : "s"): write gap p50 \(Seconds.text(gap.p50Nanoseconds)), "
            + "p99 \(Seconds.text(gap.p99Nanoseconds)), longest \(Seconds.text(gap.maxNanoseconds))"
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
