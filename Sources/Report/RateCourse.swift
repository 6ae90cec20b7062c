// The hockey stick, for a terminal: the windows of a search by the rate that was offered, with the 99th percentile as a bar and
// where the objective was missed.

internal import Foundation
package import Results

package enum RateCourse {
    private static let width = 30.0
    private static let most = 24

    /// Nothing of fewer than three rates.
    package static func text(_ document: CapacityDocument) -> String {
        document.sizes.compactMap { size in
            let points = points(size.windows)
            guard points.count > 2 else { return nil }
            return text(points, "\(size.nodes) member\(size.nodes == 1 ? "" : "s"): response times by offered rate")
        }.joined(separator: "\n\n")
    }

    private struct Point {
        var rate: Double
        var tail: Double
        var median: Double
        var held: Int
        var missed: Int
    }

    /// Windows of one rate are one point: the median of their times.
    private static func points(_ windows: [CapacityWindow]) -> [Point] {
        let judged = windows.filter { $0.held != nil && $0.response != nil }
        // Rates of the last stage lie 3 % apart: those within that are one.
        var groups: [[CapacityWindow]] = []
        for window in judged.sorted(by: { $0.offeredPerSecond < $1.offeredPerSecond }) {
            if let first = groups.last?.first, window.offeredPerSecond <= first.offeredPerSecond * 1.02 {
                groups[groups.count - 1].append(window)
            } else {
                groups.append([window])
            }
        }
        let all = groups.map { group in
            func middle(_ value: (CapacityWindow) -> UInt64) -> Double {
                let sorted = group.map(value).sorted()
                return Double(sorted[sorted.count / 2]) / 1e6
            }
            return Point(
                rate: group.reduce(0) { $0 + $1.offeredPerSecond } / Double(group.count), tail: middle { $0.response!.p99 },
                median: middle { $0.response!.p50 }, held: group.count { $0.held == true },
                missed: group.count { $0.held == false })
        }
        return all.count > most ? Array(all.suffix(most)) : all
    }

    private static func text(_ points: [Point], _ title: String) -> String {
        let least = points.map(\.tail).min() ?? 1
        let spread = Swift.max(log((points.map(\.tail).max() ?? 1) / least), 1e-9)
        let lines = points.map { point in
            let share = 0.05 + 0.95 * log(point.tail / least) / spread
            let verdict =
                point.missed == 0 ? "kept" : point.held == 0 ? "missed" : "kept \(point.held) of \(point.held + point.missed)"
            return padded(Numbers.whole(point.rate), to: 11) + padded(Numbers.significant(point.median), to: 9)
                + padded(Numbers.significant(point.tail), to: 9) + "  "
                + padded(String(repeating: "█", count: Int((share * width).rounded())), to: Int(width), left: true) + "  "
                + verdict
        }
        let head = padded("requests/s", to: 11) + padded("p50 ms", to: 9) + padded("p99 ms", to: 9) + "  p99, logarithmic"
        return ([title, head] + lines).joined(separator: "\n")
    }
}
