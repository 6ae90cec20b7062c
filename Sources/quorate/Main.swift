// The `quorate` command: a list of subcommands, and how each of them begins and ends. Each is in a file of its own and holds no
// logic but that of its arguments.

import ArgumentParser
import Foundation
import Server

struct Quorate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quorate",
        abstract: "A replicated coordination server that speaks ZooKeeper's protocol, and the harness that measures it.",
        version: Version.text,
        subcommands: [
            Bench.self,
            CapacityCommand.self,
            Certs.self,
            ChaosCommand.self,
            CompareCommand.self,
            DoctorCommand.self,
            EnsembleCommand.self,
            ExportCommand.self,
            HandoverCommand.self,
            HistoryCommand.self,
            Load.self,
            LoadPartCommand.self,
            ReplaceCommand.self,
            ReplayCommand.self,
            ReportCommand.self,
            Serve.self,
            Simulate.self,
            SimulatePart.self,
            TuneCommand.self,
        ] + ofOtherBuilds)

    #if QUORATE_MUTANTS
    private static let ofOtherBuilds: [any ParsableCommand.Type] = [Mutants.self]
    #else
    private static let ofOtherBuilds: [any ParsableCommand.Type] = []
    #endif
}

@main
enum Entrance {
    static func main() {
        // The runtime's own handler prints a back-trace and goes on; here it is a wish to end, from the first moment.
        signal(SIGQUIT, SIG_DFL)
        StandardOutput.closeGaps()
        exit(run(CommandLineWords(Array(CommandLine.arguments.dropFirst()))))
    }

    /// Returns the exit code.
    private static func run(_ words: CommandLineWords) -> Int32 {
        do {
            if let objection = words.objection { throw Failure(objection, code: 64) }
            var command = try Quorate.parseAsRoot(words.joined)
            try command.run()
            return 0
        } catch let loss as OutputLoss {
            return end(loss)
        } catch {
            return end(error, words)
        }
    }

    private static func end(_ error: any Error, _ words: CommandLineWords) -> Int32 {
        let code = Quorate.exitCode(for: error).rawValue
        if code == 0 {
            // Help and version are asked for by throwing, too, and so is an end as asked, of which there is nothing to say.
            let text = Quorate.fullMessage(for: error)
            guard !text.isEmpty else { return 0 }
            do throws(OutputLoss) { try StandardOutput.write(text + "\n") } catch { return end(error) }
        } else if !Quorate.message(for: error).isEmpty {
            _ = Failure(words.sentence(of: error), code: code)
        }
        return code
    }

    private static func end(_ loss: OutputLoss) -> Int32 {
        loss.isUnread ? loss.exitCode : Failure(loss.description, code: loss.exitCode).rawValue
    }
}
