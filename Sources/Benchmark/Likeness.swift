// What keeps two results from being compared: another machine, another disk, another load, another durability. What is asked
// about, the program's version and its settings, may differ.

package import Results

package enum Likeness {
    /// One sentence for each difference that is no part of the question; none if they are alike.
    package static func differences(_ base: ResultDocument, _ new: ResultDocument) -> [String] {
        machine(base.environment, new.environment) + durability(base, new) + encryption(base, new) + load(base, new)
    }

    private static func sentence<Value: Equatable>(_ what: String, _ base: Value?, _ new: Value?) -> [String] {
        func shown(_ value: Value?) -> String { value.map { "\($0)" } ?? "unknown" }
        return base == new ? [] : ["\(what): \(shown(base)) and \(shown(new))"]
    }

    private static func machine(_ base: ResultEnvironment, _ new: ResultEnvironment) -> [String] {
        sentence("the processor", base.cpuModel, new.cpuModel) + sentence("the number of CPUs", base.cpus, new.cpus)
            + sentence("GiB of memory", base.memoryBytes.map(gibibytes), new.memoryBytes.map(gibibytes))
            + sentence("the kernel", base.kernel, new.kernel)
            + sentence("the operating system", base.operatingSystem, new.operatingSystem)
            + sentence("the file system of the data", base.filesystem.kind, new.filesystem.kind)
            + sentence("its mount options", base.filesystem.options, new.filesystem.options)
    }

    /// Kernels keep a little more or less of the same memory to themselves.
    private static func gibibytes(_ bytes: UInt64) -> UInt64 { (bytes + 1 << 29) >> 30 }

    /// Marks say what was acknowledged without being safe, or held back on purpose.
    private static func durability(_ base: ResultDocument, _ new: ResultDocument) -> [String] {
        let names: [ResultMark.Name] = [.notDurable, .noFsync, .delayed, .quick]
        return names.flatMap { name -> [String] in
            let sides = [base, new].map { document in document.marks.filter { $0.name == name }.map(\.sentence) }
            guard sides[0] != sides[1] else { return [] }
            return ["the mark \(name.rawValue): \(shown(sides[0])) and \(shown(sides[1]))"]
        }
    }

    private static func shown(_ sentences: [String]) -> String {
        sentences.isEmpty ? "not there" : "'\(sentences.joined(separator: " "))'"
    }

    private static func encryption(_ base: ResultDocument, _ new: ResultDocument) -> [String] {
        guard let one = base.targets.first, let other = new.targets.first else { return [] }
        return sentence("the target", one.name, other.name) + sentence("TLS between members", one.tls, other.tls)
            + sentence("TLS to clients", one.clientTLS ?? false, other.clientTLS ?? false)
    }

    private static func load(_ base: ResultDocument, _ new: ResultDocument) -> [String] {
        let sizes = [base, new].map { document in Set(document.rows.map(\.nodes)).sorted() }
        let shared = Set(sizes[0]).intersection(sizes[1])
        var found = sentence("the workload", base.workload.name, new.workload.name)
        if found.isEmpty, base.workload.resolved != new.workload.resolved {
            found.append("the workload's values: '\(base.workload.name)' was run with other ones")
        }
        if shared.isEmpty { found.append("the ensemble sizes: \(sizes[0]) and \(sizes[1])") }
        return found
    }
}
