// What defects of the tree need beyond a line at their place; see Rules.

#if QUORATE_MUTANTS
import Handlers
import Rules

extension DataTree {
    /// All ephemerals of a session, in an order of hashing.
    func removeOwned(_ session: UInt32, effects: inout Effects) {
        var owned: [UInt32] = []
        var number = sessions.session(session).pointee.firstOwned
        while number != 0 {
            owned.append(number)
            number = nodes.node(number).pointee.nextOwned
        }
        for number in Mutant.hashed(owned) { remove(number, effects: &effects) }
    }
}
#endif
