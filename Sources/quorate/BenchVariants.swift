// The workloads of one `quorate bench`: one, or where lists of values stand in the file or in overrides, each combination.

import Benchmark
import Workload

struct BenchVariants {
    /// Each as it is run, with its values.
    let all: [SweepOrder.Variant]
    /// The document with its lists.
    private let resolved: String

    /// - Parameter read: reads the workload with these overrides beside those of the command.
    init(_ sweep: WorkloadSweep, read: ([String]) throws -> Workload) throws {
        resolved = sweep.resolved
        all = try sweep.combinations.map { combination in
            SweepOrder.Variant(
                workload: try read(combination.map(\.setting)),
                parameters: Dictionary(combination.map { ($0.path, $0.value) }, uniquingKeysWith: { $1 }))
        }
    }

    var first: Workload { all[0].workload }
    /// True if lists of values are tried.
    var isSweep: Bool { all[0].parameters.isEmpty == false }

    /// What is said of the whole: the workload with its lists, and those of the first combination elsewhere.
    var described: Workload {
        guard isSweep else { return first }
        var whole = first
        whole.resolved = resolved
        return whole
    }

    /// Cells of one size differ in their values only, so that nothing else may.
    func check(sizes: Int, targets: Int, repeats: Int, rounds: Int) throws {
        guard isSweep else { return }
        guard targets == 1, repeats == 1, rounds == 1 else {
            let option = targets > 1 ? "--target with one" : repeats > 1 ? "--repeat 1" : "--rounds 1"
            throw Failure(
                "Lists of values in a workload are tried on one target, once each and in one piece; take \(option).", code: 64)
        }
        guard all.count * sizes <= WorkloadSweep.combinationsMax else {
            throw Failure(
                "\(all.count) combinations of values with \(sizes) sizes are \(all.count * sizes) cells, and at most "
                    + "\(WorkloadSweep.combinationsMax) are run; shorten a list or --nodes.", code: 64)
        }
    }

    /// Columns of the table: the paths of the values, and how wide those are.
    static func axes(_ variants: [SweepOrder.Variant]) -> [(path: String, width: Int)] {
        (variants.first?.parameters.keys.sorted() ?? []).map { path in
            (path, variants.compactMap { $0.parameters[path]?.count }.max() ?? 0)
        }
    }
}
