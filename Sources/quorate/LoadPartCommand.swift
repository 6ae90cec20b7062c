// `quorate load-part`: one of the processes that share a load. `quorate load --generators` starts it and talks with it.

import ArgumentParser
import LoadGenerator

struct LoadPartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load-part", abstract: "One part of a load that several processes share.", shouldDisplay: false)

    func run() throws {
        if let objection = LoadPart.run(cancel: EndingSignals.watch().cancel) { throw Failure(objection, code: 64) }
    }
}
