// Which znodes a trace needs before it begins: those that it tells of, and those that a request has found there although
// nothing in the trace had made them.

internal import Workload

struct ReplayTree {
    private(set) var znodes: [ReplayZnode] = []
    /// Everything that is laid out or was made by an earlier request; that it was removed again does not matter.
    private var known: Set<String> = ["/"]
    private var places: [String: Int] = [:]
    /// Paths behind which the server puts numbers.
    private let numbered: Set<String>

    init(_ trace: Trace) {
        numbered = Set(trace.operations.filter { $0.kind == .create && $0.mode.isSequential }.map(\.path))
        for znode in trace.znodes { layOut(znode.path, size: znode.size) }
    }

    /// Place among the znodes that are laid out.
    func place(of path: String) -> Int? { places[path] }

    /// A request has made it.
    mutating func made(_ path: String) { known.insert(path) }

    /// Looks what must have been there for this outcome.
    mutating func need(_ operation: TraceOperation) {
        let error = operation.outcome?.error
        switch operation.kind {
        case .create:
            if error != ClientError.noNode { layOut(parent(of: operation.path), size: 0) }
            if error == ClientError.nodeExists { layOut(operation.path, size: 0) }
        case .delete, .exists, .get, .set, .list, .check:
            guard error != ClientError.noNode else { break }
            layOut(operation.path, size: operation.kind == .set ? operation.size : 0)
        case .sync, .multi, .close: break
        }
    }

    private mutating func layOut(_ path: String, size: Int) {
        // what the servers themselves keep there is theirs
        guard !path.isEmpty, path != "/zookeeper", !path.hasPrefix("/zookeeper/"), known.insert(path).inserted else { return }
        layOut(parent(of: path), size: 0)
        places[path] = znodes.count
        let isNumbered = path.utf8.count > sequenceDigits && hasNumber(path) && numbered.contains(withoutNumber(path))
        znodes.append(ReplayZnode(path: path, size: size, isNumbered: isNumbered))
    }

    mutating func keepName(of place: Int, in slot: Int32) { znodes[place].keepsName = slot }
    mutating func keepVersion(of place: Int, in slot: Int32) { znodes[place].keepsVersion = slot }

    /// Numbers are given in ascending order, so these znodes are made last and in that of their numbers. One that others are laid
    /// out below keeps its name, as theirs begin with it.
    mutating func putNumberedLast() {
        let parents = Set(znodes.map { parent(of: $0.path) })
        for place in znodes.indices where parents.contains(znodes[place].path) { znodes[place].isNumbered = false }
        let numbered = znodes.filter(\.isNumbered).sorted { ($0.path.utf8.count, $0.path) < ($1.path.utf8.count, $1.path) }
        znodes = znodes.filter { !$0.isNumbered } + numbered
    }
}

/// The path of the znode above; empty for the root.
func parent(of path: String) -> String {
    guard path.utf8.count > 1, let slash = path.utf8.lastIndex(of: 0x2f) else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

func hasNumber(_ path: String) -> Bool { path.utf8.suffix(sequenceDigits).allSatisfy { (0x30...0x39).contains($0) } }

func withoutNumber(_ path: String) -> String { String(path.utf8.dropLast(sequenceDigits)) ?? path }
