// What a process that runs seeds says of them, a line each, to the process that asked for them. A line that is none of these is
// what the runtime says when it stops a process.

package enum SeedReport: Sendable, Equatable {
    case begun(UInt64)
    case done(UInt64, SeedFigures)
    /// `check` found it.
    case broken(UInt64, check: String, String)
    /// Of the seed that was begun last; by `Marks.names`.
    case marks([UInt64])

    package var line: String {
        switch self {
        case .begun(let seed): "begun \(seed)\n"
        case .done(let seed, let figures): "done \(seed) \(figures.steps) \(figures.faults) \(figures.answers) \(figures.trace)\n"
        case .broken(let seed, let check, let text):
            "broken \(seed) \(check.replacing(" ", with: "-")) \(text.replacing("\n", with: " "))\n"
        case .marks(let counts): "marks \(counts.map(String.init).joined(separator: " "))\n"
        }
    }

    package init?(line: Substring) {
        let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard let kind = words.first, words.count >= 2 else { return nil }
        switch kind {
        case "begun":
            guard let seed = UInt64(words[1]) else { return nil }
            self = .begun(seed)
        case "done":
            let numbers = line.split(separator: " ").dropFirst().compactMap { UInt64($0) }
            guard numbers.count == 5 else { return nil }
            self = .done(
                numbers[0],
                SeedFigures(steps: numbers[1], faults: numbers[2], answers: numbers[3], trace: numbers[4]))
        case "broken":
            guard let seed = UInt64(words[1]), words.count == 4 else { return nil }
            self = .broken(seed, check: String(words[2]).replacing("-", with: " "), String(words[3]))
        case "marks":
            let counts = line.split(separator: " ").dropFirst().map { UInt64($0) }
            guard counts.allSatisfy({ $0 != nil }) else { return nil }
            self = .marks(counts.compactMap { $0 })
        default: return nil
        }
    }
}

package struct SeedFigures: Sendable, Equatable {
    package var steps: UInt64
    package var faults: UInt64
    package var answers: UInt64
    package var trace: UInt64

    package init(steps: UInt64, faults: UInt64, answers: UInt64, trace: UInt64) {
        self.steps = steps
        self.faults = faults
        self.answers = answers
        self.trace = trace
    }
}
