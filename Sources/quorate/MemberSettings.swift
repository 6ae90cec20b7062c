// The `--setting` lines of a command that starts ensembles, read as the members would read them, before anything is started.

import Ensemble
import Results
import Server

enum MemberSettings {
    /// Of either server; what Apache ZooKeeper takes is its own affair, and only the form is looked at.
    /// - Parameter others: lines that stand before these in the same file.
    static func readAny(
        _ texts: [String], of target: String, sizes: [Int], tls: Bool, beside others: [String] = []
    ) throws -> [(key: String, value: String)] {
        if target == ResultTarget.quorate {
            return Array(try read(others + texts, sizes: sizes, tls: tls).dropFirst(others.count))
        }
        do {
            return try texts.map { try MemberSetting.read($0) }
        } catch let error as MemberSettingError {
            throw Failure(error.description, code: 64)
        }
    }

    /// What is wrong ends the command: keys that nobody knows, values of the wrong form, and what does not go together.
    static func read(_ texts: [String], sizes: [Int], tls: Bool) throws -> [(key: String, value: String)] {
        do {
            let lines = try texts.map { try MemberSetting.read($0) }
            if !lines.isEmpty { for nodes in Set(sizes).sorted() { try check(lines, nodes: nodes, tls: tls && nodes > 1) } }
            return lines
        } catch let error as MemberSettingError {
            throw Failure(error.description, code: 64)
        }
    }

    private static func check(_ lines: [(key: String, value: String)], nodes: Int, tls: Bool) throws {
        let order = EnsembleOrder(
            nodes: nodes, directory: "members", logDirectory: "members", command: .quorate(program: "quorate"), settings: lines,
            tls: tls ? MemberTLS(authority: "ca.pem", certificate: "member.pem", key: "member-key.pem") : nil)
        let ports = (0..<nodes).map { member in MemberPorts((0..<4).map { UInt16(20_000 + 4 * member + $0) }[...]) }
        let text = MemberFiles.configuration(order, id: 1, directory: "members/1", ports: ports)
        do throws(ConfigurationError) {
            // A key that nobody knows is only worth a warning in a file that ZooKeeper reads, too; here it is a slip.
            _ = try ServerConfiguration.reading(text, file: "zoo.cfg", strict: true) { _ in .text("1") }
        } catch {
            let problem = error.problems[0]
            throw Failure("\(name(of: problem, lines, in: text)): \(problem.sentence) \(problem.remedy)", code: 64)
        }
    }

    /// The setting that the objection is to, as it was given.
    private static func name(of problem: ConfigurationProblem, _ lines: [(key: String, value: String)], in text: String) -> String
    {
        let all = text.split(separator: "\n", omittingEmptySubsequences: false)
        let line = all.indices.contains(problem.line - 1) ? all[problem.line - 1] : ""
        guard let setting = lines.last(where: { line.hasPrefix("\($0.key)=") }) else { return "--setting" }
        return "--setting \(setting.key)=\(setting.value)"
    }
}
