// Links between members that take their time, on one machine: what one member sends to another passes through here and goes on
// after a delay, in order, in both directions. Members find it by the ports that their files name for the others.
//
// It stands in for a network between machines, where each message is on its way for so long however many follow it. Its own work,
// a copy to and fro, is done by one thread of this process.

internal import Dispatch
internal import Glibc
internal import Synchronization
internal import Transport

package final class SlowLinks: Sendable {
    /// Where the links begin, in the order of the ports that they lead to.
    package let ports: [UInt16]
    private let ending: Ending

    /// Shared with the thread.
    private final class Ending: Sendable {
        let isAsked = Atomic<Bool>(false)
        let waker = Mutex<Waker?>(nil)
        let isOver = DispatchSemaphore(value: 0)
    }

    /// Opens a link to each of the ports of this machine.
    package init(to targets: [UInt16], delayNanoseconds: UInt64) throws(EnsembleError) {
        let ending = Ending()
        let opened = Mutex<Result<[UInt16], TransportError>?>(nil)
        let isOpened = DispatchSemaphore(value: 0)
        let place = Opening(result: opened, signal: isOpened)
        let isStarted = startDetachedThread(named: "quorate-links") {
            do throws(TransportError) {
                let carrier = try LinkCarrier(delayNanoseconds: delayNanoseconds)
                let ports = try carrier.open(targets)
                ending.waker.withLock { $0 = carrier.loop.waker }
                place.result.withLock { $0 = .success(ports) }
                place.signal.signal()
                carrier.run { ending.isAsked.load(ordering: .acquiring) }
            } catch {
                place.result.withLock { $0 = .failure(error) }
                place.signal.signal()
            }
            ending.isOver.signal()
        }
        guard isStarted else { throw EnsembleError(.outOfResources, "No thread could be started for the links between members.") }
        place.signal.wait()
        switch place.result.withLock({ $0 }) {
        case .success(let ports)?: self.ports = ports
        case .failure(let error)?:
            throw EnsembleError(.outOfResources, "The links between members can't be opened: \(error.text)")
        case nil: throw EnsembleError(.outOfResources, "The links between members were not opened.")
        }
        self.ending = ending
    }

    private final class Opening: Sendable {
        let result: Mutex<Result<[UInt16], TransportError>?>
        let signal: DispatchSemaphore

        init(result: consuming Mutex<Result<[UInt16], TransportError>?>, signal: DispatchSemaphore) {
            self.result = result
            self.signal = signal
        }
    }

    deinit {
        ending.isAsked.store(true, ordering: .releasing)
        ending.waker.withLock { $0 }?.wake()
        ending.isOver.wait()
    }
}

/// Carries bytes from one connection to another, late. Belongs to one thread.
private final class LinkCarrier {
    /// One direction of a link.
    private struct Lane {
        var waiting: [(due: UInt64, bytes: [UInt8])] = []
        /// Bytes of the first piece that have gone on already.
        var gone = 0
        var count = 0
        /// The end is not connected yet or takes nothing more; an event tells when it does.
        var isBlocked = false
    }

    private struct Pair {
        var ends: [ConnectionID]
        /// Towards each end.
        var lanes = [Lane(), Lane()]
        /// The end that has closed; what it sent still goes on.
        var ended: Int?
        var isOver = false
    }

    /// Bytes that may be on their way in one direction before no more are taken.
    private static let lengthMax = 64 << 20
    let loop: EventLoop
    private let delay: UInt64
    private var targets: [UInt16] = []
    private var pairs: [Pair] = []
    private var events: [TransportEvent] = []
    /// End of a pair by connection: twice the pair's index, and one more for its far end.
    private var places: [ConnectionID: Int] = [:]

    init(delayNanoseconds: UInt64) throws(TransportError) {
        loop = try EventLoop()
        delay = delayNanoseconds
    }

    func open(_ targets: [UInt16]) throws(TransportError) -> [UInt16] {
        self.targets = targets
        var ports: [UInt16] = []
        for index in targets.indices { ports.append(try loop.listen(.loopback(port: 0), tag: UInt32(index)).boundPort) }
        return ports
    }

    func run(until isOver: () -> Bool) {
        while !isOver() {
            loop.wait(until: nextDue, into: &events)
            for event in events { handle(event) }
            let now = loop.now
            for index in pairs.indices where !pairs[index].isOver {
                for side in 0...1 { deliver(index, side, now: now) }
                if let ended = pairs[index].ended, pairs[index].lanes[1 - ended].waiting.isEmpty { end(index) }
            }
        }
    }

    private var nextDue: UInt64? {
        pairs.lazy.filter { !$0.isOver }.flatMap(\.lanes).filter { !$0.isBlocked }.compactMap(\.waiting.first?.due).min()
    }

    private func handle(_ event: TransportEvent) {
        switch event {
        case .accepted(let id, _, let tag):
            let far = loop.connect(to: [.loopback(port: targets[Int(tag)])], name: "member", tag: 0)
            places[id] = pairs.count * 2
            places[far] = pairs.count * 2 + 1
            var pair = Pair(ends: [id, far])
            pair.lanes[1].isBlocked = true
            pairs.append(pair)
        case .readable(let id, _): if let place = places[id] { take(place / 2, from: place % 2) }
        case .closed(let id, _, _): if let place = places[id] { hasEnded(place / 2, side: place % 2) }
        case .connected(let id, _), .writable(let id, _):
            if let place = places[id] { pairs[place / 2].lanes[place % 2].isBlocked = false }
        case .woken: break
        }
    }

    private func take(_ index: Int, from side: Int) {
        let id = pairs[index].ends[side]
        let outcome = loop.read(id)
        guard case .data = outcome else {
            if case .wouldBlock = outcome { return }
            return hasEnded(index, side: side)
        }
        let due = loop.now + delay
        loop.withInput(id) { input in
            pairs[index].lanes[1 - side].waiting.append((due, Array(input)))
            pairs[index].lanes[1 - side].count += input.count
            return input.count
        }
        if pairs[index].lanes[1 - side].count > Self.lengthMax { loop.setReading(id, false) }
    }

    /// Sends on towards `side` what has been on its way for long enough.
    private func deliver(_ index: Int, _ side: Int, now: UInt64) {
        while !pairs[index].lanes[side].isBlocked, let first = pairs[index].lanes[side].waiting.first, first.due <= now {
            let gone = pairs[index].lanes[side].gone
            let taken = first.bytes.withUnsafeBytes {
                loop.write(pairs[index].ends[side], UnsafeRawBufferPointer(rebasing: $0[gone...]), more: false)
            }
            pairs[index].lanes[side].count -= taken
            guard gone + taken == first.bytes.count else {
                pairs[index].lanes[side].gone = gone + taken
                pairs[index].lanes[side].isBlocked = true
                return
            }
            pairs[index].lanes[side].gone = 0
            pairs[index].lanes[side].waiting.removeFirst()
        }
        if pairs[index].lanes[side].count < Self.lengthMax / 2 { loop.setReading(pairs[index].ends[1 - side], true) }
    }

    private func hasEnded(_ index: Int, side: Int) {
        // When both have, nobody is there for what is still on its way.
        if pairs[index].ended.map({ $0 != side }) == true { return end(index) }
        pairs[index].ended = side
        pairs[index].lanes[side] = Lane()
        loop.setReading(pairs[index].ends[side], false)
    }

    private func end(_ index: Int) {
        pairs[index].isOver = true
        pairs[index].lanes = [Lane(), Lane()]
        for id in pairs[index].ends {
            places[id] = nil
            loop.close(id, graceful: true)
        }
    }
}
