// A recorded load, as it lies in memory: who sent what to whom and when it was due, and what the servers answered. How it lies
// in a file is the business of TraceReader.swift and TraceEncoder.swift; docs/TRACES.md says it in words.

package struct Trace: Sendable, Equatable {
    /// More would not fit into the memory of a usual machine.
    package static let operationsMax = 5_000_000
    package static let sessionsMax = 100_000

    /// What was recorded: a workload's name, or that of the file.
    package var name = ""
    package var sessionTimeoutMilliseconds = 10_000
    package var roles: [String] = []
    /// Of each session the role that it belongs to.
    package var sessions: [Int] = []
    /// Znodes that were laid out before the load began, in this order.
    package var znodes: [TraceZnode] = []
    /// In the order in which they were sent. The parts of a multi follow it.
    package var operations: [TraceOperation] = []
    /// What a reader of other people's logs had to leave out, a sentence each.
    package var notes: [String] = []

    package init() {}

    /// Parts of a multi are no requests of their own.
    package var requests: Int { operations.count { !$0.isPart } }

    /// From the beginning to the last due instant.
    package var nanoseconds: UInt64 { operations.map(\.intended).max() ?? 0 }

    /// Number of the role of this name, which is added if there is none.
    package mutating func role(named name: String) -> Int {
        if let known = roles.firstIndex(of: name) { return known }
        roles.append(name)
        return roles.count - 1
    }
}

package struct TraceZnode: Sendable, Equatable {
    package var path: String
    /// Bytes of data.
    package var size: Int

    package init(path: String, size: Int) {
        self.path = path
        self.size = size
    }
}

/// One request, or one part of a multi.
package struct TraceOperation: Sendable, Equatable {
    package enum Kind: UInt8, Sendable, CaseIterable {
        case create = 1
        case delete, exists, get, set, list, sync, check, multi, close

        package var name: String {
            switch self {
            case .create: "create"
            case .delete: "delete"
            case .exists: "exists"
            case .get: "get"
            case .set: "set"
            case .list: "list"
            case .sync: "sync"
            case .check: "check"
            case .multi: "multi"
            case .close: "close"
            }
        }

        /// Whether it can be a part of a multi.
        package var isPart: Bool {
            switch self {
            case .create, .delete, .set, .check: true
            default: false
            }
        }

        package var hasPath: Bool { self != .multi && self != .close }
    }

    package var kind: Kind
    package var session: Int
    /// When it was due, in nanoseconds since the trace's beginning.
    package var intended: UInt64
    package var path: String
    /// Bytes of data of a create or a set.
    package var size = 0
    /// What a set, a delete or a check asks for; -1: any.
    package var version: Int32 = -1
    package var mode = CreateMode.persistent
    package var watches = false
    /// Parts of a multi, which follow it.
    package var parts = 0
    package var isPart = false
    /// nil: no reply came, so what became of it is not known.
    package var outcome: TraceOutcome?

    package init(_ kind: Kind, session: Int, intended: UInt64, path: String) {
        self.kind = kind
        self.session = session
        self.intended = intended
        self.path = path
    }
}

package struct TraceOutcome: Sendable, Equatable {
    /// The protocol's code; 0: done.
    package var error: Int32
    package var zxid: Int64 = 0
    /// From the due instant to the reply.
    package var nanoseconds: UInt64 = 0
    /// The path that a create was answered with; empty where none is known.
    package var created = ""
    /// The version in the Stat that came back; -1 where none is known.
    package var version: Int32 = -1

    package init(error: Int32) { self.error = error }
}
