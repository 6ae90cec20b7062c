// Rows of sessions: who owns each, its time-out, and the list of its ephemerals in creation order.

import Handlers

struct Session {
    var id: Int64
    var run: UInt64
    var server: UInt32
    var timeout: Int32
    var firstOwned: UInt32
    var lastOwned: UInt32

    static let idOffset = MemoryLayout<Session>.offset(of: \.id)!
}

extension PagedTable {
    @inline(__always)
    func session(_ number: UInt32) -> UnsafePointer<Session> { row(number).assumingMemoryBound(to: Session.self) }

    @inline(__always)
    func changeSession(_ number: UInt32) -> UnsafeMutablePointer<Session> { change(number).assumingMemoryBound(to: Session.self) }
}

/// What others may know of a session.
package struct SessionInfo: Equatable, Sendable {
    package var id: Int64
    package var timeout: Int32
    package var ownerServer: UInt32
    package var ownerRun: UInt64

    package init(id: Int64, timeout: Int32, ownerServer: UInt32, ownerRun: UInt64) {
        self.id = id
        self.timeout = timeout
        self.ownerServer = ownerServer
        self.ownerRun = ownerRun
    }
}
