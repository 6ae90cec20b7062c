// The `quorate` command: a list of subcommands. Each is in a file of its own and holds no logic but that of its arguments.

import ArgumentParser

@main
struct Quorate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quorate",
        abstract: "A replicated coordination server that speaks ZooKeeper's protocol, and the harness that measures it.",
        subcommands: [
            Bench.self,
            Certs.self,
            EnsembleCommand.self,
            Load.self,
            Serve.self,
        ])

    static func main() {
        holdStandardDescriptors()
        main(nil)
    }
}
