// `quorate serve`: one member of an ensemble, or a server on its own, until a signal ends it.

import ArgumentParser
import CLinux
import Foundation
import Server

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a server from a zoo.cfg.",
        discussion:
            "Ends on SIGTERM, SIGINT or SIGQUIT; reads its certificates anew on SIGHUP. Exit codes: 0 ended as asked, 64 "
            + "configuration, 69 a port or the data directory is another process's, 70 what can't be has happened, 71 the "
            + "system refuses threads or files, 74 the data directory is damaged or a write failed, 75 this member's state "
            + "differed from the others'.")

    @Option(name: .long, help: "The configuration file, in the format of ZooKeeper's zoo.cfg.")
    var config: String

    @Flag(name: .long, help: "Refuse keys that nobody knows instead of warning of them.")
    var strictConfig = false

    @Option(name: .long, help: ArgumentHelp("End when this process is gone.", visibility: .hidden))
    var exitWithParent: Int32?

    func run() throws {
        ServingSignals.holdReload()
        let settings: ServerConfiguration
        do {
            settings = try ServerConfiguration(path: config, strict: strictConfig)
        } catch {
            throw Failure(error.description, code: 64)
        }
        if let parent = exitWithParent {
            // A launcher that is killed can't stop its servers, so the kernel does; it may already be gone.
            quorate_die_with_parent(SIGKILL)
            guard getppid() == parent else { throw Failure("process \(parent), which started this server, is gone", code: 70) }
        }
        let server = Server(settings)
        let signals = ServingSignals(server)
        do {
            try server.start()
        } catch {
            throw Failure(error.description, code: error.exitCode)
        }
        signals.started()
        let code = server.wait()
        withExtendedLifetime(signals) {}
        throw ExitCode(code)
    }
}
