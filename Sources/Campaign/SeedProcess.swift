// A child that runs seeds. A seed in which the process itself ends (an assertion, a trap) is known by its number, and the
// runtime's last words are kept.

import CLinux
package import Ensemble
import Foundation

package final class SeedProcess {
    private let child: ChildProcess
    /// Memory that the child writes to: it needs no room on a disk, and goes with the last of the two.
    private let memory: Int32
    private var readThrough: off_t = 0
    private var rest: [UInt8] = []
    /// Begun and not done: where the process is, or where it ended.
    package private(set) var seed: UInt64?
    /// The last one that was done.
    package private(set) var doneSeed: UInt64?
    /// What it said that is no report.
    package private(set) var lastWords: [String] = []

    package init(_ command: ProcessCommand, on thread: SpawningThread) throws {
        memory = quorate_memory_file("seeds")
        guard memory >= 0 else {
            throw EnsembleError(.outOfResources, "No memory for what a process says: \(String(cString: strerror(-memory))).")
        }
        do {
            child = try ChildProcess.start(command, logFile: "/proc/\(getpid())/fd/\(memory)", on: thread)
        } catch {
            close(memory)
            throw error
        }
    }

    deinit {
        child.send(signal: SIGKILL)
        child.waitForEnd(nanoseconds: 5_000_000_000)
        close(memory)
    }

    /// What it has said since the last time, and how it ended, if it has: then nothing more follows.
    package func poll() -> (reports: [SeedReport], end: ProcessEnd?) {
        // Asked first: what is read behind it is all there is.
        let end = child.ended
        var reports: [SeedReport] = []
        while readMore() { cutLines(&reports) }
        return (reports, end)
    }

    private func readMore() -> Bool {
        let piece = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            count = max(0, pread(memory, buffer.baseAddress, buffer.count, readThrough))
        }
        readThrough += off_t(piece.count)
        rest += piece
        return !piece.isEmpty
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
            case .done(let seed, _): (self.seed, doneSeed) = (nil, seed)
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
