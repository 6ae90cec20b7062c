// What kind of ensemble is wanted: how many members of which program, where their data and logs lie, what their files say.

/// Which program a member is.
package enum MemberCommand: Sendable, Equatable {
    /// Our own node; the path of the binary.
    case quorate(program: String)
    /// Any server that reads a zoo.cfg; `{config}` in its arguments stands for the path of that file.
    case other(ProcessCommand)

    func processCommand(configuration: String) -> ProcessCommand {
        switch self {
        case .quorate(let program): ProcessCommand(program: program, arguments: ["serve", "--config", configuration])
        case .other(let command):
            ProcessCommand(
                program: command.program,
                arguments: command.arguments.map { $0.replacing("{config}", with: configuration) })
        }
    }

    package var isQuorate: Bool {
        if case .quorate = self { true } else { false }
    }
}

package struct EnsembleOrder: Sendable {
    package static let largest = 15

    package var nodes: Int
    /// Where each member gets a directory of its own; must exist.
    package var directory: String
    /// Where the members' log files go; must exist. They are kept when the data is removed.
    package var logDirectory: String
    package var command: MemberCommand
    /// More lines for every zoo.cfg, key and value; they win over what is written anyway.
    package var settings: [(key: String, value: String)]
    /// Ignored by a single member, which has nobody to talk to.
    package var tls: MemberTLS?
    /// How long what one member sends another is on its way; 0 for as long as this machine takes.
    package var linkDelayNanoseconds: UInt64 = 0
    /// What members send each other passes through links that can fail.
    package var hasLinkFaults = false
    /// With it the members' disks can be made to fail.
    package var diskFaults: FlushLibrary?
    /// How much longer than the disk takes a flush takes.
    package var flushDelay: FlushDelay?
    /// So many of the members, the last ones, only observe.
    package var observers = 0
    /// nil: members have no secure client port.
    package var clientTLS: ClientTLS?

    package init(
        nodes: Int, directory: String, logDirectory: String, command: MemberCommand,
        settings: [(key: String, value: String)] = [], tls: MemberTLS? = nil, clientTLS: ClientTLS? = nil
    ) {
        self.nodes = nodes
        self.directory = directory
        self.logDirectory = logDirectory
        self.command = command
        self.settings = settings
        self.tls = tls
        self.clientTLS = clientTLS
    }
}
