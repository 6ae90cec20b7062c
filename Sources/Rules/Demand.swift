// How a numbered rule of the protocol is asserted. In every build that is shipped it is a precondition, with the same cost. A
// build for mutants (see Mutant.swift) can switch these assertions off, so that a defect has to be found by what is seen from
// outside, and names the broken rule when it stops the process.

#if QUORATE_MUTANTS
/// Stops the process with the rule's text if the rule does not hold, unless assertions are switched off.
public func demand(
    _ holds: @autoclosure () -> Bool, _ rule: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
    if Mutant.assertionsAreOff || holds() { return }
    fatalError(rule(), file: file, line: line)
}
#else
/// A rule of docs/ZAB.md that must hold here.
/// - Parameter rule: "Rule E1: " and what is wrong if it does not.
@_transparent
public func demand(
    _ holds: @autoclosure () -> Bool, _ rule: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
    precondition(holds(), rule(), file: file, line: line)
}
#endif
