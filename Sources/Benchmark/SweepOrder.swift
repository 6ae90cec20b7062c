// What a sweep over ensemble sizes is asked to do.

package import Workload

package struct SweepOrder: Sendable {
    /// Begins the name of every directory of members' data, so that a later run knows what a killed one left.
    package static let dataPrefix = "quorate-data-"

    /// As each slice runs it.
    package var workload: Workload
    /// What is run instead of it where lists of values are tried, each with its values.
    package var variants: [Variant] = []
    /// Which of the variants this order is about, once it is about one, and its values.
    private(set) var variant: Int?
    private(set) var parameters: [String: String]?
    /// As it was found, for the result.
    package var workloadFile: String
    package var overrides: [String]
    package var nodes: [Int]
    /// The others are compared with the first one.
    package var targets: [BenchTarget]
    /// Runs of each size, each on fresh directories.
    package var repetitions = 1
    /// Slices into which each run's load is cut, so that targets can take turns.
    package var rounds = 1
    /// Phases last a fraction of their time, and nothing is run twice.
    package var isQuick = false
    /// Clients of launched targets speak TLS to them.
    package var clientTLS = false
    /// What holds the members of all launched targets back, alike.
    package var linkDelayNanoseconds: UInt64 = 0
    package var flushDelayNanoseconds: UInt64 = 0
    /// The tool's own program: generators that share a load are started from it, and what delays flushes lies beside it.
    package var program = ""
    /// Processes that share the load.
    package var generators = 1
    /// A directory of its own is made in it for each ensemble's data.
    package var dataParent: String
    /// Where the members' log files go, in a folder for each ensemble.
    package var logDirectory: String
    package var keepsData: Bool

    package struct Variant: Sendable {
        package var workload: Workload
        package var parameters: [String: String]

        package init(workload: Workload, parameters: [String: String]) {
            self.workload = workload
            self.parameters = parameters
        }
    }

    /// The order for each variant alone; where there are none, the order itself.
    var parts: [SweepOrder] {
        guard !variants.isEmpty else { return [self] }
        return variants.enumerated().map { number, variant in
            var part = self
            part.variants = []
            part.workload = variant.workload
            part.variant = number
            part.parameters = variant.parameters
            return part
        }
    }

    package init(
        workload: Workload, workloadFile: String, overrides: [String], nodes: [Int], targets: [BenchTarget], dataParent: String,
        logDirectory: String, keepsData: Bool
    ) {
        self.workload = workload
        self.workloadFile = workloadFile
        self.overrides = overrides
        self.nodes = nodes
        self.targets = targets
        self.dataParent = dataParent
        self.logDirectory = logDirectory
        self.keepsData = keepsData
    }

    /// One sentence for each delay.
    package var delays: [String] {
        func shown(_ nanoseconds: UInt64) -> String {
            nanoseconds % 1_000_000 == 0 ? "\(nanoseconds / 1_000_000) ms" : "\(nanoseconds / 1_000) µs"
        }
        var sentences: [String] = []
        if linkDelayNanoseconds > 0 {
            sentences.append("What one member sends another is on its way for \(shown(linkDelayNanoseconds)).")
        }
        if flushDelayNanoseconds > 0 {
            sentences.append("A flush takes \(shown(flushDelayNanoseconds)) longer than the disk does.")
        }
        return sentences
    }

    /// Overrides that make the same workload last a fraction of its time: phases of a fifth, but at least half a second, and
    /// whole ones where clients come back, or where bursts and steps have lengths of their own. As overrides, so that the
    /// workload that is resolved is the one that is run.
    package static func hurry(_ workload: Workload) -> [String] {
        guard workload.replay == nil else { return [] }
        return workload.phases.filter { !workload.keepsItsLength($0) }.map {
            "phases.\($0.name).for=\(max($0.nanoseconds / 5, 500_000_000) / 1_000_000)ms"
        }
    }
}
