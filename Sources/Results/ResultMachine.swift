// Who had the machine's processors during a phase: all shares are of all CPUs together, and add up to one with what was idle.

package struct ResultMachine: Sendable, Equatable, Codable {
    package var cpus: Int
    /// Left out where the members' processes can't be seen.
    package var members: Double?
    package var generator: Double
    /// Everything else that ran here: the kernel's own work, other programs, and members that can't be seen.
    package var others: Double
    /// Taken by the host of a virtual machine while something here wanted to run.
    package var stolen: Double

    package init(cpus: Int, members: Double?, generator: Double, others: Double, stolen: Double) {
        self.cpus = cpus
        self.members = members
        self.generator = generator
        self.others = others
        self.stolen = stolen
    }

    package var busy: Double { (members ?? 0) + generator + others + stolen }

    /// Hardly anything was idle, so that the processors set the pace.
    package var isBound: Bool { busy > 0.9 }
}
