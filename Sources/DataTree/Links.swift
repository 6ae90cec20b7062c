// Lists that run through znode rows: the children of a parent in order of creation, and the ephemerals of a session in the same
// order.

import Handlers

extension DataTree {
    /// Appends a child to its parent's list. Counters that clients see are the caller's business, but numChildren belongs to the
    /// list.
    func linkChild(_ number: UInt32, under parent: UInt32) {
        let last = nodes.node(parent).pointee.last
        if last != 0 { nodes.changeNode(last).pointee.next = number }
        let node = nodes.changeNode(number)
        node.pointee.parent = parent
        node.pointee.previous = last
        let above = nodes.changeNode(parent)
        if last == 0 { above.pointee.first = number }
        above.pointee.last = number
        above.pointee.numChildren &+= 1
    }

    func unlinkChild(_ number: UInt32) {
        let node = nodes.node(number).pointee
        if node.previous != 0 { nodes.changeNode(node.previous).pointee.next = node.next }
        if node.next != 0 { nodes.changeNode(node.next).pointee.previous = node.previous }
        let above = nodes.changeNode(node.parent)
        if node.previous == 0 { above.pointee.first = node.next }
        if node.next == 0 { above.pointee.last = node.previous }
        above.pointee.numChildren &-= 1
    }

    func linkOwned(_ number: UInt32, to session: UInt32) {
        let owner = sessions.changeSession(session)
        let last = owner.pointee.lastOwned
        let node = nodes.changeNode(number)
        node.pointee.owner = owner.pointee.id
        node.pointee.nextOwned = 0
        node.pointee.previousOwned = last
        if last != 0 { nodes.changeNode(last).pointee.nextOwned = number } else { owner.pointee.firstOwned = number }
        owner.pointee.lastOwned = number
        totals.ephemerals += 1
    }

    func unlinkOwned(_ number: UInt32) {
        let node = nodes.node(number).pointee
        let session = sessions.find(word: UInt64(bitPattern: node.owner))
        precondition(session != 0, "an ephemeral without a session")
        let owner = sessions.changeSession(session)
        if node.previousOwned != 0 {
            nodes.changeNode(node.previousOwned).pointee.nextOwned = node.nextOwned
        } else {
            owner.pointee.firstOwned = node.nextOwned
        }
        if node.nextOwned != 0 {
            nodes.changeNode(node.nextOwned).pointee.previousOwned = node.previousOwned
        } else {
            owner.pointee.lastOwned = node.previousOwned
        }
        totals.ephemerals -= 1
    }
}

extension Znode {
    var nextOwned: UInt32 {
        get { first }
        set { first = newValue }
    }

    var previousOwned: UInt32 {
        get { last }
        set { last = newValue }
    }
}
