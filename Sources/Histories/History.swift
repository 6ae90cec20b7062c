// What clients did and saw: every request with when it was sent, when it was answered, and the answer.

package import Batch

package struct Operation: Sendable {
    package enum Kind: Sendable, Equatable {
        case create(ephemeral: Bool, sequential: Bool)
        case set(version: Int32)
        case delete(version: Int32)
        case get(watch: Bool)
        case exists(watch: Bool)
        /// The names of the root's children.
        case list
        case sync
        /// Sets two keys, the second only if it has this version.
        case multi(second: Int, version: Int32)
        case closeSession

        package var isRead: Bool {
            switch self {
            case .get, .exists, .list: true
            default: false
            }
        }
    }

    package var client: Int
    package var session: Int64
    package var connection: UInt64
    package var xid: Int32
    package var kind: Kind
    package var path: String
    /// What a write writes; unique in the run.
    package var value: UInt64
    package var invoked: UInt64
    /// A read that waited for a read index.
    package var isConfirmed = false

    /// 0 while unanswered; of those the outcome is unknown.
    package var completed: UInt64 = 0
    package var error: Int32 = 0
    package var zxid: Zxid = .zero
    /// What a read found; nil where there was no znode.
    package var found: UInt64?
    package var version: Int32 = 0
    package var created = ""
    /// The names that a list found, in no order.
    package var listed: [String] = []

    package init(
        client: Int, session: Int64, connection: UInt64, xid: Int32, kind: Kind, path: String, value: UInt64, invoked: UInt64,
        isConfirmed: Bool = false
    ) {
        self.client = client
        self.session = session
        self.connection = connection
        self.xid = xid
        self.kind = kind
        self.path = path
        self.value = value
        self.invoked = invoked
        self.isConfirmed = isConfirmed
    }

    package var isAnswered: Bool { completed > 0 }
    package var isWrite: Bool {
        switch kind {
        case .create, .set, .delete, .multi, .closeSession: true
        case .get, .exists, .list, .sync: false
        }
    }
}

/// A watch event as a client got it.
package struct SeenEvent: Sendable {
    package var client: Int
    package var connection: UInt64
    package var type: Int32
    package var path: String
    /// Place among the operations answered on this connection: how many had been by then.
    package var behindOperation: Int
    package var time: UInt64

    package init(client: Int, connection: UInt64, type: Int32, path: String, behindOperation: Int, time: UInt64) {
        self.client = client
        self.connection = connection
        self.type = type
        self.path = path
        self.behindOperation = behindOperation
        self.time = time
    }
}

package struct History: Sendable {
    package var operations: [Operation] = []
    package var events: [SeenEvent] = []
    /// Operations in the order in which they were answered, by number.
    package var answered: [Int] = []

    package init() {}
}
