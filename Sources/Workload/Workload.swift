// What a workload file says, once read and checked: data to lay out, roles that send requests, phases in time, checks.
// How it is read from YAML stands in Workload+Reading.swift; who carries it out is the room LoadGenerator.

/// A workload in the format `quorate/v1`: the same file is a benchmark and a test.
package struct Workload: Sendable, Equatable, Codable {
    package var name: String
    package var seed: UInt64
    package var target: Target
    package var tree: [TreeEntry]
    package var payload: PayloadSize
    package var roles: [Role]
    package var phases: [Phase]
    /// What is done to the members while the load runs, by time.
    package var faults: [Fault] = []
    package var checks: [Check]
    /// The trace that is played instead of what roles would do.
    package var replay: Replay?
    /// The file as it was meant, with every override in place, again as YAML.
    package var resolved: String

    /// The role of this name.
    package func role(named name: String) -> Role? { roles.first { $0.name == name } }

    /// True if any role puts items into queues or takes them out.
    package var hasQueues: Bool { roles.contains { $0.isProducer || $0.isWorker } }
}

extension Workload {
    /// True if any role reads other than to take items out of queues.
    package var hasReads: Bool {
        replay != nil
            || roles.contains { role in
                role.operations.contains { operation in
                    switch operation {
                    case .get, .exists, .list: true
                    default: false
                    }
                }
            }
    }
}

/// Whom the load is for, when the command does not say it.
package struct Target: Sendable, Equatable, Codable {
    /// Addresses as `host:port`; may be empty.
    package var connect: [String]
    package var sessionTimeoutMilliseconds: Int
    /// nil: plain connections.
    package var tls: TargetTLS?

    package init(connect: [String], sessionTimeoutMilliseconds: Int, tls: TargetTLS? = nil) {
        self.connect = connect
        self.sessionTimeoutMilliseconds = sessionTimeoutMilliseconds
        self.tls = tls
    }
}

/// PEM files for connections with TLS.
package struct TargetTLS: Sendable, Equatable, Codable {
    /// Of the authority that the servers' certificates descend from.
    package var authority: String
    /// The clients' own, where servers want one.
    package var certificate: String?
    package var key: String?

    package init(authority: String, certificate: String? = nil, key: String? = nil) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
    }
}

/// Znodes that must exist before the load begins: one, or a numbered pool.
package struct TreeEntry: Sendable, Equatable, Codable {
    package static let suffixDigits = 7

    package var path: String
    package var count: Int
    /// Bytes of data that each znode begins with.
    package var size: Int

    package init(path: String, count: Int, size: Int) {
        self.path = path
        self.count = count
        self.size = size
    }

    /// The path of one znode of the entry: `path` itself, or `path` with a number of fixed width.
    package func znode(_ index: Int) -> String {
        precondition(index >= 0 && index < count, "a znode of the entry")
        guard count > 1 else { return path }
        let digits = String(index)
        return path + String(repeating: "0", count: Self.suffixDigits - digits.count) + digits
    }
}

/// How many bytes a request's data has.
package enum PayloadSize: Sendable, Equatable, Codable {
    case constant(Int)
    /// Each of these with equal chance.
    case list([Int])

    package var least: Int {
        switch self {
        case .constant(let size): size
        case .list(let sizes): sizes.min() ?? 0
        }
    }
}

/// Some clients that all do the same.
package struct Role: Sendable, Equatable, Codable {
    package var name: String
    package var clients: Int
    /// Requests that one client keeps in flight at most.
    package var pipeline: Int
    package var arrivals: Arrivals
    package var operations: [Operation]
    /// How often each operation comes up, chosen anew for each request; empty: one after the other.
    package var weights: [Int]
    /// How long a client waits after each reply; nil: it does not.
    package var think: Think?

    package init(
        name: String, clients: Int, pipeline: Int, arrivals: Arrivals, operations: [Operation], weights: [Int] = [],
        think: Think? = nil
    ) {
        self.name = name
        self.clients = clients
        self.pipeline = pipeline
        self.arrivals = arrivals
        self.operations = operations
        self.weights = weights
        self.think = think
    }

    package var isProducer: Bool {
        operations.contains {
            switch $0 {
            case .enqueue, .schedule: true
            default: false
            }
        }
    }
    package var isWorker: Bool {
        operations.contains { if case .take = $0 { true } else { false } }
    }
}

