// The gain over the values of two knobs as a map of shades, where every value of the one was tried with every value of the other.

import Results

enum TuningMap {
    private static let shades = ["··", "░░", "▒▒", "▓▓", "██"]

    /// nil where no two knobs were tried together.
    static func text(_ document: TuningDocument) -> String? {
        let tried = document.candidates.filter { !$0.changesPromise }.map { (settings: parsed($0), gain: gain($0)) }
        var keys: [String] = []
        for key in tried.flatMap({ $0.settings.map(\.key) }) where !keys.contains(key) { keys.append(key) }
        for (place, first) in keys.enumerated() {
            for second in keys.dropFirst(place + 1) {
                if let map = map(first, second, tried) { return map }
            }
        }
        return nil
    }

    private static func parsed(_ candidate: TunedCandidate) -> [(key: String, value: String)] {
        candidate.settings.compactMap { line in
            line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
        }
    }

    /// The default gains nothing on itself.
    private static func gain(_ candidate: TunedCandidate) -> Double? { candidate.settings.isEmpty ? 1 : candidate.gain?.median }

    private static func map(
        _ first: String, _ second: String, _ tried: [(settings: [(key: String, value: String)], gain: Double?)]
    ) -> String? {
        func values(_ key: String) -> [String?] {
            var found: [String?] = [nil]
            for setting in tried.flatMap(\.settings) where setting.key == key && !found.contains(setting.value) {
                found.append(setting.value)
            }
            return found
        }
        let (rows, columns) = (values(first), values(second))
        func cell(_ row: String?, _ column: String?) -> Double? {
            let wanted = [(first, row), (second, column)].compactMap { key, value in value.map { "\(key)=\($0)" } }
            return tried.first { $0.settings.map { "\($0.key)=\($0.value)" }.sorted() == wanted.sorted() }?.gain ?? nil
        }
        let grid = rows.map { row in columns.map { cell(row, $0) } }
        guard rows.count > 1, columns.count > 1, grid.allSatisfy({ $0.allSatisfy { $0 != nil } }) else { return nil }
        let width = max(10, columns.map { ($0 ?? "default").count + 3 }.max() ?? 0)
        let side = max(first.count, rows.map { ($0 ?? "default").count }.max() ?? 0)
        var lines = ["The gain by \(first) (down) and \(second) (across):"]
        lines.append(padded("", to: side) + columns.map { padded($0 ?? "default", to: width) }.joined())
        for (row, gains) in zip(rows, grid) {
            let cells = gains.map { padded("\(shade($0 ?? 1)) \(Numbers.fixed($0 ?? 1, places: 2))", to: width) }
            lines.append(padded(row ?? "default", to: side) + cells.joined())
        }
        return lines.joined(separator: "\n")
    }

    /// From half the default's worth to twice as much.
    private static func shade(_ gain: Double) -> String {
        switch gain {
        case ..<0.8: shades[0]
        case ..<0.97: shades[1]
        case ..<1.03: shades[2]
        case ..<1.25: shades[3]
        default: shades[4]
        }
    }
}
