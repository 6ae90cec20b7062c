// A role made ready to run: its requests encoded, its streams of figures assigned, its schedule. Built once from the
// workload, so that sending looks nothing up.

internal import Statistics
internal import Workload

/// One entry of a role's list of operations.
struct PlannedOperation {
    let kind: RequestKind
    let stream: Int16
    /// One template per size.
    let templates: [RequestTemplate]
    /// How many znodes there are to choose from.
    let poolCount: UInt64
    /// Index of the operation whose znodes this one deletes, or its own.
    let createdBy: Int
    /// How one of them is chosen; nil: each with the same chance.
    var choice: ZnodeChoice?
    var isSequential = false
    var isEphemeral = false
    var maxBacklog: Int32 = .max
    /// Number of the entry's first queue among all queues.
    var firstQueue = 0
    /// Number of the entry's first znode among all that are set or read.
    var firstZnode = 0
    /// Whether a get of these znodes returns what the load has written, and nothing else.
    var hasKnownData = false
    /// What follows the template, one per size; empty where a template is the whole request.
    var tails: [RequestTemplate] = []
    /// Index of the multi among all multis.
    var multi = 0

    @inline(__always) func znode(_ random: inout SeededRandom) -> UInt64 {
        choice?.next(&random, of: poolCount) ?? random.below(poolCount)
    }

    @inline(__always) func template(_ random: inout some RandomNumberGenerator) -> RequestTemplate {
        templates.count == 1 ? templates[0] : templates[Int.random(in: templates.indices, using: &random)]
    }
}

/// What a worker needs to take items.
struct TakePlan {
    let queues: TreeEntry
    /// Number of the entry's first queue among all queues.
    let firstQueue: Int
    let list: RequestTemplate
    let listAndWatch: RequestTemplate
    let get: RequestTemplate
    let delete: RequestTemplate
    let listStream: Int16
    let getStream: Int16
    let takeStream: Int16
    let dispatchStream: Int16

    func ledgerQueue(_ queue: Int) -> Int { firstQueue + queue }
}

/// A role at work.
final class RolePlan {
    let index: Int
    let name: String
    let window: Int
    let arrivals: Arrivals
    let operations: [PlannedOperation]
    let think: Think?
    /// Sums of the weights up to each operation; empty where operations come one after the other.
    let cumulativeWeights: [UInt64]
    let take: TakePlan?
    let recipes: RecipePlans
    let hasRecipe: Bool
    /// Numbers of the role's clients among all clients of this generator.
    let clients: Range<Int>
    /// Which of the role's clients these are, where several generators share the load, and how many there are in all.
    let ordinals: StrideTo<Int>
    let total: Int
    /// Where these are dealt over several generators: which of them this is, and how many there are.
    private let dealing: (index: Int, count: Int)?
    /// Number of the role's first client among all producers.
    let firstProducer: Int
    /// True in phases that name the role.
    var isActive = false
    var schedule: ArrivalSchedule?
    /// What the schedule follows where the rate changes over the phase.
    var course: RateCourse?

    init(
        index: Int, role: Role, operations: [PlannedOperation], take: TakePlan?, recipes: RecipePlans, clients: Range<Int>,
        share: LoadShare?, firstProducer: Int
    ) {
        self.index = index
        name = role.name
        window = take == nil && recipes.tasks == nil ? role.pipeline : max(2, role.pipeline)
        arrivals = role.arrivals
        self.operations = operations
        think = role.think
        cumulativeWeights = role.weights.indices.map { UInt64(role.weights[...$0].reduce(0, +)) }
        self.take = take
        self.recipes = recipes
        hasRecipe = !recipes.isEmpty
        self.clients = clients
        ordinals = share?.ordinals(of: role) ?? stride(from: 0, to: role.clients, by: 1)
        total = role.clients
        dealing = clients.count < role.clients ? share.map { ($0.index, $0.count) } : nil
        self.firstProducer = firstProducer
    }

    /// The client to whom the next due instant belongs: they take turns. Instants of other generators' clients are passed over.
    @inline(__always) func nextDue() -> (instant: UInt64, client: Int)? {
        while true {
            guard let instant = schedule?.due else {
                guard course != nil, schedule?.goOn(&course!) == true else { return nil }
                continue
            }
            let ordinal = Int(schedule!.index % UInt64(total))
            guard let dealing else { return (instant, clients.lowerBound + ordinal) }
            if ordinal % dealing.count == dealing.index { return (instant, clients.lowerBound + ordinal / dealing.count) }
            schedule!.advance()
        }
    }

    var isOpenLoop: Bool {
        arrivals != .closed
    }

