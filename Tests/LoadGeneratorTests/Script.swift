// The thread of the scripted server: its connections, its state, and replies that wait for their time. What it answers to
// each request stands in Script+Requests.swift.

import Foundation
import Transport

/// The server's thread: connections, the tree, and replies that wait for their time.
final class Script: Serving {
    struct Znode {
        var data: [UInt8]
        var children: Set<String> = []
        var created: Int32 = 0
        var version: Int32 = 0
        var zxid: Int64 = 0
        var born: Int64 = 1
        var watchers: Set<ConnectionID> = []
        /// The session that an ephemeral znode belongs to; 0 for the others.
        var owner: Int64 = 0
    }

    struct Reply {
        let due: UInt64
        let connection: ConnectionID
        let bytes: [UInt8]
    }

    private let loop: EventLoop
    let misbehaviour: Misbehaviour
    var events: [TransportEvent] = []
    var hasShaken: Set<ConnectionID> = []
    var unsent: [ConnectionID: [UInt8]] = [:]
    private var replies: [Reply] = []
    private var firstReply = 0
    var held: [UInt8]?
    var tree: [String: Znode] = ["/": Znode(data: [])]
    var zxid: Int64 = 0
    var nextSession: Int64 = 1
    var pauseBegins: UInt64?
    var firstSet: UInt64?
    var counts: (set: Int, create: Int, get: Int, delete: Int, multi: Int) = (0, 0, 0, 0, 0)
    var recipeCounts: (crowdedList: Int, frontList: Int, deletionEvent: Int) = (0, 0, 0)
    /// Who has asked to be told of a znode's end.
    var deletionWatchers: [String: Set<ConnectionID>] = [:]
    var sessions: [ConnectionID: Int64] = [:]
    var exchanged: (path: String, data: [UInt8])?
    var closing: Set<ConnectionID> = []
    var setupBreaks = 0

    init(loop: EventLoop, misbehaviour: Misbehaviour) {
        self.loop = loop
        self.misbehaviour = misbehaviour
    }

    func turn() {
        let limit = DispatchTime.now().uptimeNanoseconds + 20_000_000
        let due = firstReply < replies.count ? replies[firstReply].due : .max
        loop.wait(until: min(limit, due), into: &events)
        for event in events {
            switch event {
            case .readable(let id, _): receive(id)
            case .writable(let id, _): flush(id)
            case .closed(let id, _, _): forget(id)
            case .accepted, .connected, .woken: break
            }
        }
        sendDue()
    }

    private func forget(_ id: ConnectionID) {
        hasShaken.remove(id)
        sessions[id] = nil
        unsent[id] = nil
    }

    private func receive(_ id: ConnectionID) {
        switch loop.read(id) {
        case .data:
            guard !misbehaviour.isMute else {
                loop.withInput(id) { $0.count }
                return
            }
            loop.withInput(id) { input in
                var position = 0
                while input.count - position >= 4, !closing.contains(id) {
                    let length = Int(Wire.int32(input, position))
                    guard input.count - position - 4 >= length else { break }
                    serve(Array(input[(position + 4)..<(position + 4 + length)]), id)
                    position += 4 + length
                }
                return position
            }
            if closing.remove(id) != nil {
                sendDue()
                loop.close(id, graceful: false)
                forget(id)
            }
        case .wouldBlock: break
        default:
            loop.close(id, graceful: false)
            forget(id)
        }
    }

    func reply(_ id: ConnectionID, _ bytes: [UInt8], held mayHold: Bool = false) {
        let now = DispatchTime.now().uptimeNanoseconds
        var due = now + misbehaviour.serviceTime
        if let firstSet { due += (now - firstSet) / 1_000 * misbehaviour.serviceDrift / 1_000_000 }
        if let begins = pauseBegins, due >= begins, due < begins + misbehaviour.pauseFor { due = begins + misbehaviour.pauseFor }
        replies.append(Reply(due: due, connection: id, bytes: bytes))
    }

    private func sendDue() {
        let now = DispatchTime.now().uptimeNanoseconds
        while firstReply < replies.count, replies[firstReply].due <= now {
            let reply = replies[firstReply]
            firstReply += 1
            unsent[reply.connection, default: []] += reply.bytes
        }
        if firstReply == replies.count {
            replies.removeAll(keepingCapacity: true)
            firstReply = 0
        }
        for id in unsent.keys { flush(id) }
    }

    private func flush(_ id: ConnectionID) {
        guard let bytes = unsent[id], !bytes.isEmpty else { return }
        let taken = bytes.withUnsafeBytes { loop.write(id, $0, more: false) }
        if taken == bytes.count { unsent[id] = nil } else { unsent[id]!.removeFirst(taken) }
    }
}
