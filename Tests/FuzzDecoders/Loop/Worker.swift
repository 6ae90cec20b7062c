// The process in which inputs run: round after round, each target for a moment, each input written down before it runs. What is
// found ends it.

import ApplyHarness
import CLinux
import FuzzWatch
import Glibc

struct Worker {
    /// A target's turn, in nanoseconds.
    private static let turn: UInt64 = 50_000_000
    /// Inputs that reached something new are kept, up to so many of a target.
    private static let keptAtMost = 2_000

    let notebook: Notebook
    let options: Options
    private var lanes: [Lane]
    private let deadline: UInt64

    private struct Lane {
        let target: any FuzzTarget
        var inputs: [[UInt8]]
        var sinceBegin = Int.max
    }

    init(_ path: String, _ options: Options) throws {
        guard let notebook = Notebook(path, isNew: false) else { throw OptionError("the notebook \(path) can't be opened") }
        self.notebook = notebook
        self.options = options
        lanes = try Targets.make(options.targets, planted: options.planted).map { Lane(target: $0, inputs: $0.corpus) }
        deadline = options.seconds.map { quorate_monotonic_ns() + UInt64($0 * 1e9) } ?? .max
        fuzz_edges_clear()
    }

    private var isOver: Bool {
        quorate_monotonic_ns() >= deadline || notebook.executions >= options.executions ?? .max
    }

    mutating func work() {
        quorate_die_with_parent(SIGKILL)
        var mutator = Mutator(seed: options.seed)
        // First what was recorded, as it is; as far as it takes half a second.
        for index in lanes.indices where !isOver { replayRecordings(index) }
        while !isOver {
            for index in lanes.indices where !isOver {
                mutator.others = lanes[index].inputs
                let end = quorate_monotonic_ns() + Worker.turn
                repeat {
                    var input = lanes[index].inputs[mutator.chance.below(lanes[index].inputs.count)]
                    lanes[index].target.change(&input, &mutator)
                    execute(index, input)
                } while quorate_monotonic_ns() < end && notebook.executions < options.executions ?? .max
            }
        }
    }

    private mutating func replayRecordings(_ index: Int) {
        let end = quorate_monotonic_ns() + 10 * Worker.turn
        for input in lanes[index].target.corpus where !isOver && quorate_monotonic_ns() < end { execute(index, input) }
    }

    private mutating func execute(_ index: Int, _ input: [UInt8]) {
        let target = lanes[index].target
        notebook.target = UInt32(index)
        if lanes[index].sinceBegin >= target.executionsPerState || target.executionsPerState == 1 || notebook.target != lastTarget
        {
            notebook.clear()
            target.begin()
            lanes[index].sinceBegin = 0
        }
        lastTarget = notebook.target
        guard notebook.note(input) else {
            lanes[index].sinceBegin = Int.max
            return
        }
        lanes[index].sinceBegin += 1
        notebook.isUnderWay = true
        let held = Worker.run(target, input)
        notebook.isUnderWay = false
        notebook.executions += 1
        notebook.executions(of: index).pointee += 1
        notebook.memory(of: index).pointee = max(notebook.memory(of: index).pointee, UInt64(held))
        guard fuzz_edges() > 0, fuzz_edges_news() > 0, lanes[index].inputs.count < Worker.keptAtMost else { return }
        lanes[index].inputs.append(input)
    }

    private var lastTarget = UInt32.max

    /// - Returns: bytes that the execution held at most.
    static func run(_ target: any FuzzTarget, _ input: [UInt8]) -> Int {
        let limit = target.bound.bytes(for: input.count)
        fuzz_watch_begin(limit, limit)
        target.run(input)
        return fuzz_watch_end()
    }

    /// The inputs of a finding, in this very process.
    static func replay(_ finding: Finding, planted: Planted?) throws {
        guard let target = try Targets.make([finding.target], planted: planted).first else {
            throw OptionError("there is no target '\(finding.target)'")
        }
        target.begin()
        for input in finding.inputs { _ = run(target, input) }
    }
}
