// A small server for tests that speaks as much of the client protocol as the load uses, on a thread of its own, and can be
// told to misbehave in one way at a time: slow, silent for a while, replies swapped, left out or doubled, items lost.

import Foundation
import Synchronization
import Transport

/// What the server does wrong, if anything.
struct Misbehaviour: Sendable {
    /// Nanoseconds between a request and its reply.
    var serviceTime: UInt64 = 0
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
    /// The connection breaks after this set was carried out, before its reply.
    var breakAtSet = 0
    /// The connection breaks after this create was carried out; or before.
    var breakAfterCreate = 0
    var breakBeforeCreate = 0
    var breakAfterDelete = 0
    /// Acknowledged, but not kept.
    var loseCreate = 0
    /// Acknowledged, but still there.
    var keepDeleted = 0
    /// This item turns up together with the next one, with their data exchanged.
    var exchangeCreate = 0
    var damageAtGet = 0
    var firesWatches = true
    /// A session is unknown when its client comes back.
    var forgetsSessions = false
    var refusesSessions = false
    /// Accepts connections and says nothing.
    var isMute = false
}

/// The server; `stop` ends its thread.
final class ScriptedServer: Sendable {
    let port: UInt16
    private let isStopped = Mutex(false)
    private let waker: Waker
    private let finished = DispatchSemaphore(value: 0)

    var address: String { "127.0.0.1:\(port)" }