/// When requests are due.
package enum Arrivals: Sendable, Equatable, Codable {
    /// The next one as soon as an earlier one is answered.
    case closed
    /// At fixed instants, whatever the answers do: so many a second over all clients of the role.
    case rate(perSecond: Double)
    /// At chance instants, whatever the answers do: so many a second on average, each gap exponentially distributed and
    /// independent of the others.
    case poisson(perSecond: Double)
    /// At a rate that changes over the phase: at the instants that it makes, or by chance with that rate on average.
    case shaped(RateShape, isPoisson: Bool)
    /// At the instants of a trace.
    case recorded

    /// Requests that are due a second, on average; nil in a closed loop, and where that is another number in each phase.
    package var perSecond: Double? {
        switch self {
        case .closed, .shaped, .recorded: nil
        case .rate(let perSecond), .poisson(let perSecond): perSecond
        }
    }
}

/// What a client does. A pool or a queue is an entry of the tree, by its index.
package enum Operation: Sendable, Equatable, Codable {
    case create(path: String, mode: CreateMode)
    case set(pool: Int, pick: Pick = .uniform)
    case get(pool: Int, pick: Pick = .uniform)
    case exists(pool: Int, pick: Pick = .uniform)
    case list(pool: Int, pick: Pick = .uniform)
    /// Removes the oldest znode that the client itself has created under `path`.
    case delete(path: String)
    /// Creates a znode under one of the pool's, with a name of its own that has so many characters.
    case createChild(parents: Int, nameLength: ClosedRange<Int>, mode: CreateMode)
    /// Removes the oldest znode that the client itself has created under one of the pool's.
    case deleteChild(parents: Int)
    /// Several operations as one request: all of them are carried out, or none.
    case multi(Multi)
    /// Adds an item, unless `maxBacklog` untaken items wait in that queue already.
    case enqueue(queue: Int, maxBacklog: Int?)
    case take(queue: Int)
    /// Adds a task with one of these priorities, the lowest first, which may be taken after one of these delays in nanoseconds.
    case schedule(queue: Int, maxBacklog: Int?, priorities: [Int], delays: [UInt64])
    /// Waits for one of the locks, keeps it for `hold` nanoseconds, and gives it up again.
    case lock(locks: Int, hold: UInt64)
    /// Adds a message, of which the publisher leaves its newest `keep` in each topic; in a closed loop it waits while the
    /// slowest subscriber has `maxBacklog` messages of the topic before it.
    case publish(topics: Int, keep: Int, maxBacklog: Int?)
    /// Reads every message of every topic of the entry.
    case subscribe(topics: Int)
}

package enum CreateMode: Int32, Sendable, CaseIterable, Codable {
    case persistent = 0
    case ephemeral = 1
    case sequential = 2
    case ephemeralSequential = 3

    package var name: String {
        switch self {
        case .persistent: "persistent"
        case .ephemeral: "ephemeral"
        case .sequential: "sequential"
        case .ephemeralSequential: "ephemeral_sequential"
        }
    }

    package var isSequential: Bool { self == .sequential || self == .ephemeralSequential }
}

/// A stretch of time in which some roles are at work.
package struct Phase: Sendable, Equatable, Codable {
    package var name: String
    package var nanoseconds: UInt64
    /// False for warming up: the figures stay out of the result, the checks count all the same.
    package var isRecorded: Bool
    /// Roles at work, by index.
    package var roles: [Int]
    package var rateScale: Double
    /// All clients lose their connections when it begins, and come back.
    package var reconnects: Bool
    /// What is waited for before it is recorded.
    package var steady: Steady?

    package init(
        name: String, nanoseconds: UInt64, isRecorded: Bool, roles: [Int], rateScale: Double, reconnects: Bool = false,
        steady: Steady? = nil
    ) {
        self.name = name
        self.nanoseconds = nanoseconds
        self.isRecorded = isRecorded
        self.roles = roles
        self.rateScale = rateScale
        self.reconnects = reconnects
        self.steady = steady
    }
}

package enum Check: String, Sendable, CaseIterable, Codable {
    /// Every acknowledged item was taken, and every request answered.
    case noLoss = "no_loss"
    case noDuplicates = "no_duplicates"
    case fifoPerProducer = "fifo_per_producer"
    /// The members' states are equal in the end; the load generator cannot see it, the benchmark looks.
    case replicasAgree = "replicas_agree"
    /// No lock was ever held by two clients at once.
    case mutualExclusion = "mutual_exclusion"
    /// No task was taken before its delay was over.
    case notEarly = "not_early"
    /// Every request of a trace was answered as when it was recorded.
    case sameResults = "same_results"
}
