// A multi made ready: a prepared piece for each part that it may have. What a multi consists of follows from its number, so that
// the check of its reply can draw the same parts again and nothing has to be remembered.

internal import Statistics
internal import Workload

/// A multi of a role.
struct MultiPlan {
    let parts: [PlannedOperation]
    /// Sums of the weights up to each part; empty where each comes once, in order.
    let cumulativeWeights: [UInt64]
    let size: ClosedRange<Int>
    /// Bytes of the largest frame there can be.
    let bytesMax: Int

    init(parts: [PlannedOperation], weights: [Int], size: ClosedRange<Int>) {
        self.parts = parts
        cumulativeWeights = weights.indices.map { UInt64(weights[...$0].reduce(0, +)) }
        self.size = size
        let longest = parts.map { part in
            (part.templates.map(\.frame.count).max() ?? 0) + (part.tails.map(\.frame.count).max() ?? 0)
        }
        bytesMax = MultiWire.requestHeadCount + size.upperBound * (longest.max() ?? 0) + MultiWire.headCount
    }
}

/// One part as chance has it: which, with which of its sizes and lengths, for which znode.
struct DrawnPart {
    let part: Int
    let template: Int
    let tail: Int
    /// The znode of the pool that is set or looked for, or the parent of what is created.
    let znode: UInt64
    /// What is created is named after it.
    let number: UInt64
}

/// Draws the parts of the multi with the numbers from `first` on.
struct MultiDraw {
    let count: Int
    private let first: UInt64
    private var random: SeededRandom
    private var position = 0

    @inline(__always) init(_ plan: MultiPlan, first: UInt64, _ names: CreatedNames) {
        self.first = first
        random = names.chance(of: ~first)
        count = plan.size.lowerBound + Int(random.below(UInt64(plan.size.count)))
    }

    @inline(__always) mutating func next(_ plan: MultiPlan, _ names: CreatedNames) -> DrawnPart {
        let number = first &+ UInt64(position)
        let chosen = plan.cumulativeWeights.isEmpty ? position : drawPart(plan.cumulativeWeights)
        position += 1
        let part = plan.parts[chosen]
        guard !part.tails.isEmpty else {
            return DrawnPart(
                part: chosen, template: Int(random.below(UInt64(part.templates.count))), tail: 0,
                znode: random.below(part.poolCount), number: number)
        }
        let place = names.place(of: number, parents: part.poolCount, lengths: part.templates.count)
        return DrawnPart(
            part: chosen, template: place.length, tail: Int(random.below(UInt64(part.tails.count))), znode: place.parent,
            number: number)
    }

    @inline(__always) private mutating func drawPart(_ sums: [UInt64]) -> Int {
        let drawn = random.below(sums[sums.count - 1])
        var index = 0
        while sums[index] <= drawn { index += 1 }
        return index
    }
}

extension PlanBuilder {
    mutating func planMulti(_ multi: Multi, at position: Int, role: Int) -> PlannedOperation {
        var parts: [PlannedOperation] = []
        for part in multi.parts { parts.append(planPart(part)) }
        multis.append(MultiPlan(parts: parts, weights: multi.weights, size: multi.size))
        var planned = PlannedOperation(
            kind: .multi, stream: stream(.multi, role: role), templates: [], poolCount: 1, createdBy: position)
        planned.multi = multis.count - 1
        return planned
    }

    private mutating func planPart(_ part: MultiPart) -> PlannedOperation {
        switch part {
        case .create(let path, let mode):
            var planned = PlannedOperation(
                kind: .create, stream: -1, templates: [store.path(ownPath(path, mode), mode, .part)], poolCount: 1, createdBy: 0,
                isSequential: mode.isSequential)
            planned.tails = sizes.map { store.creationTail(mode: mode, size: $0) }
            return planned
        case .createChild(let parents, let lengths, let mode):
            return planChild(parents, lengths, mode, head: .part, stream: -1, at: 0)
        case .set(let pool):
            return PlannedOperation(
                kind: .set, stream: -1, templates: sizes.map { store.setPart(workload.tree[pool], size: $0) },
                poolCount: UInt64(workload.tree[pool].count), createdBy: 0, firstZnode: firstZnode(of: pool, isSet: true))
        case .check(let pool):
            return PlannedOperation(
                kind: .exists, stream: -1, templates: [store.checkPart(workload.tree[pool])],
                poolCount: UInt64(workload.tree[pool].count), createdBy: 0)
        }
    }

    /// Creations under a pool: a piece with the path for each length of name, and one with the rest for each size.
    mutating func planChild(
        _ parents: Int, _ lengths: ClosedRange<Int>, _ mode: CreateMode, head: TemplateStore.Head, stream: Int16, at position: Int
    ) -> PlannedOperation {
        var planned = PlannedOperation(
            kind: .create, stream: stream,
            templates: lengths.map { store.childPath(workload.tree[parents], nameLength: $0, head) },
            poolCount: UInt64(workload.tree[parents].count), createdBy: position,
            isEphemeral: mode == .ephemeral)
        planned.tails = sizes.map { store.creationTail(mode: mode, size: $0) }
        return planned
    }
}