    /// Which operation a client's request of this number is: in a list the next one, in a mix one by chance, which `salt` and the
    /// number decide, so that it is known before the requests in front of it are sent.
    @inline(__always) func operation(at number: UInt64, salt: UInt64) -> Int {
        guard !cumulativeWeights.isEmpty else { return Int(number % UInt64(operations.count)) }
        var random = SeededRandom(seed: salt ^ (number &* 0xD6E8_FEB8_6659_FD93))
        let drawn = random.below(cumulativeWeights[cumulativeWeights.count - 1])
        var index = 0
        while cumulativeWeights[index] <= drawn { index += 1 }
        return index
    }
}

/// Makes the plans of all roles, and the streams that their figures go to.
struct PlanBuilder {
    let workload: Workload
    let store: TemplateStore
    /// Makes names of created znodes unlike those of other runs.
    let run: UInt64
    let share: LoadShare?
    /// Where a trace is played.
    let script: ReplayScript?
    let book: ReplayBook?
    private(set) var streams: [OperationStream] = []
    private(set) var plans: [RolePlan] = []
    private(set) var producers = 0
    private(set) var queues = 0
    private(set) var locks = 0
    private(set) var topics = 0
    var publishers = 0
    /// The topics that each subscriber follows.
    var subscriptions: [Range<Int>] = []
    private var firstTopics: [String: Int] = [:]
    private var firstLocks: [String: Int] = [:]
    /// First queue of each entry of the tree that holds queues.
    private var firstQueues: [Int: Int] = [:]
    /// The tree's entries whose znodes are set or read, in the order of their numbers.
    private(set) var pools: [ZnodePool] = []
    var multis: [MultiPlan] = []
    /// Clients of this generator.
    private var clients = 0

    init(
        workload: Workload, store: TemplateStore, run: UInt64, share: LoadShare?, script: ReplayScript? = nil,
        book: ReplayBook? = nil
    ) {
        self.share = share
        self.script = script
        self.book = book
        self.workload = workload
        self.store = store
        self.run = run
        for (index, role) in workload.roles.enumerated() { add(role, index: index) }
    }

    private mutating func add(_ role: Role, index: Int) {
        var take: TakePlan?
        let recipes = planRecipes(of: role, index: index)
        var operations: [PlannedOperation] = []
        for (position, operation) in role.operations.enumerated() {
            switch operation {
            case .take(let queue): if recipes.tasks == nil { take = planTake(entry: queue, role: index) }
            case .subscribe: break
            default: operations.append(plan(operation, at: position, of: role, index: index))
            }
        }
        let own = share.map { Array($0.ordinals(of: role)).count } ?? role.clients
        plans.append(
            RolePlan(
                index: index, role: role, operations: operations, take: take, recipes: recipes,
                clients: clients..<(clients + own), share: share, firstProducer: producers))
        clients += own
        if role.isProducer { producers += role.clients }
    }

    /// The stream of an operation; `follows` says that its requests are sent as answers come, even in an open loop.
    mutating func stream(_ kind: OperationKind, role: Int, follows: Bool = false, label: String = "") -> Int16 {
        if let found = streams.firstIndex(where: { $0.role == role && $0.kind == kind && $0.label == label }) {
            return Int16(found)
        }
        let isOpenLoop = workload.roles[role].arrivals != .closed && !follows
        let recorded = workload.phases.map {
            $0.isRecorded && ($0.roles.contains(role) || kind == .dispatch || kind == .take || kind == .deliver)
        }
        streams.append(
            OperationStream(
                role: role, kind: kind, label: label, isOpenLoop: isOpenLoop, recorded: recorded, keepsSeconds: share != nil))
        return Int16(streams.count - 1)
    }

    /// Orders in which items were taken can be seen only where no two workers take from the same queue.
    var hasOneWorkerPerQueue: Bool {
        var entries: [Int] = []
        for role in workload.roles {
            guard case .take(let queue) = role.operations.first else { continue }
            if workload.isScheduled(queue: queue) { return false }
            if entries.contains(queue) || role.clients > workload.tree[queue].count { return false }
            entries.append(queue)
        }
        return true
    }

    mutating func firstQueue(of entry: Int) -> Int {
        if let first = firstQueues[entry] { return first }
        firstQueues[entry] = queues
        queues += workload.tree[entry].count
        return firstQueues[entry]!
    }

    /// Number of an entry's first lock among all locks; entries are told apart by their paths.
    mutating func firstLock(of path: String, count: Int) -> Int {
        if let first = firstLocks[path] { return first }
        defer { locks += count }
        firstLocks[path] = locks
        return locks
    }

    mutating func firstTopic(of entry: TreeEntry) -> Int {
        if let first = firstTopics[entry.path] { return first }
        defer { topics += entry.count }
        firstTopics[entry.path] = topics
        return topics
    }

