// What the loop feeds: a decoder by itself, or a whole member. A target knows recorded inputs, how to change one so that it stays
// worth reading (lengths and checksums mended), and what must hold when an input has been taken.

import Glibc

protocol FuzzTarget: AnyObject {
    var name: String { get }
    /// Recorded inputs, none of them empty.
    var corpus: [[UInt8]] { get }
    /// So many inputs meet one state; 1 where nothing is kept.
    var executionsPerState: Int { get }
    var bound: AllocationBound { get }
    /// Makes the state anew.
    func begin()
    /// Changes a recorded input.
    func change(_ input: inout [UInt8], _ mutator: inout Mutator)
    /// Takes one input. Returning is success; a breach ends the process.
    func run(_ input: [UInt8])
}

extension FuzzTarget {
    var executionsPerState: Int { 1 }
    func begin() {}
    func change(_ input: inout [UInt8], _ mutator: inout Mutator) { mutator.change(&input) }
}

/// How much memory one execution may take, in bytes: what is announced and not there must reserve nothing.
struct AllocationBound {
    /// Of one piece, and of all that is held at once, whatever the input.
    var base: Int
    /// And for each byte of the input.
    var perByte: Int

    /// A decoder: what it makes of its input is in proportion to it.
    static let decoder = AllocationBound(base: 64 << 10, perByte: 32)
    /// A member with its buffers.
    static let member = AllocationBound(base: 8 << 20, perByte: 64)

    func bytes(for count: Int) -> Int { base + perByte * count }
}

/// What must hold and does not is told and ends the process, as a trap would: the loop around it saves the input.
func breach(_ sentence: @autoclosure () -> String) -> Never {
    complain("breach: \(sentence())\n")
    abort()
}

/// To standard error, at once.
func complain(_ text: String) {
    var text = text
    text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
}

func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) {
    if !holds { breach(sentence()) }
}

/// A defect put in on purpose, to see that the loop finds it.
enum Planted: String, CaseIterable {
    /// A trap behind numbers in one field of one message that no recording has.
    case trap
    /// A count that is believed before it is held against the bytes that are there.
    case allocation
    /// A loop without an end.
    case hang
    /// A trap that needs several inputs, one after the other.
    case state
}
