// A server that answers at once and counts what arrives, by op code, in multis, too: what a mix looks like to those it is for.

import Foundation
import Synchronization
import Transport

/// What has arrived, by the wire's op codes.
struct ArrivalCounts: Sendable {
    var requests = [Int](repeating: 0, count: 32)
    var parts = [Int](repeating: 0, count: 32)
    /// Multis by how many parts they have.
    var multis = [Int](repeating: 0, count: 256)
    /// Created znodes by the length of their names, in and out of multis; bytes of the data of creates and sets outside of them.
    var nameLengths = [Int](repeating: 0, count: 64)
    var dataBytes = 0

    /// Requests of the load itself: neither sync, ping nor the closing of a session.
    var total: Int { requests.enumerated().reduce(0) { $1.offset == 9 || $1.offset == 11 ? $0 : $0 + $1.element } }

    static func - (left: ArrivalCounts, right: ArrivalCounts) -> ArrivalCounts {
        func less(_ list: KeyPath<ArrivalCounts, [Int]>) -> [Int] { zip(left[keyPath: list], right[keyPath: list]).map(-) }
        return ArrivalCounts(
            requests: less(\.requests), parts: less(\.parts), multis: less(\.multis), nameLengths: less(\.nameLengths),
            dataBytes: left.dataBytes - right.dataBytes)
    }
}

/// Where the counts can be seen from other threads: brought up to date once a turn.
final class ArrivalBoard: Sendable {
    private let counts = Mutex(ArrivalCounts())
    var current: ArrivalCounts { counts.withLock { $0 } }
    func show(_ latest: ArrivalCounts) { counts.withLock { $0 = latest } }
}

/// The server's thread.
final class CountingService: Serving {
    private let loop: EventLoop
    private let board: ArrivalBoard
    private var counts = ArrivalCounts()
    private var events: [TransportEvent] = []
    private var hasShaken: Set<ConnectionID> = []
    private var unsent: [ConnectionID: [UInt8]] = [:]
    private var output: [UInt8] = []
    private var session: Int64 = 0
    private var zxid: Int64 = 0
    /// What was laid out, created and set, by path.
    private var znodes: [[UInt8]: Znode] = [:]

    init(loop: EventLoop, board: ArrivalBoard) {
        self.loop = loop
        self.board = board
    }

    func turn() {
        loop.wait(until: DispatchTime.now().uptimeNanoseconds + 20_000_000, into: &events)
        for event in events {
            switch event {
            case .readable(let id, _): receive(id)
            case .writable(let id, _): send(id)
            default: break
            }
        }
        board.show(counts)
    }

    private struct Znode {
        var created: Int64
        var modified: Int64
        var version: Int32
        var data: [UInt8]
    }

    private func receive(_ id: ConnectionID) {
        switch loop.read(id) {
        case .data: break
        case .wouldBlock: return
        default:
            loop.close(id, graceful: false)
            hasShaken.remove(id)
            unsent[id] = nil
            return
        }
        output = unsent[id] ?? []
        loop.withInput(id) { input in
            var position = 0
            while input.count - position >= 4 {
                let length = Int(Wire.int32(input, position))
                guard input.count - position - 4 >= length else { break }
                serve(UnsafeRawBufferPointer(rebasing: input[(position + 4)..<(position + 4 + length)]), id)
                position += 4 + length
            }
            return position
        }
        unsent[id] = output
        send(id)
    }

    private func send(_ id: ConnectionID) {
        guard let bytes = unsent[id], !bytes.isEmpty else { return }
        let taken = bytes.withUnsafeBytes { loop.write(id, $0, more: false) }
        unsent[id]!.removeFirst(taken)
    }

    private func append(_ value: Int32) { withUnsafeBytes(of: value.bigEndian) { output.append(contentsOf: $0) } }
    private func append(_ value: Int64) { withUnsafeBytes(of: value.bigEndian) { output.append(contentsOf: $0) } }

