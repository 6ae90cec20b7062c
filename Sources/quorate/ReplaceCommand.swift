// `quorate replace`: tells the leader, by its admin port, that a member's data directory is gone for good.

import ArgumentParser

struct ReplaceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace",
        abstract: "Let a member whose data directory is gone come back with an empty one.",
        discussion: """
            A member that has lost its disk must not vote as if it had promised nothing, so its empty directory is refused. \
            After this command, run on the leader's own machine, the leader lets it learn everything, and then binds it in \
            place of the old one, which is refused for ever. Exit codes: 0 the member may be started with an empty directory, \
            2 it was refused, 64 usage, 69 nobody answers at the admin port.
            """)

    @Argument(help: "The number of the member.")
    var member: Int

    @Option(help: "The leader's admin port: HOST:PORT.")
    var admin = "127.0.0.1:8080"

    @Option(help: ArgumentHelp("Where the admin commands are.", valueName: "path"))
    var commandUrl = "/commands"

    func run() throws {
        guard (1...254).contains(member) else {
            throw Failure("a member has a number from 1 to 254, not \(member).", code: 64)
        }
        try StandardOutput.write(try AdminPort(admin, commandUrl).post("replace?member=\(member)"))
    }
}
