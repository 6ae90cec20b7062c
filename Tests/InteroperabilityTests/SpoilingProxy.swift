// A proxy between the load generator and a real member that passes everything on, but spoils one reply in so many, in one way at
// a time. What happens to the frames of a connection stands in SpoiltConversation.swift.

import Foundation
import Synchronization
import Transport

/// What happens to a reply whose turn it is.
enum Spoiling: Sendable {
    case nothing
    /// Comes after the next one.
    case swapped
    case lost
    case doubled
    case wrongError
    case zxidBack
    /// One byte of the frame is inverted, another one each time.
    case flippedByte
    /// The same with one byte of the frame's length.
    case flippedLength
    /// A set or an enqueue is answered as if it had been done, and not passed on.
    case notDone
    /// Nothing passes for so many nanoseconds, on one connection and once.
    case silence(UInt64)
}

/// What a proxy did, and what it saw of the member.
struct ProxyDeeds: Sendable {
    var replies = 0
    var spoilt = 0
    var flipped = FlippedBytes()
    /// The longest that the member itself owed a reply, in nanoseconds.
    var longestWait: UInt64 = 0
}

/// The proxy; `stop` ends its thread and tells what it did.
final class SpoilingProxy: Sendable {
    private struct Started: Sendable {
        let port: UInt16
        let waker: Waker
    }

    private final class Shared: Sendable {
        let started = Mutex<Started?>(nil)
        let deeds = Mutex(ProxyDeeds())
        let isStopped = Atomic<Bool>(false)
        let hasStarted = DispatchSemaphore(value: 0)
        let hasEnded = DispatchSemaphore(value: 0)
    }

    let address: String
    private let waker: Waker
    private let shared = Shared()

    init(to port: UInt16, _ spoiling: Spoiling, every: Int = 500) throws {
        let shared = self.shared
        Thread {
            guard let loop = try? EventLoop(), let (_, own) = try? loop.listen(.loopback(port: 0), tag: 0, backlog: 64) else {
                shared.hasStarted.signal()
                return
            }
            shared.started.withLock { $0 = Started(port: own, waker: loop.waker) }
            shared.hasStarted.signal()
            let desk = ProxyDesk(loop: loop, member: port, Spoiler(spoiling, every: every))
            while !shared.isStopped.load(ordering: .relaxed) { desk.turn() }
            shared.deeds.withLock { $0 = desk.spoiler.deeds }
            shared.hasEnded.signal()
        }.start()
        shared.hasStarted.wait()
        guard let started = shared.started.withLock({ $0 }) else { throw WireFailure(description: "the proxy can't listen") }
        address = "127.0.0.1:\(started.port)"
        waker = started.waker
    }

    func stop() -> ProxyDeeds {
        shared.isStopped.store(true, ordering: .relaxed)
        waker.wake()
        shared.hasEnded.wait()
        return shared.deeds.withLock { $0 }
    }
}

/// The proxy's thread at work: pairs of connections, bytes that wait for them.
private final class ProxyDesk {
    private let loop: EventLoop
    private let member: UInt16
    var spoiler: Spoiler
    private var events: [TransportEvent] = []
    /// Both connections of a pair lead to their conversation.
    private var conversations: [ConnectionID: SpoiltConversation] = [:]

    init(loop: EventLoop, member: UInt16, _ spoiler: Spoiler) {
        self.loop = loop
        self.member = member
        self.spoiler = spoiler
    }

    private var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

    func turn() {
        loop.wait(until: now + 10_000_000, into: &events)
        for event in events {
            switch event {
            case .accepted(let id, _, _):
                let upstream = loop.connect("127.0.0.1", port: member, tag: 0)
                let conversation = SpoiltConversation(client: id, member: upstream)
                conversations[id] = conversation
                conversations[upstream] = conversation
            case .connected(let id, _):
                conversations[id]?.isUp = true
                if let conversation = conversations[id] { flush(conversation) }
            case .readable(let id, _): receive(id)
            case .writable(let id, _): if let conversation = conversations[id] { flush(conversation) }
            case .closed(let id, _, _): end(id)
            case .woken: break
            }
        }
        for conversation in conversations.values where conversation.isMuted(now) == false { flush(conversation) }
    }

    private func receive(_ id: ConnectionID) {
        guard let conversation = conversations[id] else { return }
        let outcome = loop.read(id)
        loop.withInput(id) { input in
            var position = 0
            while input.count - position >= 4 {
                let length = Int(input.loadUnaligned(fromByteOffset: position, as: Int32.self).bigEndian)
                guard input.count - position - 4 >= length else { break }
                let frame = Array(input[(position + 4)..<(position + 4 + length)])
                if id == conversation.client {
                    conversation.asked(frame, &spoiler, now: now)
                } else {
                    conversation.answered(frame, &spoiler, now: now)
                }
                position += 4 + length
            }
            return position
        }
        flush(conversation)
        if outcome != .data && outcome != .wouldBlock { end(id) }
    }

    private func flush(_ conversation: SpoiltConversation) {
        if conversation.isUp { send(&conversation.toMember, conversation.member) }
        if !conversation.isMuted(now) { send(&conversation.toClient, conversation.client) }
    }

    private func send(_ bytes: inout [UInt8], _ id: ConnectionID) {
        guard !bytes.isEmpty else { return }
        bytes.removeFirst(bytes.withUnsafeBytes { loop.write(id, $0, more: false) })
    }

    private func end(_ id: ConnectionID) {
        guard let conversation = conversations[id] else { return }
        for side in [conversation.client, conversation.member] {
            loop.close(side, graceful: side != id)
            conversations[side] = nil
        }
    }
}