    private func serve(_ frame: UnsafeRawBufferPointer, _ id: ConnectionID) {
        guard hasShaken.contains(id) else { return shake(frame, id) }
        let type = Int(Wire.int32(frame, 4))
        if counts.requests.indices.contains(type) { counts.requests[type] += 1 }
        zxid += 1
        let start = output.count
        append(Int32(0))
        append(Wire.int32(frame, 0))
        append(zxid)
        append(Int32(0))
        switch type {
        case 1: counts.dataBytes += create(frame, 8).size
        case 5: counts.dataBytes += set(frame, 8).size
        case 3: read(frame, 8, withData: false)
        case 4: read(frame, 8, withData: true)
        case 8: append(Int32(0))
        case 14: multi(frame)
        default: break
        }
        withUnsafeBytes(of: Int32(output.count - start - 4).bigEndian) { output.replaceSubrange(start..<(start + 4), with: $0) }
    }

    private func shake(_ frame: UnsafeRawBufferPointer, _ id: ConnectionID) {
        hasShaken.insert(id)
        session += 1
        append(Int32(37))
        append(Int32(0))
        append(Wire.int32(frame, 12))
        append(session)
        append(Int32(16))
        output += [UInt8](repeating: 7, count: 17)
    }

    /// Answers with the path; returns where the request goes on, and how large its data is.
    private func create(_ frame: UnsafeRawBufferPointer, _ place: Int) -> (next: Int, size: Int) {
        let length = Int(Wire.int32(frame, place))
        let path = frame[(place + 4)..<(place + 4 + length)]
        append(Int32(length))
        output.append(contentsOf: path)
        if let slash = path.lastIndex(of: UInt8(ascii: "/")) { counts.nameLengths[min(63, path.endIndex - slash - 1)] += 1 }
        let size = Int(Wire.int32(frame, place + 4 + length))
        let data = frame[(place + 8 + length)..<(place + 8 + length + size)]
        znodes[Array(path)] = Znode(created: zxid, modified: zxid, version: 0, data: Array(data))
        // behind the data: one entry of 4 + 4 + 5 + 4 + 6 bytes who may do what, with its count in front, and the mode
        return (place + 8 + length + size + 31, size)
    }

    /// Answers with the Stat.
    private func set(_ frame: UnsafeRawBufferPointer, _ place: Int) -> (next: Int, size: Int) {
        let length = Int(Wire.int32(frame, place))
        let size = Int(Wire.int32(frame, place + 4 + length))
        let path = Array(frame[(place + 4)..<(place + 4 + length)])
        var znode = znodes[path] ?? Znode(created: 1, modified: 1, version: 0, data: [])
        znode.modified = zxid
        znode.version += 1
        znode.data = Array(frame[(place + 8 + length)..<(place + 8 + length + size)])
        znodes[path] = znode
        appendStat(znode)
        return (place + 8 + length + size + 4, size)
    }

    /// Answers a get or an exists; everything that is asked for was laid out.
    private func read(_ frame: UnsafeRawBufferPointer, _ place: Int, withData: Bool) {
        let path = Array(frame[(place + 4)..<(place + 4 + Int(Wire.int32(frame, place)))])
        let znode = znodes[path] ?? Znode(created: 1, modified: 1, version: 0, data: [])
        if withData {
            append(Int32(znode.data.count))
            output += znode.data
        }
        appendStat(znode)
    }

    private func appendStat(_ znode: Znode) {
        append(znode.created)
        append(znode.modified)
        output += [UInt8](repeating: 0, count: 16)
        append(znode.version)
        output += [UInt8](repeating: 0, count: 16)
        append(Int32(znode.data.count))
        append(Int32(0))
        append(znode.created)
    }

    private func multi(_ frame: UnsafeRawBufferPointer) {
        var place = 8
        var count = 0
        while frame[place + 4] == 0 {
            let type = Wire.int32(frame, place)
            counts.parts[Int(type)] += 1
            count += 1
            append(type)
            output.append(0)
            append(Int32(0))
            place += 9
            switch type {
            case 1: place = create(frame, place).next
            case 5: place = set(frame, place).next
            default: place += 8 + Int(Wire.int32(frame, place))
            }
        }
        counts.multis[min(255, count)] += 1
        append(Int32(-1))
        output.append(1)
        append(Int32(-1))
    }
}
