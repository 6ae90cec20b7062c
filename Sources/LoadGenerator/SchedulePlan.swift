// Tasks with priorities and delays made ready: how they are named, the requests of those who put them into a queue and of those
// who take them out.

internal import Workload

/// A task's name: priority, the instant from which on it may be taken, and the number that the server gives. As in kazoo's
/// priority queue the lowest name comes first; as in Curator's delay queue the instant stands in the name.
struct TaskName {
    static let prefix = "/entry-"
    static let priorityDigits = 3
    /// Microseconds since 1970, or nothing but zeros where there is no delay.
    static let dueDigits = 16
    /// From the server's number back to the due instant, and to the priority.
    static let dueOffset = dueDigits + 1
    static let priorityOffset = dueOffset + 1 + priorityDigits
    /// Without the slash of the prefix.
    static let length = prefix.utf8.count - 1 + priorityOffset + blankSequence.utf8.count

    static var blank: String {
        prefix + String(repeating: "0", count: priorityDigits) + "-" + String(repeating: "0", count: dueDigits) + "-"
    }
}

/// What a role needs to put tasks into queues. The create itself is the operation's own template.
final class SchedulePlan {
    /// Each with equal chance.
    let priorities: [Int]
    /// Nanoseconds, each with equal chance.
    let delays: [UInt64]

    init(priorities: [Int], delays: [UInt64]) {
        self.priorities = priorities
        self.delays = delays
    }
}

/// What a role needs to take tasks.
final class TaskPlan {
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
    /// One for each priority that tasks have.
    let priorityStreams: [(priority: Int, stream: Int16)]

    init(entry: Int, builder: inout PlanBuilder, role: Int) {
        queues = builder.workload.tree[entry]
        firstQueue = builder.firstQueue(of: entry)
        list = builder.store.read(queues, opCode: OpCode.getChildren)
        listAndWatch = builder.store.read(queues, opCode: OpCode.getChildren, watch: true)
        get = builder.store.task(queues, opCode: OpCode.getData) { $0.append(flag: false) }
        delete = builder.store.task(queues, opCode: OpCode.delete) { $0.append(Int32(-1)) }
        listStream = builder.stream(.list, role: role)
        getStream = builder.stream(.get, role: role)
        takeStream = builder.stream(.take, role: role)
        dispatchStream = builder.stream(.dispatch, role: role)
        var streams: [(priority: Int, stream: Int16)] = []
        for priority in builder.workload.priorities(ofQueue: entry) {
            streams.append((priority, builder.stream(.dispatch, role: role, label: "priority_\(priority)")))
        }
        priorityStreams = streams
    }
}

extension RolePlan {
    /// The queues that a client takes tasks from: its share of them, or one that it has in common with others.
    func taskLanes(of ordinal: Int) -> [TaskLane] {
        guard let queues = tasks?.queues else { return [] }
        let served = stride(from: ordinal % queues.count, to: queues.count, by: max(1, clients.count))
        return (ordinal < queues.count ? Array(served) : [ordinal % queues.count]).map {
            TaskLane(queue: $0, path: Array(queues.znode($0).utf8))
        }
    }
}

extension TemplateStore {
    /// The sequence stands where the server puts its number; priority and due instant stand before it.
    func schedule(_ queues: TreeEntry, size: Int) -> RequestTemplate {
        precondition(size >= ItemStamp.byteCount, "a task has room for its stamp")
        var builder = FrameBuilder(opCode: OpCode.create)
        let pool = appendPath(queues, TaskName.blank, to: &builder)
        let sequence = builder.count
        let data = builder.count + 4
        builder.append(buffer: filler[..<size])
        builder.appendOpenACL()
        builder.append(CreateMode.sequential.rawValue)
        return keep(builder, pool: pool, sequence: sequence, data: data, dataCount: size)
    }

    fileprivate func task(_ queues: TreeEntry, opCode: Int32, _ finish: (inout FrameBuilder) -> Void) -> RequestTemplate {
        var builder = FrameBuilder(opCode: opCode)
        let pool = appendPath(queues, TaskName.blank + blankSequence, to: &builder)
        let sequence = builder.count - blankSequence.utf8.count
        finish(&builder)
        return keep(builder, pool: pool, sequence: sequence)
    }
}
