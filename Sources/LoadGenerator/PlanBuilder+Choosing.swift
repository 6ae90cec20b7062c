// Operations on one of a pool's znodes made ready: set, get, exists and list.

internal import Workload

extension PlanBuilder {
    mutating func planSet(_ pool: Int, _ pick: Pick, at position: Int, role: Int) -> PlannedOperation {
        let tree = workload.tree[pool]
        return PlannedOperation(
            kind: .set, stream: stream(.set, role: role), templates: sizes.map { store.setData(tree, size: $0) },
            poolCount: UInt64(tree.count), createdBy: position, choice: store.choice(pick, of: tree.count),
            firstZnode: firstZnode(of: pool, isSet: true))
    }

    mutating func planRead(_ operation: Operation, at position: Int, role: Int) -> PlannedOperation {
        switch operation {
        case .get(let pool, let pick):
            var planned = planRead(.get, OpCode.getData, .get, pool, pick, at: position, role: role)
            planned.firstZnode = firstZnode(of: pool)
            planned.hasKnownData = workload.tree[pool].size > 0
            return planned
        case .exists(let pool, let pick):
            var planned = planRead(.exists, OpCode.exists, .exists, pool, pick, at: position, role: role)
            planned.firstZnode = firstZnode(of: pool)
            return planned
        case .list(let pool, let pick):
            return planRead(.list, OpCode.getChildren, .list, pool, pick, at: position, role: role)
        default: preconditionFailure("a read of a pool's znode")
        }
    }

    private mutating func planRead(
        _ kind: RequestKind, _ opCode: Int32, _ counted: OperationKind, _ pool: Int, _ pick: Pick, at position: Int, role: Int
    ) -> PlannedOperation {
        let tree = workload.tree[pool]
        return PlannedOperation(
            kind: kind, stream: stream(counted, role: role), templates: [store.read(tree, opCode: opCode)],
            poolCount: UInt64(tree.count), createdBy: position, choice: store.choice(pick, of: tree.count))
    }
}
