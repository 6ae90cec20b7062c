// A small server for tests that speaks as much of the client protocol as the load uses, on a thread of its own, and can be
// told to misbehave in one way at a time: slow, silent for a while, replies swapped, left out or doubled, items lost.

import Foundation
import Synchronization
import Transport

/// What the server does wrong, if anything.
struct Misbehaviour: Sendable {
    /// Nanoseconds between a request and its reply.
    var serviceTime: UInt64 = 0
    /// How much longer that gets each second, from the first setData on.
    var serviceDrift: UInt64 = 0
    /// Counted from the first setData: when the server falls silent, and for how long, in nanoseconds.
    var pauseAfter: UInt64?
    var pauseFor: UInt64 = 0
    /// Each of these counts requests of one kind from 1 on; what is named happens once, to that one.
    var swapReplyOfSet = 0
    var dropReplyOfSet = 0
    var doubleReplyOfSet = 0
    var strayReplyAfterSet = 0
    var zxidBackAtSet = 0
    var wrongSizeAtSet = 0
    var errorAtSet = 0
    var errorCode: Int32 = -101
    var garbageAtSet = 0
    /// Acknowledged, but not kept.
    var loseSet = 0
    /// The connection breaks after this set was carried out, before its reply.
    var breakAtSet = 0
    /// The connection breaks after this create was carried out; or before.
    var breakAfterCreate = 0
    var breakBeforeCreate = 0
    var breakAfterDelete = 0
    /// The connection breaks before each of the first so many creates with names of their own.
    var breaksAtSetup = 0
    /// Acknowledged, but not kept.
    var loseCreate = 0
    /// Acknowledged, but still there.
    var keepDeleted = 0
    /// This item turns up together with the next one, with their data exchanged.
    var exchangeCreate = 0
    /// From this create on the instant in a task's name is taken out, as if it had no delay.
    var hastenFromCreate = Int.max
    /// Acknowledged once, and there under two names.
    var doubleCreate = 0
    var damageAtGet = 0
    /// The connection breaks before the reply to this get.
    var breakAtGet = 0
    /// What is wrong with the reply of which multi.
    var faultAtMulti: (number: Int, fault: MultiFault)?
    var firesWatches = true
    /// This event of a znode's end is not sent.
    var skipDeletionEvent = 0
    /// From this list with several ephemeral children on, a client is shown its own alone.
    var hideOthersFromList = Int.max
    /// The connection breaks after this list in which the client's own ephemeral child is in front of others.
    var breakAfterFrontList = 0
    /// A session is unknown when its client comes back.
    var forgetsSessions = false
    var refusesSessions = false
    /// So many sessions are opened, and every further connection is ended when it asks for one.
    var sessionsMax = Int64.max
    /// Accepts connections and says nothing.
    var isMute = false
}

/// What can be wrong with the reply of a multi.
enum MultiFault: Sendable, CaseIterable {
    /// Nothing is carried out, as one of the parts can not be: said as the protocol has it, or in the header, or wrongly.
    case refused, refusedInHeader, refusedWithoutError, refusedTwice
    case partMissing, endMissing, otherPart, otherSize, otherPath, otherZxid, cut
    /// Acknowledged, but the sets in it are not kept.
    case lost
}

/// What runs on a server's thread.
protocol Serving: AnyObject {
    func turn()
}

/// The server; `stop` ends its thread.
final class ScriptedServer: Sendable {
    let port: UInt16
    private let isStopped = Mutex(false)
    private let waker: Waker
    private let finished = DispatchSemaphore(value: 0)

    var address: String { "127.0.0.1:\(port)" }

    convenience init(_ misbehaviour: Misbehaviour = Misbehaviour()) throws {
        try self.init { Script(loop: $0, misbehaviour: misbehaviour) }
    }

    init(serving: @escaping @Sendable (EventLoop) -> any Serving) throws {
        let started = DispatchSemaphore(value: 0)
        let result = Mutex<(port: UInt16, waker: Waker)?>(nil)
        let stop = Mutex<(@Sendable () -> Bool)?>(nil)
        let finished = self.finished
        let thread = Thread {
            guard let loop = try? EventLoop(), let (_, port) = try? loop.listen(.loopback(port: 0), tag: 0, backlog: 256) else {
                started.signal()
                return
            }
            result.withLock { $0 = (port, loop.waker) }
            started.signal()
            let script = serving(loop)
            while stop.withLock({ $0?() ?? false }) == false { script.turn() }
            finished.signal()
        }
        thread.start()
        started.wait()
        guard let (port, waker) = result.withLock({ $0 }) else { throw CocoaError(.featureUnsupported) }
        self.port = port
        self.waker = waker
        stop.withLock { $0 = { [weak self] in self?.isStopped.withLock { $0 } ?? true } }
    }

    func stop() {
        isStopped.withLock { $0 = true }
        waker.wake()
        finished.wait()
    }

    deinit {
        waker.wake()
    }
}