    init(_ misbehaviour: Misbehaviour = Misbehaviour()) throws {
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
            let script = Script(loop: loop, misbehaviour: misbehaviour)
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

/// The server's thread: connections, the tree, and replies that wait for their time.
private final class Script {
    private struct Znode {
        var data: [UInt8]
        var children: Set<String> = []
        var created: Int32 = 0
        var version: Int32 = 0
        var zxid: Int64 = 0
        var watchers: Set<ConnectionID> = []
    }

    private struct Reply {
        let due: UInt64
        let connection: ConnectionID
        let bytes: [UInt8]
    }

    private let loop: EventLoop
    private let misbehaviour: Misbehaviour
    private var events: [TransportEvent] = []
    private var hasShaken: Set<ConnectionID> = []
    private var unsent: [ConnectionID: [UInt8]] = [:]
    private var replies: [Reply] = []
    private var firstReply = 0
    private var held: [UInt8]?
    private var tree: [String: Znode] = ["/": Znode(data: [])]
    private var zxid: Int64 = 0
    private var nextSession: Int64 = 1
    private var pauseBegins: UInt64?
    private var counts: (set: Int, create: Int, get: Int, delete: Int) = (0, 0, 0, 0)
    private var exchanged: (path: String, data: [UInt8])?
    private var closing: Set<ConnectionID> = []

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

    private func reply(_ id: ConnectionID, _ bytes: [UInt8], held mayHold: Bool = false) {
        var due = DispatchTime.now().uptimeNanoseconds + misbehaviour.serviceTime
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

    // MARK: Requests

    private func serve(_ frame: [UInt8], _ id: ConnectionID) {
        guard hasShaken.contains(id) else { return shake(frame, id) }
        let request = Wire.Reader(frame)
        let (xid, opCode) = (request.int32(), request.int32())
        switch opCode {
        case 1: create(request, xid, id)
        case 2: delete(request, xid, id)
        case 3: answer(id, xid, error: tree[request.text()] == nil ? -101 : 0, body: [UInt8](repeating: 0, count: 68))
        case 4: get(request, xid, id)
        case 5: set(request, xid, id)
        case 8: list(request, xid, id)
        case 9: answer(id, xid, body: Wire.text(request.text()))
        case 11: answer(id, -2)
        case -11:
            answer(id, xid)
            closing.insert(id)
        default: answer(id, xid, error: -6)
        }
    }

    private func shake(_ frame: [UInt8], _ id: ConnectionID) {
        let request = Wire.Reader(frame)
        _ = request.int32()
        _ = request.int64()
        let timeout = request.int32()
        let asked = request.int64()
        if misbehaviour.refusesSessions {
            closing.insert(id)
            return
        }
        let isExpired = asked != 0 && misbehaviour.forgetsSessions
        let session = asked == 0 ? nextSession : asked
        if asked == 0 { nextSession += 1 }
        let body =
            Wire.int32(0) + Wire.int32(isExpired ? 0 : timeout) + Wire.int64(isExpired ? 0 : session) + Wire.int32(16)
            + [UInt8](repeating: 7, count: 16) + [0]
        reply(id, Wire.int32(Int32(body.count)) + body)
        if isExpired { closing.insert(id) } else { hasShaken.insert(id) }
    }

    private func answer(_ id: ConnectionID, _ xid: Int32, error: Int32 = 0, zxid other: Int64? = nil, body: [UInt8] = []) {
        let content = error == 0 ? body : []
        let frame = Wire.int32(xid) + Wire.int64(other ?? zxid) + Wire.int32(error) + content
        reply(id, Wire.int32(Int32(frame.count)) + frame)
    }

    private func stat(_ znode: Znode, size: Int) -> [UInt8] {
        Wire.int64(1) + Wire.int64(znode.zxid) + Wire.int64(0) + Wire.int64(0) + Wire.int32(znode.version) + Wire.int32(0)
            + Wire.int32(0) + Wire.int64(0) + Wire.int32(Int32(size)) + Wire.int32(Int32(znode.children.count)) + Wire.int64(1)
    }

    private func set(_ request: Wire.Reader, _ xid: Int32, _ id: ConnectionID) {
        let (path, data) = (request.text(), request.buffer())
        counts.set += 1
        zxid += 1
        if pauseBegins == nil, let after = misbehaviour.pauseAfter { pauseBegins = DispatchTime.now().uptimeNanoseconds + after }
        guard tree[path] != nil else { return answer(id, xid, error: -101) }
        tree[path]!.data = data
        tree[path]!.version += 1
        tree[path]!.zxid = zxid
        let number = counts.set
        if number == misbehaviour.breakAtSet {
            closing.insert(id)
            return
        }
        if number == misbehaviour.dropReplyOfSet { return }
        if number == misbehaviour.errorAtSet { return answer(id, xid, error: misbehaviour.errorCode) }
        let size = data.count + (number == misbehaviour.wrongSizeAtSet ? 1 : 0)
        let body = stat(tree[path]!, size: size)
        if number == misbehaviour.garbageAtSet { return reply(id, Wire.int32(3) + [1, 2, 3]) }
        if number == misbehaviour.swapReplyOfSet {
            let frame = Wire.int32(xid) + Wire.int64(zxid) + Wire.int32(0) + body
            held = Wire.int32(Int32(frame.count)) + frame
            return
        }
        answer(id, xid, zxid: number == misbehaviour.zxidBackAtSet ? 1 : nil, body: body)
        if number == misbehaviour.doubleReplyOfSet { answer(id, xid, body: body) }
        if number == misbehaviour.strayReplyAfterSet { answer(id, 1_000_000_000, body: body) }
        if let late = held {
            held = nil
            reply(id, late)
        }
    }

    private func create(_ request: Wire.Reader, _ xid: Int32, _ id: ConnectionID) {
        var path = request.text()
        var data = request.buffer()
        for _ in 0..<request.int32() {
            _ = request.int32()
            _ = request.text()
            _ = request.text()
        }
        let isSequential = request.int32() & 2 != 0
        let parent =
            path.range(of: "/", options: .backwards).map {
                $0.lowerBound == path.startIndex ? "/" : String(path[..<$0.lowerBound])
            } ?? "/"
        zxid += 1
        guard tree[parent] != nil else { return answer(id, xid, error: -101) }
        if isSequential { counts.create += 1 }
        let number = isSequential ? counts.create : 0
        if isSequential && number == misbehaviour.breakBeforeCreate {
            closing.insert(id)
            return
        }
        if isSequential { path += String(format: "%010d", tree[parent]!.created) }
        guard tree[path] == nil else { return answer(id, xid, error: -110) }
        tree[parent]!.created += 1
        if isSequential && number == misbehaviour.exchangeCreate {
            exchanged = (path, data)
            return answer(id, xid, body: Wire.text(path))
        }
        if isSequential, var earlier = exchanged, (earlier.path as NSString).deletingLastPathComponent == parent {
            swap(&data, &earlier.data)
            tree[earlier.path] = Znode(data: earlier.data, zxid: zxid)
            tree[parent]!.children.insert((earlier.path as NSString).lastPathComponent)
            exchanged = nil
        }
        if !(isSequential && number == misbehaviour.loseCreate) {
            tree[path] = Znode(data: data, zxid: zxid)
            tree[parent]!.children.insert((path as NSString).lastPathComponent)
            fire(parent)
        }
        if isSequential && number == misbehaviour.breakAfterCreate {
            closing.insert(id)
            return
        }
        answer(id, xid, body: Wire.text(path))
    }

    private func delete(_ request: Wire.Reader, _ xid: Int32, _ id: ConnectionID) {
        let path = request.text()
        zxid += 1
        guard tree[path] != nil else { return answer(id, xid, error: -101) }
        counts.delete += 1
        let parent = (path as NSString).deletingLastPathComponent
        if counts.delete == misbehaviour.keepDeleted {
            // the same item turns up again under a new name, as if it had been created twice
            let again = parent + "/item-" + String(format: "%010d", tree[parent]!.created)
            tree[parent]!.created += 1
            tree[again] = tree[path]
            tree[parent]!.children.insert((again as NSString).lastPathComponent)
        }
        tree[path] = nil
        tree[parent]?.children.remove((path as NSString).lastPathComponent)
        fire(parent)
        if counts.delete == misbehaviour.breakAfterDelete {
            closing.insert(id)
            return
        }
        answer(id, xid)
    }

    private func get(_ request: Wire.Reader, _ xid: Int32, _ id: ConnectionID) {
        guard let znode = tree[request.text()] else { return answer(id, xid, error: -101) }
        counts.get += 1
        var data = znode.data
        if counts.get == misbehaviour.damageAtGet { data[data.count - 1] ^= 1 }
        answer(id, xid, body: Wire.int32(Int32(data.count)) + data + stat(znode, size: data.count))
    }

    private func list(_ request: Wire.Reader, _ xid: Int32, _ id: ConnectionID) {
        let path = request.text()
        guard let znode = tree[path] else { return answer(id, xid, error: -101) }
        if request.flag() { tree[path]!.watchers.insert(id) }
        answer(id, xid, body: Wire.int32(Int32(znode.children.count)) + znode.children.flatMap { Wire.text($0) })
    }

    private func fire(_ path: String) {
        guard let watchers = tree[path]?.watchers, !watchers.isEmpty else { return }
        tree[path]!.watchers = []
        guard misbehaviour.firesWatches else { return }
        for watcher in watchers where hasShaken.contains(watcher) {
            answer(watcher, -1, zxid: -1, body: Wire.int32(4) + Wire.int32(3) + Wire.text(path))
        }
    }
}

/// Big-endian bytes, without regard to speed.
private enum Wire {
    static func int32(_ value: Int32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    static func int64(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    static func text(_ value: String) -> [UInt8] { int32(Int32(value.utf8.count)) + Array(value.utf8) }
    static func int32(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int32 {
        Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }

    final class Reader {
        private let bytes: [UInt8]
        private var position = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func int32() -> Int32 {
            defer { position += 4 }
            return bytes.withUnsafeBytes { Int32(bigEndian: $0.loadUnaligned(fromByteOffset: position, as: Int32.self)) }
        }
        func int64() -> Int64 {
            defer { position += 8 }
            return bytes.withUnsafeBytes { Int64(bigEndian: $0.loadUnaligned(fromByteOffset: position, as: Int64.self)) }
        }
        func buffer() -> [UInt8] {
            let count = Int(int32())
            defer { position += max(0, count) }
            return count > 0 ? Array(bytes[position..<(position + count)]) : []
        }
        func text() -> String { String(decoding: buffer(), as: UTF8.self) }
        func flag() -> Bool {
            defer { position += 1 }
            return bytes[position] != 0
        }
    }
}
