// Servers that ran before the benchmark and stay when it ends. They may be somebody's: one that is not on this machine or holds
// znodes is left alone unless the user says whose it is, and all that a load leaves lies below one znode.

package import Ensemble
package import LoadGenerator

package struct RunningServers: Sendable {
    /// Everything happens below this znode, and `--clean` removes it.
    package static let chroot = "/quorate-bench"
    /// What every server of this kind has.
    private static let own: Set<String> = ["zookeeper", String(chroot.dropFirst())]

    /// As they were given.
    package let names: [String]
    package let version: String?
    let members: [ObservedMember]

    /// - Parameters:
    ///   - admin: where the members of this project tell metrics, in the order of `hosts`; may be empty.
    ///   - isMine: load it whatever it holds and wherever it is.
    package init(hosts: [String], admin: [String], isMine: Bool, cancel: CancelFlag) throws(EnsembleError) {
        names = hosts
        let found = try Self.lookingUp { () throws(LoadError) in
            (
                tree: try RunningTree(hosts: hosts, cancel: cancel),
                ports: admin.isEmpty ? [] : try RunningTree(hosts: admin, cancel: cancel).addresses
            )
        }
        if let twice = found.tree.firstTwice {
            throw EnsembleError(.unusable, "--target names the server \(twice) twice, under another name before.")
        }
        if !isMine, let elsewhere = found.tree.firstElsewhere {
            throw EnsembleError(.unusable, "The server \(elsewhere) is not on this machine; \(Self.remedy).")
        }
        try Self.lookingUp { () throws(LoadError) in try found.tree.checkThatAllAnswer() }
        if !isMine { try Self.checkForOthers(found.tree, hosts) }
        let addresses = found.tree.addresses
        members = addresses.indices.map {
            ObservedMember(
                id: $0 + 1, host: addresses[$0], admin: found.ports.indices.contains($0) ? found.ports[$0] : nil)
        }
        let status = addresses.lazy.compactMap { Asking.fourLetterWord("srvr", at: $0) }.first
        version = status.flatMap { MemberStatus(srvr: $0) }?.version
    }

    private static func lookingUp<Value>(_ body: () throws(LoadError) -> Value) throws(EnsembleError) -> Value {
        do throws(LoadError) {
            return try body()
        } catch {
            let cause: EnsembleError.Cause =
                switch error.cause {
                case .interrupted: .interrupted
                case .addressUnusable: .unusable
                default: .notServing
                }
            throw EnsembleError(cause, error.description)
        }
    }

    private static let remedy = "if it is yours to load, say so with --target-is-mine"

    /// Znodes of somebody's.
    private static func checkForOthers(_ tree: RunningTree, _ hosts: [String]) throws(EnsembleError) {
        let others = try lookingUp { () throws(LoadError) in try tree.rootChildren() }.filter { !own.contains($0) }
        if let first = others.sorted().first {
            let more = others.count > 1 ? " and \(others.count - 1) more znodes" : ""
            throw EnsembleError(
                .unusable, "The ensemble at \(hosts.joined(separator: ",")) is not empty: it holds /\(first)\(more); \(remedy).")
        }
    }

    /// Removes what loads have left; returns how many znodes that were.
    package static func clean(hosts: [String], cancel: CancelFlag) throws(LoadError) -> Int {
        try RunningTree(hosts: hosts, cancel: cancel).remove(chroot)
    }
}
