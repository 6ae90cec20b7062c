// What was found by all seeds that were run, in one process or several, today or before: figures, situations met, and what broke.

package import Foundation
import Simulator

package struct SeedLedger: Codable, Sendable {
    package struct Broken: Codable, Sendable, Equatable {
        package var seed: UInt64
        package var finder: String
        package var text: String
    }

    /// Seeds from the first up to, and without, the second; ascending and apart.
    private var ranges: [[UInt64]] = []
    package private(set) var runs: UInt64 = 0
    package private(set) var steps: UInt64 = 0
    package private(set) var faults: UInt64 = 0
    package private(set) var answers: UInt64 = 0
    /// Of all traces, in whatever order the seeds were run.
    package private(set) var trace: UInt64 = 0
    /// Each seed that broke, with what was said first.
    package private(set) var broken: [Broken] = []
    /// Situations met, by name.
    package private(set) var marks: [String: UInt64] = [:]
    /// Seconds in which seeds were run, however many at a time.
    package var seconds = 0.0

    package static let endOfProcess = "the end of its process"

    package init() {}

    // MARK: filling

    package mutating func note(_ report: SeedReport) {
        switch report {
        case .begun: break
        case .done(let seed, let figures):
            include(seed)
            runs += 1
            steps += figures.steps
            faults += figures.faults
            answers += figures.answers
            trace &+= (figures.trace ^ seed) &* 0x9e37_79b9_7f4a_7c15
        case .broken(let seed, let check, let text): noteBroken(seed, check, text)
        case .marks(let counts):
            for (name, count) in zip(Marks.names, counts) { marks[name, default: 0] += count }
        }
    }

    /// The process ended in this seed.
    package mutating func noteEnd(in seed: UInt64, _ text: String) {
        include(seed)
        runs += 1
        noteBroken(seed, SeedLedger.endOfProcess, text)
    }

    private mutating func noteBroken(_ seed: UInt64, _ finder: String, _ text: String) {
        guard !broken.contains(where: { $0.seed == seed }) else { return }
        broken.append(Broken(seed: seed, finder: finder, text: text))
    }

    private mutating func include(_ seed: UInt64) {
        let place = ranges.firstIndex { $0[1] >= seed } ?? ranges.count
        guard place < ranges.count else { return ranges.append([seed, seed + 1]) }
        if ranges[place][0] <= seed, seed < ranges[place][1] { return }
        if ranges[place][1] == seed {
            ranges[place][1] += 1
            if place + 1 < ranges.count, ranges[place + 1][0] == seed + 1 {
                ranges[place][1] = ranges[place + 1][1]
                ranges.remove(at: place + 1)
            }
        } else if ranges[place][0] == seed + 1 {
            ranges[place][0] = seed
        } else {
            ranges.insert([seed, seed + 1], at: place)
        }
    }

    // MARK: asking

    /// The next `count` seeds from `first` on that were not run.
    package func missing(_ count: UInt64, from first: UInt64) -> [Range<UInt64>] {
        var found: [Range<UInt64>] = []
        var (left, next) = (count, first)
        for range in ranges where range[1] > next && left > 0 {
            if range[0] > next {
                let taken = min(left, range[0] - next)
                found.append(next..<next + taken)
                left -= taken
            }
            next = max(next, range[1])
        }
        if left > 0 { found.append(next..<next + left) }
        return found
    }

    /// Situations that were met less often than that.
    package func rare(below least: UInt64) -> [(name: String, count: UInt64)] {
        Marks.names.map { ($0, marks[$0] ?? 0) }.filter { $0.1 < least }
    }

    package var text: String {
        let spread = ranges.map { $0[1] - $0[0] == 1 ? "\($0[0])" : "\($0[0])-\($0[1] - 1)" }.joined(separator: " ")
        let rate = seconds >= 0.001 ? UInt64(Double(steps) / seconds) : 0
        let met = Marks.names.map { "  \($0) \(marks[$0] ?? 0)" }.joined(separator: "\n")
        return
            "\(runs) runs (seeds \(spread)), \(broken.count) broken; \(steps) steps (\(steps / max(runs, 1)) a run, \(rate) a second), "
            + "\(faults) faults, \(answers) answers; trace \(String(trace, radix: 16))\nsituations met:\n\(met)"
    }

    // MARK: keeping

    /// - Parameter data: what `encoded` gave, or nothing.
    /// - Throws: a sentence that says what is wrong with it.
    package init(decoding data: Data) throws(ResumeFileError) {
        if data.isEmpty { return }
        do {
            self = try JSONDecoder().decode(SeedLedger.self, from: data)
        } catch let error as DecodingError {
            throw ResumeFileError(description: SeedLedger.sentence(of: error))
        } catch {
            throw ResumeFileError(description: "\(error)")
        }
        if let flaw { throw ResumeFileError(description: flaw) }
    }

    private static func sentence(of error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): "it has no \"\(key.stringValue)\""
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\"\(context.codingPath.first?.stringValue ?? "")\" has a value of another kind"
        // Of a number that fits nothing, too, of which the decoder names no place.
        case .dataCorrupted(let context): "it is not JSON of this kind (\(context.debugDescription))"
        @unknown default: "it is not JSON of this kind"
        }
    }

    /// What no campaign comes to, and could not be counted on from; nil if there is nothing of the kind.
    private var flaw: String? {
        let most = UInt64(1) << 62
        var end = UInt64(0)
        var count = UInt64(0)
        for range in ranges {
            guard range.count == 2, range[0] < range[1], range[0] >= end, range[1] <= .max / 2 else {
                return "\"ranges\" has \(range), where two ascending numbers behind those of the range before must stand"
            }
            end = range[1]
            count += range[1] - range[0]
        }
        if count != runs { return "\"runs\" is \(runs), but the seeds of \"ranges\" are \(count)" }
        for (name, figure) in [("steps", steps), ("faults", faults), ("answers", answers)] where figure > most {
            return "\"\(name)\" is \(figure), which no campaign comes to"
        }
        for (name, figure) in marks where figure > most { return "the mark '\(name)' is \(figure), which no campaign comes to" }
        guard seconds.isFinite, seconds >= 0, seconds <= 1e12 else { return "\"seconds\" is \(seconds), which is no time" }
        return nil
    }

    package func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self)
    }
}
