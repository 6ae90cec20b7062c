// The executable: it only lists its subcommands, each of which stands in a file of its own.

import ArgumentParser

@main struct Quorate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quorate", abstract: "A replicated coordination server and its benchmark.", subcommands: [Load.self])
}