    mutating func firstZnode(of entry: Int, isSet: Bool = false) -> Int {
        if let known = pools.firstIndex(where: { $0.entry == entry }) {
            pools[known].isSet = pools[known].isSet || isSet
            return pools[known].znodes.lowerBound
        }
        let first = pools.last?.znodes.upperBound ?? 0
        let tree = workload.tree[entry]
        pools.append(
            ZnodePool(
                entry: entry, znodes: first..<(first + tree.count), isSet: isSet, look: store.read(tree, opCode: OpCode.exists)))
        return first
    }

    private mutating func planTake(entry: Int, role: Int) -> TakePlan {
        let queues = workload.tree[entry]
        return TakePlan(
            queues: queues, firstQueue: firstQueue(of: entry), list: store.read(queues, opCode: OpCode.getChildren),
            listAndWatch: store.read(queues, opCode: OpCode.getChildren, watch: true), get: store.takeGet(queues),
            delete: store.takeDelete(queues), listStream: stream(.list, role: role), getStream: stream(.get, role: role),
            takeStream: stream(.take, role: role), dispatchStream: stream(.dispatch, role: role))
    }

    var sizes: [Int] {
        switch workload.payload {
        case .constant(let size): [size]
        case .list(let sizes): sizes
        }
    }

    private mutating func plan(_ operation: Operation, at position: Int, of role: Role, index: Int) -> PlannedOperation {
        func poolCount(_ pool: Int) -> UInt64 { UInt64(workload.tree[pool].count) }
        switch operation {
        case .set(let pool, let pick): return planSet(pool, pick, at: position, role: index)
        case .get, .exists, .list: return planRead(operation, at: position, role: index)
        case .create(let path, let mode):
            let template = sizes.map { store.create(path: ownPath(path, mode), mode: mode, size: $0) }
            return PlannedOperation(
                kind: .create, stream: stream(.create, role: index), templates: template, poolCount: 1, createdBy: position,
                isSequential: mode.isSequential, isEphemeral: mode == .ephemeral || mode == .ephemeralSequential)
        case .delete(let path):
            let creation = operation.creation(in: role.operations)!
            guard case .create(_, let mode) = role.operations[creation] else { preconditionFailure("found as a create") }
            return PlannedOperation(
                kind: .delete, stream: stream(.delete, role: index), templates: [store.delete(path: ownPath(path, mode))],
                poolCount: 1, createdBy: creation)
        case .createChild(let parents, let lengths, let mode):
            return planChild(parents, lengths, mode, head: .frame, stream: stream(.create, role: index), at: position)
        case .deleteChild(let parents):
            let creation = operation.creation(in: role.operations)!
            guard case .createChild(_, let lengths, _) = role.operations[creation] else {
                preconditionFailure("found as a create")
            }
            return PlannedOperation(
                kind: .delete, stream: stream(.delete, role: index),
                templates: lengths.map { store.deleteChild(workload.tree[parents], nameLength: $0) },
                poolCount: poolCount(parents), createdBy: creation)
        case .multi(let multi): return planMulti(multi, at: position, role: index)
        case .enqueue(let queue, let maxBacklog):
            return PlannedOperation(
                kind: .enqueue, stream: stream(.enqueue, role: index),
                templates: sizes.map { store.enqueue(workload.tree[queue], size: $0) }, poolCount: poolCount(queue),
                createdBy: position, maxBacklog: Int32(maxBacklog ?? Int(Int32.max)), firstQueue: firstQueue(of: queue))
        case .schedule(let queue, let maxBacklog, _, _):
            return PlannedOperation(
                kind: .enqueue, stream: stream(.enqueue, role: index),
                templates: sizes.map { store.schedule(workload.tree[queue], size: $0) }, poolCount: poolCount(queue),
                createdBy: position, maxBacklog: Int32(maxBacklog ?? Int(Int32.max)), firstQueue: firstQueue(of: queue))
        case .lock:
            // the round as a whole is what is due; its requests follow each other
            return PlannedOperation(
                kind: .lockCreate, stream: stream(.lock, role: index), templates: [], poolCount: 1, createdBy: position)
        case .publish(let topics, _, _):
            return PlannedOperation(
                kind: .publish, stream: stream(.publish, role: index),
                templates: sizes.map { store.publish(workload.tree[topics], size: $0) }, poolCount: poolCount(topics),
                createdBy: position)
        case .take, .subscribe:
            preconditionFailure("a take or a subscription has a plan of its own")
        }
    }

    /// Where znodes of this run are created: the server completes a sequential name, another is completed by us.
    func ownPath(_ path: String, _ mode: CreateMode) -> String {
        mode.isSequential ? path : path + String(run & 0xffff_ffff, radix: 16) + "-"
    }
}
