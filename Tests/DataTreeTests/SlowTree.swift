// The tree once more, written to be obvious and slow: dictionaries of strings, lists copied at will, a multi that works on a
// copy. What it answers is what the fast tree has to answer.

import ApplyHarness
import ClientProtocol

struct SlowTree {
    struct Node {
        var data: [UInt8]?
        var stat = Stat()
        var stored: Int32 = 0
        var children: [String] = []
    }

    struct Watch: Equatable {
        var connection: UInt64
        var path: String
    }

    var nodes: [String: Node] = [:]
    /// Ephemerals of each open session, oldest first.
    var sessions: [Int64: [String]] = [:]
    var dataWatches: [Watch] = []
    var childWatches: [Watch] = []
    var events: [Answer.Event] = []
    var zxid: Int64 = 0
    var time: Int64 = 0

    init() {
        nodes["/"] = Node(data: [])
        for path in ["/zookeeper", "/zookeeper/quota", "/zookeeper/config"] {
            let parent = SlowTree.parent(path)
            nodes[path] = Node(data: [])
            nodes[parent]!.children.append(path)
        }
        nodes[SlowTree.locked]!.stat.aversion = -1
    }

    /// The one znode whose access list lets nobody change it.
    static let locked = "/zookeeper/config"

    static func parent(_ path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return parts.count == 1 ? "/" : parts.joined(separator: "/")
    }

    static func isLegal(_ path: String) -> Bool {
        if path == "/" { return true }
        guard path.hasPrefix("/") else { return false }
        return path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().allSatisfy {
            $0 != "" && $0 != "." && $0 != ".."
        }
    }

    func stat(_ path: String) -> Stat {
        let node = nodes[path]!
        var stat = node.stat
        stat.numChildren = Int32(node.children.count)
        stat.cversion = 2 * node.stored - stat.numChildren
        stat.dataLength = Int32(node.data?.count ?? 0)
        return stat
    }

    private mutating func fire(
        _ type: Int32, _ path: String, _ table: WritableKeyPath<SlowTree, [Watch]>, but told: [UInt64] = []
    ) -> [UInt64] {
        let due = self[keyPath: table].filter { $0.path == path }.map { $0.connection }
        self[keyPath: table].removeAll { $0.path == path }
        for connection in due where !told.contains(connection) { events.append(Answer.Event(connection, type, path)) }
        return due
    }

    mutating func create(_ path: String, _ data: [UInt8]?, _ flags: Int32, _ session: Int64) -> (Int32, String) {
        guard sessions[session] != nil else { return (ErrorCode.sessionExpired, "") }
        guard flags >= 0, flags <= 3, path.contains("/") else { return (ErrorCode.badArguments, "") }
        let parent = SlowTree.parent(path)
        guard let above = nodes[parent] else { return (ErrorCode.noNode, "") }
        guard parent != SlowTree.locked else { return (ErrorCode.noAuth, "") }
        var full = path
        if flags >= 2 {
            let digits = String(above.stored)
            full += String(repeating: "0", count: 10 - digits.count) + digits
        }
        guard SlowTree.isLegal(full) else { return (ErrorCode.badArguments, "") }
        guard nodes[full] == nil else { return (ErrorCode.nodeExists, "") }
        guard above.stat.ephemeralOwner == 0 else { return (ErrorCode.noChildrenForEphemerals, "") }
        var node = Node(data: data)
        node.stat.czxid = zxid
        node.stat.mzxid = zxid
        node.stat.pzxid = zxid
        node.stat.ctime = time
        node.stat.mtime = time
        if flags & 1 == 1 {
            node.stat.ephemeralOwner = session
            sessions[session]!.append(full)
        }
        nodes[full] = node
        nodes[parent]!.children.append(full)
        nodes[parent]!.stored += 1
        nodes[parent]!.stat.pzxid = zxid
        _ = fire(EventType.nodeCreated, full, \.dataWatches)
        _ = fire(EventType.nodeChildrenChanged, parent, \.childWatches)
        return (0, full)
    }

    mutating func remove(_ path: String) {
        let parent = SlowTree.parent(path)
        let owner = nodes[path]!.stat.ephemeralOwner
        if owner != 0 { sessions[owner]!.removeAll { $0 == path } }
        nodes[path] = nil
        nodes[parent]!.children.removeAll { $0 == path }
        nodes[parent]!.stat.pzxid = max(nodes[parent]!.stat.pzxid, zxid)
        let told = fire(EventType.nodeDeleted, path, \.dataWatches)
        _ = fire(EventType.nodeDeleted, path, \.childWatches, but: told)
        _ = fire(EventType.nodeChildrenChanged, parent, \.childWatches)
    }

    mutating func delete(_ path: String, _ version: Int32, _ session: Int64) -> Int32 {
        guard sessions[session] != nil else { return ErrorCode.sessionExpired }
        guard path.contains("/"), !["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"].contains(path) else {
            return ErrorCode.badArguments
        }
        guard nodes[SlowTree.parent(path)] != nil, let node = nodes[path] else { return ErrorCode.noNode }
        guard version == -1 || version == node.stat.version else { return ErrorCode.badVersion }
        guard node.children.isEmpty else { return ErrorCode.notEmpty }
        remove(path)
        return 0
    }

    mutating func setData(_ path: String, _ data: [UInt8]?, _ version: Int32, _ session: Int64) -> Int32 {
        guard sessions[session] != nil else { return ErrorCode.sessionExpired }
        guard SlowTree.isLegal(path) else { return ErrorCode.badArguments }
        guard let node = nodes[path] else { return ErrorCode.noNode }
        guard path != SlowTree.locked else { return ErrorCode.noAuth }
        guard version == -1 || version == node.stat.version else { return ErrorCode.badVersion }
        nodes[path]!.data = data
        nodes[path]!.stat.version += 1
        nodes[path]!.stat.mzxid = zxid
        nodes[path]!.stat.mtime = time
        _ = fire(EventType.nodeDataChanged, path, \.dataWatches)
        return 0
    }

    func check(_ path: String, _ version: Int32) -> Int32 {
        guard SlowTree.isLegal(path) else { return ErrorCode.badArguments }
        guard let node = nodes[path] else { return ErrorCode.noNode }
        return version == -1 || version == node.stat.version ? 0 : ErrorCode.badVersion
    }

    mutating func close(_ session: Int64) -> Int32 {
        guard let owned = sessions[session] else { return ErrorCode.sessionExpired }
        for path in owned { remove(path) }
        sessions[session] = nil
        return 0
    }

    mutating func watch(_ table: WritableKeyPath<SlowTree, [Watch]>, _ connection: UInt64, _ path: String) {
        let watch = Watch(connection: connection, path: path)
        if !self[keyPath: table].contains(watch) { self[keyPath: table].append(watch) }
    }
}
