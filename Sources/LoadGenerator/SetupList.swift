// The znodes that a workload needs before its load begins, parents first, one after the other without holding them all.

internal import Workload

/// Walks through parents and pools; `next` makes each path when its turn comes.
struct SetupList {
    private let parents: [String]
    private let entries: [TreeEntry]
    private let root: String
    private var parent = 0
    private var entry = 0
    private var znode = 0
    /// What a trace needs beside that, behind all others.
    private let recorded: [ReplayZnode]
    private var nextRecorded = 0
    /// Requests that may be in flight.
    static let window = 512

    init(_ workload: Workload, _ script: ReplayScript? = nil) {
        entries = workload.tree
        root = workload.replay?.root ?? ""
        recorded = script?.znodes ?? []
        var paths: [String] = []
        func addParents(of path: String) {
            var end = path.startIndex
            while let slash = path[path.index(after: end)...].firstIndex(of: "/") {
                end = slash
                let parent = String(path[..<slash])
                if !paths.contains(parent) { paths.append(parent) }
            }
        }
        for entry in workload.tree { addParents(of: entry.path) }
        if !root.isEmpty { addParents(of: root + "/") }
        for role in workload.roles {
            for operation in role.operations {
                switch operation {
                case .create(let path, _): addParents(of: path)
                case .multi(let multi):
                    for case .create(let path, _) in multi.parts { addParents(of: path) }
                default: break
                }
            }
        }
        parents = paths
    }

    var total: Int { recordedFrom + recorded.count }
    /// How many come before those of a trace.
    var recordedFrom: Int { parents.count + entries.reduce(0) { $0 + $1.count } }

    mutating func next() -> (path: String, size: Int)? {
        if parent < parents.count {
            parent += 1
            return (parents[parent - 1], 0)
        }
        while entry < entries.count && znode == entries[entry].count {
            entry += 1
            znode = 0
        }
        guard entry < entries.count else { return nextOfTrace() }
        znode += 1
        return (entries[entry].znode(znode - 1), entries[entry].size)
    }

    private mutating func nextOfTrace() -> (path: String, size: Int)? {
        guard nextRecorded < recorded.count else { return nil }
        nextRecorded += 1
        return (root + recorded[nextRecorded - 1].path, recorded[nextRecorded - 1].size)
    }
}
