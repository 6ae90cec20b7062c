// What a sweep over ensemble sizes is asked to do.

import Ensemble
package import Workload

package struct SweepOrder: Sendable {
    /// Begins the name of every directory of members' data, so that a later run knows what a killed one left.
    package static let dataPrefix = "quorate-data-"

    package var workload: Workload
    /// As it was found, for the result.
    package var workloadFile: String
    package var overrides: [String]
    package var nodes: [Int]
    /// Mutual TLS between members.
    package var tls: Bool
    /// Lines for every member's zoo.cfg.
    package var settings: [(key: String, value: String)]
    /// A directory of its own is made in it for each cell's data.
    package var dataParent: String
    /// Where the members' log files go, in a folder for each size.
    package var logDirectory: String
    /// The binary that members run.
    package var program: String
    package var keepsData: Bool

    package init(
        workload: Workload, workloadFile: String, overrides: [String], nodes: [Int], tls: Bool,
        settings: [(key: String, value: String)], dataParent: String, logDirectory: String, program: String, keepsData: Bool
    ) {
        self.workload = workload
        self.workloadFile = workloadFile
        self.overrides = overrides
        self.nodes = nodes
        self.tls = tls
        self.settings = settings
        self.dataParent = dataParent
        self.logDirectory = logDirectory
        self.program = program
        self.keepsData = keepsData
    }

    /// Overrides that make the same workload last a fraction of its time: phases of a fifth, but at least half a second. As
    /// overrides, so that the workload that is resolved is the one that is run.
    package static func hurry(_ workload: Workload) -> [String] {
        workload.phases.map { "phases.\($0.name).for=\(max($0.nanoseconds / 5, 500_000_000) / 1_000_000)ms" }
    }
}
