// A server of known behaviour that keeps its own record: for every set when it arrived, when its reply was due and when the
// reply left. What the load generator reports is held against that record, not against what an idle machine would do.

import CLinux
import Foundation
import Synchronization
import Transport

/// One set, as the server saw it; monotonic nanoseconds.
struct Served: Sendable {
    /// Number of the connection, in the order in which connections came.
    let connection: Int
    let arrived: UInt64
    let due: UInt64
    var left: UInt64 = 0

    /// How late the server itself was: the machine's doing.
    var lateness: UInt64 { left - due }
}

/// The server; `stop` ends its thread and returns the record.
final class PacedServer: Sendable {
    let port: UInt16
    private let waker: Waker
    private let isStopped: StopFlag
    private let record: Handover<[Served]>

    var address: String { "127.0.0.1:\(port)" }

    init(_ pace: Pace) throws {
        let started = Handover<(port: UInt16, waker: Waker)?>()
        let record = Handover<[Served]>()
        let isStopped = StopFlag()
        PreciseThread.start {
            guard let loop = try? EventLoop(), let (_, port) = try? loop.listen(.loopback(port: 0), tag: 0, backlog: 256) else {
                started.put(nil)
                return
            }
            started.put((port, loop.waker))
            let desk = PacedDesk(loop: loop, pace: pace)
            while !isStopped.isSet { desk.turn() }
            record.put(desk.record)
        }
        guard let (port, waker) = started.take() else { throw CocoaError(.featureUnsupported) }
        self.port = port
        self.waker = waker
        self.isStopped = isStopped
        self.record = record
    }

    func stop() -> [Served] {
        isStopped.set()
        waker.wake()
        return record.take()
    }
}

/// The server's thread at work: connections, the line of replies, and the record.
final class PacedDesk {
    /// The last stretch before a reply is due is waited for awake.
    private static let awake: UInt64 = 60_000
    private static let idleTurn: UInt64 = 20_000_000

    private struct Waiting {
        let connection: ConnectionID
        let bytes: [UInt8]
        let number: Int
    }

    private let loop: EventLoop
    private var keeper: PaceKeeper
    private var events: [TransportEvent] = []
    private var names: [ConnectionID: Int] = [:]
    private var inputs: [ConnectionID: StampedInput] = [:]
    private var tree = PacedTree()
    private var line: [Waiting] = []
    private var head = 0
    private(set) var record: [Served] = []

    init(loop: EventLoop, pace: Pace) {
        self.loop = loop
        keeper = PaceKeeper(pace)
    }

    func turn() {
        let now = quorate_monotonic_ns()
        var limit = now + Self.idleTurn
        if head < line.count {
            let due = record[line[head].number].due
            limit = due > now + Self.awake ? due - Self.awake : now
        }
        loop.wait(until: limit, into: &events)
        for event in events {
            switch event {
            case .accepted(let id, _, _):
                names[id] = names.count
                inputs[id] = StampedInput(loop.descriptor(id)!)
            case .readable(let id, _): receive(id)
            case .closed, .writable, .connected, .woken: break
            }
        }
        sendDue()
    }

    private func receive(_ id: ConnectionID) {
        guard let arrived = inputs[id]?.read() else {
            inputs[id] = nil
            return loop.close(id, graceful: false)
        }
        while let frame = inputs[id]?.nextFrame() { frame.withUnsafeBytes { take($0, id, now: arrived) } }
    }

    private func take(_ frame: UnsafeRawBufferPointer, _ id: ConnectionID, now: UInt64) {
        let (bytes, isSet) = tree.answer(frame, isFirst: tree.greet(id))
        guard isSet else { return send(bytes, id) }
        record.append(Served(connection: names[id]!, arrived: now, due: keeper.due(arrived: now)))
        line.append(Waiting(connection: id, bytes: bytes, number: record.count - 1))
    }

    /// What is due leaves, one write for each connection.
    private func sendDue() {
        let now = quorate_monotonic_ns()
        var parcels: [(id: ConnectionID, bytes: [UInt8], numbers: [Int])] = []
        while head < line.count, record[line[head].number].due <= now {
            let next = line[head]
            head += 1
            if let place = parcels.firstIndex(where: { $0.id == next.connection }) {
                parcels[place].bytes += next.bytes
                parcels[place].numbers.append(next.number)
            } else {
                parcels.append((next.connection, next.bytes, [next.number]))
            }
        }
        for parcel in parcels {
            send(parcel.bytes, parcel.id)
            let left = quorate_monotonic_ns()
            for number in parcel.numbers { record[number].left = left }
        }
    }

    /// Replies are small and read at once: a socket that is full means that the test itself is wrong.
    private func send(_ bytes: [UInt8], _ id: ConnectionID) {
        let taken = bytes.withUnsafeBytes { loop.write(id, $0, more: false) }
        precondition(taken == bytes.count || taken == 0, "a socket takes the replies of a turn, unless its client is gone")
    }
}
