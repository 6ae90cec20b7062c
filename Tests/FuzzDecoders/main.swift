// fuzz-decoders: feeds everything that reads what others have written with changed recordings, and tells what must not happen.

import Foundation

private func end(_ sentence: String) -> Never {
    complain("\(sentence)\n\(Options.usage)")
    exit(64)
}

do {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    if let unknown = options.targets.first(where: { !Targets.names.contains($0) }) {
        end("There is no target '\(unknown)'; there are \(Targets.names.joined(separator: ", ")).")
    }
    if options.asksForHelp {
        print(Options.usage, terminator: "")
    } else if options.lists {
        for name in Targets.names { print(name) }
    } else if let path = options.replay {
        guard let finding = Finding(path: path) else { end("\(path) is no finding, or can't be read.") }
        try Worker.replay(finding, planted: options.planted)
        print("\(finding.inputs.count) inputs of \(finding.target), and nothing happened")
    } else if let notebook = options.worker {
        var worker = try Worker(notebook, options)
        worker.work()
    } else {
        var overseer = try Overseer(options)
        exit(try overseer.watch())
    }
} catch let error as OptionError {
    end(error.sentence)
}
