// Sessions as state: created, attached to a server, closed, each by a record. Who may write in a session's name is decided here,
// at apply.

package import Batch
import ClientProtocol
package import Handlers
import Rules

extension DataTree {
    /// The row of a session, or 0.
    @inline(__always)
    func sessionRow(_ id: Int64) -> UInt32 {
        if recentSession.id == id, recentSession.row != 0 { return recentSession.row }
        let row = sessions.find(word: UInt64(bitPattern: id))
        recentSession = (id, row)
        return row
    }

    /// May this record write in its session's name? Rule S3: behind an applied closeSession nothing of that session changes
    /// anything.
    func judgeOwner(_ head: RequestHead, row: inout UInt32) -> Int32 {
        row = sessionRow(head.session)
        #if QUORATE_MUTANTS
        if Mutant.isOn(.closedSessionWrites), row == 0, head.type == OpCode.setData || head.type == OpCode.delete {
            return ErrorCode.ok
        }
        #endif
        guard row != 0 else { return ErrorCode.sessionExpired }
        #if QUORATE_MUTANTS
        if Mutant.isOn(.ignoresOwners) { return ErrorCode.ok }
        #endif
        let session = sessions.session(row)
        guard session.pointee.server == head.origin.server, session.pointee.run == head.origin.run else {
            return ErrorCode.sessionMoved
        }
        return ErrorCode.ok
    }

    package func judgeOwner(_ head: RequestHead) -> Int32 {
        var row: UInt32 = 0
        return judgeOwner(head, row: &row)
    }

    package func createSession(_ head: RequestHead, timeout: Int32, effects: inout Effects) -> Int32 {
        let id = head.session
        // The top byte ff is kept for znodes with a time to live, 0 and the lowest number mean something else.
        guard id != 0, id != Int64.min, id >> 56 != -1, timeout > 0 else { return ErrorCode.badArguments }
        guard sessionRow(id) == 0 else { return ErrorCode.nodeExists }
        let number = sessions.allocate()
        let session = sessions.changeSession(number)
        session.pointee.id = id
        session.pointee.run = head.origin.run
        session.pointee.server = head.origin.server
        session.pointee.timeout = timeout
        sessions.enter(number)
        recentSession = (id, number)
        digestSession(number)
        effects.session = .created(id: id, timeout: timeout)
        return ErrorCode.ok
    }

    package func attachSession(_ head: RequestHead, timeout: Int32, effects: inout Effects) -> Int32 {
        guard timeout > 0 else { return ErrorCode.badArguments }
        let number = sessionRow(head.session)
        guard number != 0 else { return ErrorCode.sessionExpired }
        let session = sessions.changeSession(number)
        effects.session = .attached(
            id: head.session, timeout: timeout, previousServer: session.pointee.server, previousRun: session.pointee.run)
        session.pointee.run = head.origin.run
        session.pointee.server = head.origin.server
        session.pointee.timeout = timeout
        #if QUORATE_MUTANTS
        if Mutant.isOn(.settingFromFile) { session.pointee.timeout = timeout + timeout % Mutant.tickOfFile }
        if Mutant.isOn(.ephemeralsGoWithMove) { removeOwned(number, effects: &effects) }
        #endif
        digestSession(number)
        return ErrorCode.ok
    }

    /// Rule S1: ephemerals go only with a closeSession record, in the order in which they were made.
    package func closeSession(_ head: RequestHead, isExpiry: Bool, effects: inout Effects) -> Int32 {
        var number = UInt32(0)
        let error = judgeOwner(head, row: &number)
        guard error == ErrorCode.ok || isExpiry && error == ErrorCode.sessionMoved else { return error }
        #if QUORATE_MUTANTS
        if Mutant.isOn(.hashingOrder) { removeOwned(number, effects: &effects) }
        #endif
        while true {
            let owned = sessions.session(number).pointee.firstOwned
            if owned == 0 { break }
            demand(
                nodes.node(owned).pointee.owner == head.session, "Rule S1: a znode goes with a session that is not its own")
            remove(owned, effects: &effects)
        }
        digestSession(number)
        sessions.leave(number)
        sessions.free(number)
        recentSession = (0, 0)
        // Rule S3: nobody finds it any more, so no record behind this one can act in its name.
        demand(sessionRow(head.session) == 0, "Rule S3: a session that was closed is still there")
        effects.session = .closed(id: head.session)
        return ErrorCode.ok
    }

    private func digestSession(_ number: UInt32) {
        let session = sessions.session(number)
        space.note(UInt64(bitPattern: session.pointee.id), session.pointee.run)
        space.note(
            UInt64(number) << 32 | UInt64(session.pointee.server), UInt64(UInt32(bitPattern: session.pointee.timeout)))
    }

    // MARK: Looking

    package func session(_ id: Int64) -> SessionInfo? {
        let number = sessions.find(word: UInt64(bitPattern: id))
        return number == 0 ? nil : info(number)
    }

    private func info(_ number: UInt32) -> SessionInfo {
        let session = sessions.session(number).pointee
        return SessionInfo(id: session.id, timeout: session.timeout, ownerServer: session.server, ownerRun: session.run)
    }

    package func forEachSession(_ body: (SessionInfo) -> Void) {
        for number in 1..<sessions.limit where sessions.isLive(number) { body(info(number)) }
    }

    /// Paths of a session's ephemerals in creation order.
    package func forEachEphemeral(of id: Int64, _ body: (UnsafeRawBufferPointer) -> Void) {
        let row = sessions.find(word: UInt64(bitPattern: id))
        guard row != 0 else { return }
        var number = sessions.session(row).pointee.firstOwned
        while number != 0 {
            body(path(number))
            number = nodes.node(number).pointee.nextOwned
        }
    }
}
