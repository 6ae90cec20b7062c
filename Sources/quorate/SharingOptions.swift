// Over how many processes a load is dealt, for the commands that send one.

import ArgumentParser

struct SharingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Processes that share the load.",
            discussion: """
                Clients are dealt over them; roles that have queues, locks or messages in common stay together in the first.
                """, valueName: "n"))
    var generators = 1

    func validate() throws {
        guard (1...100).contains(generators) else {
            throw ValidationError("--generators must be from 1 to 100, not \(generators).")
        }
    }
}
