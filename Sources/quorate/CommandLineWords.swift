// The words of the command line before and after the parser has them: what it would misread is put right or refused, and what it
// has to say of the rest becomes one sentence with a remedy.

import ArgumentParser
import Server

struct CommandLineWords {
    private let words: [String]
    private static let commands = Quorate.configuration.subcommands.map { $0._commandName }

    private static let shown = Quorate.configuration.subcommands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }

    init(_ words: [String]) { self.words = words }

    /// The command as a user types it, for sentences that name it.
    private var command: String {
        guard let name = words.first, Self.commands.contains(name) else { return "quorate" }
        return "quorate \(name)"
    }

    /// For the parser: a number with a minus is a value and no option, so it is tied to the option before it.
    var joined: [String] {
        var result: [String] = []
        for word in words {
            if Self.isNegative(word), let option = result.last, option.hasPrefix("--"), !option.contains("=") {
                result[result.count - 1] = "\(option)=\(word)"
            } else {
                result.append(word)
            }
        }
        return result
    }

    private static func isNegative(_ word: String) -> Bool {
        word.hasPrefix("-") && word.dropFirst().first?.isNumber == true
    }

    /// What no command can mean: an empty value, which is mostly a shell's variable that is not set, or a command nobody knows.
    var objection: String? {
        for (position, word) in words.enumerated() {
            if word.isEmpty {
                let option = position > 0 && words[position - 1].hasPrefix("--") ? words[position - 1] : nil
                return emptyValue(of: option)
            }
            if word.hasPrefix("--"), word.hasSuffix("="), word.firstIndex(of: "=") == word.indices.last {
                return emptyValue(of: String(word.dropLast()))
            }
        }
        let name = words.first == "help" ? words.dropFirst().first : words.first
        guard let name, !name.hasPrefix("-"), name != "help", !Self.commands.contains(name) else { return nil }
        let nearest = ConfigurationNearest.name(to: name, among: Self.shown).map { "the nearest is \($0), and all are" }
        return "there is no command '\(name)'; \(nearest ?? "those there are:") \(Self.shown.joined(separator: ", "))."
    }

    private func emptyValue(of option: String?) -> String {
        guard let option else { return "an argument is empty; leave it out, or see: \(command) --help" }
        return "\(option) has an empty value; give it one or leave it out, or see: \(command) --help"
    }

    /// What the parser says, in one line: what is wrong, what the option is for, where all of them are explained.
    func sentence(of error: any Error) -> String {
        var message = Quorate.message(for: error)
        if message.hasSuffix(".") { message.removeLast() }
        let help = Quorate.fullMessage(for: error).split(separator: "\n").first { $0.hasPrefix("Help:  ") }
        // After the option's name, which the message has already, and two blanks.
        if let explained = help?.dropFirst("Help:  ".count).split(separator: "  ", maxSplits: 1).dropFirst().first {
            message += " (\(explained.hasSuffix(".") ? explained.dropLast() : explained))"
        }
        return message + (message.hasSuffix("?") ? " See" : "; see") + ": \(command) --help"
    }
}
