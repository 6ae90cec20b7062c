// Whom a benchmark's load is for: ensembles that it starts itself, of this project's node or of Apache ZooKeeper, and servers
// that run already.

package import Ensemble
package import Results

package struct BenchTarget: Sendable {
    package enum Kind: Sendable {
        /// Started for each ensemble size on fresh directories.
        case launched(MemberCommand, tls: Bool, settings: [(key: String, value: String)])
        /// Everything happens below one znode.
        case running(RunningServers)
    }

    /// What it is called in tables and documents.
    package let name: String
    package let kind: Kind
    /// What is known of its version before it runs.
    package let version: String?
    /// The program of its members, as a document shows it.
    package let program: String?
    /// Its code gets faster while it runs, so it is loaded until it no longer does before anything is measured.
    package let mustWarmUp: Bool

    package init(name: String, kind: Kind, version: String?, program: String?, mustWarmUp: Bool) {
        self.name = name
        self.kind = kind
        self.version = version
        self.program = program
        self.mustWarmUp = mustWarmUp
    }

    /// As a part of a file's name.
    var fileName: String { String(name.map { $0.isLetter || $0.isNumber || ".=_-:,".contains($0) ? $0 : "-" }) }

    package var isQuorate: Bool {
        if case .launched(let command, _, _) = kind { command.isQuorate } else { false }
    }

    package var isLaunched: Bool {
        if case .launched = kind { true } else { false }
    }

    /// How many servers there are, of those that run already.
    package var runningSize: Int? {
        guard case .running(let servers) = kind else { return nil }
        return servers.names.count
    }

    /// How the document of a result describes it.
    package func described(nodes: [Int]) -> ResultTarget {
        switch kind {
        case .launched(_, let tls, let settings):
            ResultTarget(
                name: name, version: version, program: program, tls: tls, nodes: nodes,
                settings: settings.map { MemberSetting.shown(key: $0.key, value: $0.value) })
        case .running(let servers):
            ResultTarget(name: name, version: version, program: nil, tls: nil, nodes: [servers.names.count], settings: [])
        }
    }
}
