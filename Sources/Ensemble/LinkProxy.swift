// The links between members, on one machine: what one member sends another passes through here, and whoever started the ensemble
// says at any time what becomes of it on the way. Members find it by the ports that their files name for the others; each pair of
// members has links of its own in each direction, so that what one sends can be lost while what it is sent arrives. TLS is
// opaque to it.
//
// It stands in for a network between machines. Its own work, a copy to and fro, is done by one thread of this process; the
// copying is in LinkCarrier.swift.

internal import Dispatch
internal import Glibc
internal import Synchronization
internal import Transport

/// What one member sends another.
package struct Link: Hashable, Sendable {
    package var from: Int
    package var to: Int

    package init(from: Int, to: Int) {
        self.from = from
        self.to = to
    }

    package var reversed: Link { Link(from: to, to: from) }
}

/// What becomes of what is on its way.
package struct LinkState: Sendable, Equatable {
    package var delayNanoseconds: UInt64 = 0
    /// Up to so much is added, anew for each piece; the order stays.
    package var jitterNanoseconds: UInt64 = 0
    /// nil: as fast as the machine copies.
    package var bytesPerSecond: UInt64?
    /// Nothing arrives, also no end of a connection, and nobody is told; what was sent arrives when this is over, as a network
    /// sends anew what was lost.
    package var isCut = false
    /// One bit of each so many pieces is turned round; nil: none.
    package var corruptsEvery: Int?

    package init() {}
}

package final class LinkProxy: Sendable {
    /// Where a member may be reached by another.
    package struct Route: Sendable {
        package var link: Link
        /// The port that it leads to.
        package var target: UInt16

        package init(_ link: Link, target: UInt16) {
            self.link = link
            self.target = target
        }
    }

    /// Where the routes begin, in the order in which they were given.
    package let ports: [UInt16]
    private let shared: Shared

    /// What both threads know.
    final class Shared: Sendable {
        let isEnding = Atomic<Bool>(false)
        let waker = Mutex<Waker?>(nil)
        let isOver = DispatchSemaphore(value: 0)
        let orders = Mutex<[(order: LinkCarrier.Order, isDone: DispatchSemaphore)]>([])
        let carried = Mutex<[Link: UInt64]>([:])
    }

    private final class Opening: Sendable {
        let result = Mutex<Result<[UInt16], TransportError>?>(nil)
        let signal = DispatchSemaphore(value: 0)
    }

    /// Opens all routes; in the beginning every link is in `state`.
    package init(_ routes: [Route], state: LinkState = LinkState()) throws(EnsembleError) {
        let (shared, opening) = (Shared(), Opening())
        let isStarted = startDetachedThread(named: "quorate-links") {
            do throws(TransportError) {
                let carrier = try LinkCarrier(routes, state, shared)
                let ports = try carrier.open()
                shared.waker.withLock { $0 = carrier.loop.waker }
                opening.result.withLock { $0 = .success(ports) }
                opening.signal.signal()
                carrier.run()
            } catch {
                opening.result.withLock { $0 = .failure(error) }
                opening.signal.signal()
            }
            shared.isOver.signal()
        }
        guard isStarted else { throw EnsembleError(.outOfResources, "No thread could be started for the links between members.") }
        opening.signal.wait()
        switch opening.result.withLock({ $0 }) {
        case .success(let ports)?: self.ports = ports
        case .failure(let error)?:
            throw EnsembleError(.outOfResources, "The links between members can't be opened: \(error.text)")
        case nil: throw EnsembleError(.outOfResources, "The links between members were not opened.")
        }
        self.shared = shared
    }

    deinit {
        shared.isEnding.store(true, ordering: .releasing)
        shared.waker.withLock { $0 }?.wake()
        shared.isOver.wait()
    }

    // MARK: Faults

    /// Takes effect before it returns, also for what is on its way already.
    package func set(_ link: Link, _ state: LinkState) { carryOut(.set(link, state)) }

    /// Ends all connections of the two members with a reset on both sides.
    package func reset(_ link: Link) { carryOut(.reset(link)) }

    /// `link.from` loses its connections to `link.to`, whose ends stay open and hear nothing any more. New ones are as before.
    package func halfOpen(_ link: Link) { carryOut(.halfOpen(link)) }

    private func carryOut(_ order: LinkCarrier.Order) {
        let isDone = DispatchSemaphore(value: 0)
        shared.orders.withLock { $0.append((order, isDone)) }
        shared.waker.withLock { $0 }?.wake()
        isDone.wait()
    }

    /// Bytes that have arrived over the link since the beginning.
    package func carried(_ link: Link) -> UInt64 { shared.carried.withLock { $0[link] ?? 0 } }
}
