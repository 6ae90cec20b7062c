// A trace made ready to be played: what each session sends, which znodes must be there first, and what a request has to know from
// the reply to an earlier one. Found in one pass over the trace before the load begins.

internal import Workload

/// What a request borrows from earlier replies, and what later requests borrow from its own. Slots are numbered; -1: none.
struct ReplayLinks {
    /// Holds the name that the server has given to the path, or to the znode that it begins with.
    var name: Int32 = -1
    /// So many bytes of the recorded path are that name.
    var nameCount: Int32 = 0
    var version: Int32 = -1
    var keepsName: Int32 = -1
    var keepsVersion: Int32 = -1
}

/// A znode that must be there before the first request.
struct ReplayZnode {
    var path: String
    var size: Int
    /// The server completes the name, as it did when this znode was made, so that no name is given twice.
    var isNumbered = false
    var keepsName: Int32 = -1
    var keepsVersion: Int32 = -1
}

final class ReplayScript {
    let trace: Trace
    let links: [ReplayLinks]
    let znodes: [ReplayZnode]
    let slots: Int
    /// Of each session the requests in their order, by their places among all operations.
    let requests: [[Int]]
    /// Of each role its sessions.
    let sessions: [[Int]]

    init(_ trace: Trace) {
        self.trace = trace
        var pass = ReplayPass(trace)
        pass.run()
        links = pass.links
        znodes = pass.tree.znodes
        slots = Int(pass.slots)
        var requests = [[Int]](repeating: [], count: trace.sessions.count)
        var isClosed = [Bool](repeating: false, count: trace.sessions.count)
        for (index, operation) in trace.operations.enumerated() where !operation.isPart && !isClosed[operation.session] {
            requests[operation.session].append(index)
            isClosed[operation.session] = operation.kind == .close
        }
        self.requests = requests
        var sessions = [[Int]](repeating: [], count: trace.roles.count)
        for (session, role) in trace.sessions.enumerated() { sessions[role].append(session) }
        self.sessions = sessions.filter { !$0.isEmpty }
    }
}
