// `quorate handover`: asks a leader, by its admin port, to hand the lead over.

import ArgumentParser

struct HandoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "handover",
        abstract: "Let another member lead, without an interruption that clients would notice.",
        discussion: """
            Writes wait for some milliseconds, and no client is disconnected. To be run on the leader's own machine: the admin \
            port does what it is told from there only. Exit codes: 0 another member leads, 2 it was refused or did not succeed, \
            and the old leader goes on, 64 usage, 69 nobody answers at the admin port.
            """)

    @Option(help: "The leader's admin port: HOST:PORT.")
    var admin = "127.0.0.1:8080"

    @Option(
        help:
            "The number of the member that is to lead; the one that is nearest by default. The leader's own number begins a new epoch under it."
    )
    var to: Int?

    @Option(help: ArgumentHelp("Where the admin commands are.", valueName: "path"))
    var commandUrl = "/commands"

    func run() throws {
        if let to, !(1...254).contains(to) { throw Failure("--to is the number of a member, 1 to 254, not \(to).", code: 64) }
        let answer = try AdminPort(admin, commandUrl).post("handover" + (to.map { "?to=\($0)" } ?? ""))
        try StandardOutput.write(answer)
    }
}
