// What ensembles can carry, for a terminal: a row for each size, then a sentence for each.

package import Results

package enum CapacityTable {
    private static let titles = [
        "members", "requests/s", "95 %", "bound by", "may fail", "one down", "zxids last", "log/day",
    ]

    package static func text(_ document: CapacityDocument) -> String {
        let rows = document.sizes.map(row)
        let widths = titles.indices.map { column in ([titles] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            cells.indices.map { padded(cells[$0], to: widths[$0]) }.joined(separator: " │ ")
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "─┼─")
        var parts = [([line(titles), rule] + rows.map(line)).joined(separator: "\n")]
        parts.append(document.sizes.map { sentence($0, document) }.joined(separator: "\n"))
        let courses = RateCourse.text(document)
        if !courses.isEmpty { parts.append(courses) }
        parts += document.marks.map { "Mind (\($0.name.rawValue)): \($0.sentence)" }
        return parts.joined(separator: "\n\n")
    }

    private static func row(_ size: CapacitySize) -> [String] {
        [
            "\(size.nodes)", rate(size), interval(size.rate), size.bound.map(\.rawValue) ?? Numbers.absent,
            size.failuresTolerated.map(String.init) ?? Numbers.absent, Numbers.whole(size.rateOneDown?.median),
            size.secondsToRollOver.map(time) ?? Numbers.absent, size.logBytesPerDay.map(bytes) ?? Numbers.absent,
        ]
    }

    private static func rate(_ size: CapacitySize) -> String {
        if let rate = size.rate { return Numbers.whole(rate.median) }
        return size.heldPerSecond.map { "≥ " + Numbers.whole($0) } ?? Numbers.absent
    }

    private static func interval(_ rate: ResultInterval?) -> String {
        guard let rate, let low = rate.low, let high = rate.high else { return Numbers.absent }
        return "[\(Numbers.whole(low)), \(Numbers.whole(high))]"
    }

    // MARK: sentences

    package static func sentence(_ size: CapacitySize, _ document: CapacityDocument) -> String {
        let members = "\(size.nodes) member\(size.nodes == 1 ? "" : "s")"
        let objective = document.objective
        switch size.outcome {
        case .found:
            return "With \(members), half of the windows of \(window(document)) keep \(objective) at \(rate(size)) requests/s "
                + "\(interval(size.rate)); \(size.bound.map(words) ?? "what bounds it is not known")"
                + "\(size.boundReason.map { ": \($0)" } ?? "").\(oneDown(size))"
        case .unmet:
            let least = size.windows.map(\.offeredPerSecond).min()
            let last = size.windows.last?.reason.map { " (\($0))" } ?? ""
            return "With \(members), not even \(Numbers.whole(least)) requests/s keep \(objective)\(last)."
        case .generator:
            guard let held = size.heldPerSecond else {
                return "With \(members), bounded by the generator, which was late at the lowest rate already."
            }
            return "With \(members), bounded by the generator: \(Numbers.whole(held)) requests/s kept \(objective), and beyond "
                + "that the generator was late; give it more processes with --generators, or a machine of its own."
        case .unbounded:
            return "With \(members), \(Numbers.whole(size.heldPerSecond)) requests/s kept \(objective), the highest rate that "
                + "--to allows."
        case .failed, .broken: return "With \(members): \(size.failure ?? "nothing was found")"
        case .partial: return "With \(members) the search was ended early."
        }
    }

    private static func words(_ bound: CapacityBound) -> String {
        switch bound {
        case .machine: "bound by this machine's processors"
        case .leader: "bound by the leader's processor"
        case .flush: "bound by the flushes of the leader's log"
        case .generator: "bound by the generator"
        case .latency: "bound by the time that requests take"
        }
    }

    private static func oneDown(_ size: CapacitySize) -> String {
        if let rate = size.rateOneDown {
            return " With one follower down it is \(Numbers.whole(rate.median)) \(interval(rate))."
        }
        return size.oneDownRemark.map { " With one member down: \($0)." } ?? ""
    }

    private static func window(_ document: CapacityDocument) -> String {
        Numbers.significant(Double(document.windowNanoseconds) / 1e9) + " s"
    }

    private static func time(_ seconds: Double) -> String {
        seconds < 172_800 ? "\(Numbers.significant(seconds / 3_600)) h" : "\(Numbers.significant(seconds / 86_400)) d"
    }

    private static func bytes(_ count: Double) -> String {
        count < 1e9 ? "\(Numbers.significant(count / 1e6)) MB" : "\(Numbers.significant(count / 1e9)) GB"
    }
}
