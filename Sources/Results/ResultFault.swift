// A fault that the workload asked for, as it was carried out.

package struct ResultFault: Sendable, Equatable, Codable {
    /// Since the first phase began.
    package var atNanoseconds: UInt64
    package var nanoseconds: UInt64
    /// As workload files name it.
    package var fault: String
    package var role: String
    package var members: [Int]
    /// The longest stretch around it without an acknowledged write, if it is among the longest of the run; recorded phases count.
    package var writeGapNanoseconds: UInt64?

    package init(
        atNanoseconds: UInt64, nanoseconds: UInt64, fault: String, role: String, members: [Int], writeGapNanoseconds: UInt64?
    ) {
        self.atNanoseconds = atNanoseconds
        self.nanoseconds = nanoseconds
        self.fault = fault
        self.role = role
        self.members = members
        self.writeGapNanoseconds = writeGapNanoseconds
    }

    private enum CodingKeys: String, CodingKey {
        case atNanoseconds = "at_ns"
        case nanoseconds = "for_ns"
        case fault, role, members
        case writeGapNanoseconds = "write_gap_ns"
    }
}
