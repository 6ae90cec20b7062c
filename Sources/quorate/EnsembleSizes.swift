// Which ensemble sizes a command is for, as `--nodes` lists them.

import Benchmark
import Ensemble

enum EnsembleSizes {
    static func read(_ text: String?) throws -> [Int] {
        let nodes = text ?? "1,3,5"
        let counts = nodes.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard !counts.isEmpty, counts.allSatisfy({ $0.map { (1...EnsembleOrder.largest).contains($0) } ?? false }) else {
            throw Failure(
                "--nodes must list sizes from 1 to \(EnsembleOrder.largest), such as 1,3,5, not '\(nodes)'.", code: 64)
        }
        let sizes = counts.compactMap { $0 }
        guard Set(sizes).count == sizes.count else {
            throw Failure("--nodes names a size twice: '\(nodes)'; for several runs of each use --repeat.", code: 64)
        }
        return sizes
    }

    /// Servers that run already have the size that they have, and only the same size can be laid beside them.
    static func beside(_ targets: [BenchTarget], _ asked: [Int], isGiven: Bool) throws -> [Int] {
        guard let running = targets.lazy.compactMap(\.runningSize).first else { return asked }
        guard !isGiven || asked == [running] else {
            throw Failure("--target names \(running) running servers, so --nodes can only be \(running); leave it out.", code: 64)
        }
        return [running]
    }
}
