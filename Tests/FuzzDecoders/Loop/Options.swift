// The words of the command line.

import Foundation

struct Options {
    static let usage = """
        usage: fuzz-decoders [--seconds N] [--executions N] [--target NAME ...] [--seed N] [--findings DIRECTORY] [--first]
                             [--planted trap|allocation|hang|state]
               fuzz-decoders --replay FILE [--planted ...]
               fuzz-decoders --list

          --seconds N      ends after so many seconds (60, unless --executions is given)
          --executions N   ends after so many executions of all targets together
          --target NAME    only this target; may be given again; --list names them
          --seed N         of the first worker; printed at the start, new by default
          --findings DIR   where findings are written, one file each (./fuzz-findings)
          --first          ends at the first finding
          --planted KIND   with a defect put in on purpose, to see it found
          --replay FILE    runs the inputs of a finding in this very process; 0 if nothing happens any more

        The inputs run in a process of their own (--worker FILE), which writes each one down before it runs it.
        Exit code: 0 nothing found, 1 something found, 64 wrong words.

        """

    var seconds: Double?
    var executions: UInt64?
    var targets: [String] = []
    var seed = UInt64.random(in: 1...UInt64(UInt32.max))
    var findings = "fuzz-findings"
    var endsAtFirst = false
    var planted: Planted?
    var replay: String?
    var worker: String?
    var lists = false
    var asksForHelp = false

    init(_ words: [String]) throws(OptionError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--seconds": seconds = try Options.number(word, &rest)
            case "--executions": executions = try Options.number(word, &rest)
            case "--seed": seed = try Options.number(word, &rest)
            case "--target": targets.append(try Options.text(word, &rest))
            case "--findings": findings = try Options.text(word, &rest)
            case "--replay": replay = try Options.text(word, &rest)
            case "--worker": worker = try Options.text(word, &rest)
            case "--first": endsAtFirst = true
            case "--list": lists = true
            case "--help", "-h": asksForHelp = true
            case "--planted":
                let kind = try Options.text(word, &rest)
                guard let planted = Planted(rawValue: kind) else { throw OptionError("nothing called '\(kind)' can be planted") }
                self.planted = planted
            default: throw OptionError("'\(word)' is not known")
            }
        }
        if seconds == nil, executions == nil { seconds = 60 }
    }

    private static func text(_ word: String, _ rest: inout ArraySlice<String>) throws(OptionError) -> String {
        guard let next = rest.popFirst() else { throw OptionError("\(word) needs a word behind it") }
        return next
    }

    private static func number<T: LosslessStringConvertible>(
        _ word: String, _ rest: inout ArraySlice<String>
    ) throws(OptionError) -> T {
        let text = try text(word, &rest)
        guard let number = T(text) else { throw OptionError("\(word) needs a number, and '\(text)' is none") }
        return number
    }

    /// What a worker is told.
    func workerWords(notebook: String, seed: UInt64, seconds: Double?, executions: UInt64?) -> [String] {
        var words = ["--worker", notebook, "--seed", "\(seed)"]
        if let seconds { words += ["--seconds", "\(seconds)"] }
        if let executions { words += ["--executions", "\(executions)"] }
        for target in targets { words += ["--target", target] }
        if let planted { words += ["--planted", planted.rawValue] }
        return words
    }
}

struct OptionError: Error {
    let sentence: String
    init(_ sentence: String) { self.sentence = sentence }
}
