// One of several runs of a size and target, each on fresh directories: the figures that are compared. Its distributions and books
// stand joined with those of the other runs in the cell, because a document with each of them would be too long to keep.

package struct ResultRun: Sendable, Equatable, Codable {
    package var nodes: Int
    package var target: String
    /// Its number among the runs of this size, from 1; nil where there is one.
    package var repetition: Int?
    package var start: ResultStart?
    package var warmUp: ResultWarmUp?
    /// The recorded ones.
    package var phases: [ResultSlicePhase]
    package var slices: [ResultSlice]?
    package var failedChecks: [ResultCheck]
    package var isPartial: Bool
    package var failure: String?
    package var isTooSlow: Bool?

    package init(_ cell: ResultCell) {
        nodes = cell.nodes
        target = cell.target
        repetition = cell.repetition
        start = cell.start
        warmUp = cell.warmUp
        phases = cell.comparedPhases
        slices = cell.slices
        failedChecks = cell.failedChecks
        isPartial = cell.isPartial
        failure = cell.failure
        isTooSlow = cell.isTooSlow
    }

    private enum CodingKeys: String, CodingKey {
        case nodes, target, repetition, start
        case warmUp = "warm_up"
        case phases, slices
        case failedChecks = "failed_checks"
        case isPartial = "partial"
        case failure
        case isTooSlow = "too_slow"
    }
}

extension ResultDocument {
    /// Puts in what has been run so far. Of several runs each has its figures in `runs`, and the cells hold them joined.
    package mutating func hold(_ found: [ResultCell], repetitions: Int) {
        guard repetitions > 1 else {
            cells = found
            return
        }
        runs = found.map(ResultRun.init)
        cells = ResultCell.joinedRuns(found)
        for place in cells.indices { cells[place].dropWhatIsOfOneRun() }
    }
}

extension ResultCell {
    /// Seconds of several runs, one after the other, are no course of time.
    fileprivate mutating func dropWhatIsOfOneRun() {
        repetition = nil
        slices = nil
        writeGapSeries = []
        (course, stretches) = (nil, nil)
        for phase in phases.indices {
            for operation in phases[phase].operations.indices { phases[phase].operations[operation].series = [] }
        }
    }
}
