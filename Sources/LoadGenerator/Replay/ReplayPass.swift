// The pass over a trace that finds what its requests borrow from earlier replies: names that a server has given, and versions.
//
// A version that a set, a delete or a check asks for was told to its client by an earlier reply: to a read, or to the set or
// create that made it. Where the trace does not hold what replies said, it follows from counting: a create makes version 0,
// each set one more. The replay then asks for what its own reply to that same request said.

internal import Workload

struct ReplayPass {
    private let trace: Trace
    private(set) var links: [ReplayLinks]
    private(set) var tree: ReplayTree
    private(set) var slots: Int32 = 0
    private var names: [String: Source] = [:]
    private var nameSlots: [Source: Int32] = [:]
    private var versions: [String: Versions] = [:]
    private var versionSlots: [Source: Int32] = [:]
    /// Paths of which any request asks for a version; only of these versions are kept.
    private let conditional: Set<String>

    /// Who tells a name or a version: an operation, or a znode that is laid out.
    private enum Source: Hashable {
        case operation(Int)
        case znode(Int)
    }

    /// What is known of one znode's versions.
    private struct Versions {
        var latest: Int32?
        var sources: [Int32: Source] = [:]
        /// Of what a session was told itself.
        var own: [Told: Source] = [:]
    }

    private struct Told: Hashable {
        let session: Int
        let version: Int32
    }

    init(_ trace: Trace) {
        self.trace = trace
        links = [ReplayLinks](repeating: ReplayLinks(), count: trace.operations.count)
        tree = ReplayTree(trace)
        conditional = Set(trace.operations.filter { $0.version >= 0 }.map(\.path))
    }

    mutating func run() {
        var isRefusedMulti = false
        for index in trace.operations.indices {
            let operation = trace.operations[index]
            if !operation.isPart { isRefusedMulti = operation.kind == .multi && (operation.outcome?.error ?? 0) != 0 }
            if !isRefusedMulti { tree.need(operation) }
            guard operation.kind.hasPath else { continue }
            linkName(of: operation, at: index)
            linkVersion(of: operation, at: index)
            note(operation, at: index)
        }
        nameNumbered()
    }

    // MARK: Names

    private mutating func linkName(of operation: TraceOperation, at index: Int) {
        // what was not there when the request came had not been made yet
        guard !names.isEmpty, operation.outcome?.error != ClientError.noNode else { return }
        var path = operation.path
        while !path.isEmpty {
            if let source = names[path] {
                links[index].name = nameSlot(of: source)
                links[index].nameCount = Int32(path.utf8.count)
                return
            }
            path = parent(of: path)
        }
    }

    private mutating func nameSlot(of source: Source) -> Int32 {
        if let known = nameSlots[source] { return known }
        nameSlots[source] = slots
        switch source {
        case .operation(let index): links[index].keepsName = slots
        case .znode(let place): tree.keepName(of: place, in: slots)
        }
        slots += 1
        return slots - 1
    }

    /// Znodes that are laid out with numbers get other ones than they had, so requests for them are linked afterwards.
    private mutating func nameNumbered() {
        tree.putNumberedLast()
        let numbered = tree.znodes.indices.filter { tree.znodes[$0].isNumbered }
        guard !numbered.isEmpty else { return }
        var places: [String: Int] = [:]
        for place in numbered { places[tree.znodes[place].path] = place }
        for index in trace.operations.indices where links[index].name < 0 {
            guard let place = places[trace.operations[index].path] else { continue }
            links[index].name = nameSlot(of: .znode(place))
            links[index].nameCount = Int32(trace.operations[index].path.utf8.count)
        }
    }

    // MARK: Versions

    private mutating func linkVersion(of operation: TraceOperation, at index: Int) {
        guard operation.version >= 0 else { return }
        let known = versions[operation.path] ?? Versions()
        let own = known.own[Told(session: operation.session, version: operation.version)]
        if let source = own ?? known.sources[operation.version] {
            links[index].version = versionSlot(of: source)
        } else if operation.outcome?.error == 0, known.sources.isEmpty, let place = tree.place(of: operation.path) {
            // the first that is heard of it: the version that it had before the trace began
            links[index].version = versionSlot(of: .znode(place))
            versions[operation.path, default: known].sources[operation.version] = .znode(place)
            versions[operation.path]!.latest = operation.version
        }
    }

    private mutating func versionSlot(of source: Source) -> Int32 {
        if let known = versionSlots[source] { return known }
        versionSlots[source] = slots
        switch source {
        case .operation(let index): links[index].keepsVersion = slots
        case .znode(let place): tree.keepVersion(of: place, in: slots)
        }
        slots += 1
        return slots - 1
    }

    // MARK: What replies tell

    private mutating func note(_ operation: TraceOperation, at index: Int) {
        guard let outcome = operation.outcome, outcome.error == 0 else { return }
        if operation.kind == .create, !outcome.created.isEmpty {
            names[outcome.created] = .operation(index)
            tree.made(outcome.created)
        }
        guard conditional.contains(operation.path) else { return }
        switch operation.kind {
        case .create: versions[operation.path] = told(0, by: operation, at: index, Versions())
        case .delete: versions[operation.path] = nil
        case .set, .get, .exists:
            var known = versions[operation.path] ?? Versions()
            let counted = operation.kind == .set ? known.latest.map { $0 &+ 1 } : known.latest
            guard let version = outcome.version >= 0 ? outcome.version : counted else { return }
            // a read that tells nothing in the trace is no better source than the one that made the version
            if operation.kind != .set, outcome.version < 0 { return }
            known = told(version, by: operation, at: index, known)
            versions[operation.path] = known
        default: break
        }
    }

    private func told(_ version: Int32, by operation: TraceOperation, at index: Int, _ known: Versions) -> Versions {
        var known = known
        known.latest = max(known.latest ?? version, version)
        known.sources[version] = .operation(index)
        known.own[Told(session: operation.session, version: version)] = .operation(index)
        return known
    }
}
