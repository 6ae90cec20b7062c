// A child that runs seeds. A seed in which the process itself ends (an assertion, a trap) is known by its number, and the
// runtime's last words are kept.

package import Ensemble
import Foundation

package final class SeedProcess {
    private let child: ChildProcess
    private let file: FileHandle
    private let path: String
    private var rest: [UInt8] = []
    /// Begun and not done: where the process is, or where it ended.
    package private(set) var seed: UInt64?
    /// What it said that is no report.
    package private(set) var lastWords: [String] = []

    /// - Parameter output: a file of its own; what it holds already is no part of this.
    package init(_ command: ProcessCommand, output: String, on thread: SpawningThread) throws {
        path = output
        child = try ChildProcess.start(command, logFile: output, on: thread)
        guard let file = FileHandle(forReadingAtPath: output) else {
            child.send(signal: SIGKILL)
            throw EnsembleError(.unusable, "The file \(output) can't be read; give another directory for it.")
        }
        self.file = file
    }

    deinit {
        child.send(signal: SIGKILL)
        child.waitForEnd(nanoseconds: 5_000_000_000)
        try? file.close()
        unlink(path)
    }

    /// What it has said since the last time, and how it ended, if it has: then nothing more follows.
    package func poll() throws -> (reports: [SeedReport], end: ProcessEnd?) {
        // Asked first: what is read behind it is all there is.
        let end = child.ended
        var reports: [SeedReport] = []
        while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
            rest += data
            cutLines(&reports)
        }
        return (reports, end)
    }

    package func stop() { child.send(signal: SIGKILL) }

    private func cutLines(_ reports: inout [SeedReport]) {
        var start = 0
        while let end = rest[start...].firstIndex(of: 10) {
            let line = String(decoding: rest[start..<end], as: UTF8.self)
            start = end + 1
            guard let report = SeedReport(line: line[...]) else {
                if lastWords.count < 20 { lastWords.append(line) }
                continue
            }
            switch report {
            case .begun(let seed): self.seed = seed
            case .done: seed = nil
            case .broken, .marks: break
            }
            reports.append(report)
        }
        rest.removeFirst(start)
    }

    /// The sentence of an assertion that ended it, as the runtime prints it.
    package var assertion: String? {
        for line in lastWords {
            if let place = line.range(of: "Fatal error: ") { return String(line[place.upperBound...]) }
        }
        return nil
    }
}
