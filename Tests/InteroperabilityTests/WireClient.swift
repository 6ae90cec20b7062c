// A blocking client in a few calls: just enough of the protocol to ask real servers questions from a test, with a time limit on
// everything.

import ClientProtocol
import Foundation
import Jute

struct WireFailure: Error, CustomStringConvertible {
    let description: String
}

final class WireClient {
    private var descriptor: Int32 = -1
    private(set) var session: Int64 = 0
    private(set) var password: [UInt8] = []
    private(set) var lastZxid: Int64 = 0
    private var xid: Int32 = 0
    private var sent: [Int32] = []

    init(port: UInt16, timeout: Int32 = 6_000, session: Int64 = 0, password: [UInt8] = [], lastZxid: Int64 = 0) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 3, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw WireFailure(description: "no connection to port \(port)") }
        var body = ByteBuffer()
        body.writeConnectRequest(lastZxidSeen: lastZxid, timeout: timeout, session: session, password: password, readOnly: false)
        try sendFrame(body.bytes)
        let answer = try receiveFrame()
        let response = try answer.withUnsafeBytes { try ConnectResponse(reading: $0.bytes) }
        guard response.timeout > 0 else { throw WireFailure(description: "the session is not valid") }
        (self.session, self.password) = (response.session, response.password)
    }

    deinit { disconnect() }

    /// Cuts the connection without ending the session.
    func disconnect() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    private func sendFrame(_ body: UnsafeRawBufferPointer) throws {
        var frame = withUnsafeBytes(of: Int32(body.count).bigEndian) { Array($0) }
        frame += body
        var done = 0
        while done < frame.count {
            let n = frame.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + done, frame.count - done, Int32(MSG_NOSIGNAL))
            }
            guard n > 0 else { throw WireFailure(description: "the connection broke while sending") }
            done += n
        }
    }

    private func receive(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let n = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + done, count - done, 0) }
            guard n > 0 else { throw WireFailure(description: "the connection broke, or nothing came for 3 s") }
            done += n
        }
        return bytes
    }

    private func receiveFrame() throws -> [UInt8] {
        let length = try receive(4).reduce(Int32(0)) { $0 << 8 | Int32($1) }
        return try receive(Int(length))
    }

    /// One request and its answer; watch events in between are passed over.
    @discardableResult
    func ask(_ type: Int32, _ write: (inout ByteBuffer) -> Void = { _ in }) throws -> (error: Int32, body: [UInt8]) {
        try begin(type, write)
        return try takeAnswer(to: xid)
    }

    /// Sends a request; `takeAnswer` takes the answers in the same order.
    private func begin(_ type: Int32, xid special: Int32? = nil, _ write: (inout ByteBuffer) -> Void) throws {
        if special == nil { xid += 1 }
        if special == nil { sent.append(xid) }
        var buffer = ByteBuffer()
        buffer.writeInt(special ?? xid)
        buffer.writeInt(type)
        write(&buffer)
        try sendFrame(buffer.bytes)
    }

    /// To the oldest request that was sent and not answered yet.
    @discardableResult
    func takeAnswer() throws -> (error: Int32, body: [UInt8]) {
        guard let oldest = sent.first else { throw WireFailure(description: "nothing was asked") }
        return try takeAnswer(to: oldest)
    }

    private func takeAnswer(to xid: Int32) throws -> (error: Int32, body: [UInt8]) {
        sent.removeAll { $0 == xid }
        while true {
            let frame = try receiveFrame()
            let head = frame.withUnsafeBytes { bytes in
                (
                    Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)),
                    Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: Int64.self)),
                    Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 12, as: Int32.self))
                )
            }
            if head.0 == -1 { continue }
            guard head.0 == xid else { throw WireFailure(description: "answer \(head.0) to request \(xid)") }
            lastZxid = head.1
            return (head.2, Array(frame.dropFirst(16)))
        }
    }

    @discardableResult
    func create(_ path: String, _ data: String = "", flags: Int32 = 0) throws -> Int32 {
        try ask(OpCode.create) {
            $0.writeString(path)
            $0.writeString(data)
            $0.writeInt(1)
            $0.writeInt(31)
            $0.writeString("world")
            $0.writeString("anyone")
            $0.writeInt(flags)
        }.error
    }

    /// Many empty nodes, a thousand at a time on their way.
    func createMany(_ paths: [String]) throws {
        for start in stride(from: 0, to: paths.count, by: 1_000) {
            let some = paths[start..<min(start + 1_000, paths.count)]
            for path in some {
                xid += 1
                var buffer = ByteBuffer()
                buffer.writeInt(xid)
                buffer.writeInt(OpCode.create)
                buffer.writeString(path)
                buffer.writeString("")
                buffer.writeInt(1)
                buffer.writeInt(31)
                buffer.writeString("world")
                buffer.writeString("anyone")
                buffer.writeInt(0)
                try sendFrame(buffer.bytes)
            }
            for path in some {
                let error = try receiveFrame().withUnsafeBytes {
                    Int32(bigEndian: $0.loadUnaligned(fromByteOffset: 12, as: Int32.self))
                }
                guard error == 0 else { throw WireFailure(description: "creating \(path) gave \(error)") }
            }
        }
    }

    @discardableResult
    func set(_ path: String, _ data: String) throws -> Int32 {
        try ask(OpCode.setData) {
            $0.writeString(path)
            $0.writeString(data)
            $0.writeInt(-1)
        }.error
    }

    func exists(_ path: String) throws -> Int32 {
        try ask(OpCode.exists) {
            $0.writeString(path)
            $0.writeBoolean(false)
        }.error
    }

    func data(_ path: String) throws -> String? {
        try sendGet(path)
        return try takeData()
    }

    func sendGet(_ path: String) throws {
        try begin(OpCode.getData) {
            $0.writeString(path)
            $0.writeBoolean(false)
        }
    }

    func takeData() throws -> String? {
        let answer = try takeAnswer()
        guard answer.error == 0 else { return nil }
        let length = Int(answer.body.prefix(4).reduce(Int32(0)) { $0 << 8 | Int32($1) })
        return length < 0 ? nil : String(decoding: answer.body[4..<4 + length], as: UTF8.self)
    }

    /// How often a znode was set.
    func version(_ path: String) throws -> Int32 {
        let answer = try ask(OpCode.exists) {
            $0.writeString(path)
            $0.writeBoolean(false)
        }
        guard answer.error == 0, answer.body.count >= 36 else { throw WireFailure(description: "\(path) gives \(answer.error)") }
        return answer.body[32..<36].reduce(Int32(0)) { $0 << 8 | Int32($1) }
    }

    func sync() throws { try ask(OpCode.sync) { $0.writeString("/") } }
    func sendSync() throws { try begin(OpCode.sync) { $0.writeString("/") } }

    /// An auth packet.
    func authenticate(_ scheme: String, _ words: String) throws {
        try begin(OpCode.auth, xid: -4) {
            $0.writeInt(0)
            $0.writeString(scheme)
            $0.writeString(words)
        }
        let answer = try takeAnswer(to: -4)
        guard answer.error == 0 else { throw WireFailure(description: "authentication gave \(answer.error)") }
    }

    /// An auth packet.
    /// - Returns: the error of its answer.
    func prove(_ scheme: String, _ proof: String) throws -> Int32 {
        var buffer = ByteBuffer()
        buffer.writeInt(-4)
        buffer.writeInt(OpCode.auth)
        buffer.writeInt(0)
        buffer.writeString(scheme)
        buffer.writeString(proof)
        try sendFrame(buffer.bytes)
        return try receiveFrame().withUnsafeBytes { Int32(bigEndian: $0.loadUnaligned(fromByteOffset: 12, as: Int32.self)) }
    }

    func ping() throws {
        xid -= 1
        var buffer = ByteBuffer()
        buffer.writeInt(-2)
        buffer.writeInt(OpCode.ping)
        try sendFrame(buffer.bytes)
        _ = try receiveFrame()
        xid += 1
    }

    /// Length, xid -2, type 11.
    private static let pingFrame: [UInt8] = [0, 0, 0, 8, 255, 255, 255, 254, 0, 0, 0, 11]
    /// Length, and a reply's head without a body.
    private static let pingReplySize = 20

    /// Nanoseconds of a ping. Nothing but the two calls is between the clock's readings, so that what is measured are the sockets
    /// and the server, and not this client, which is built without optimization.
    func timedPing() throws -> UInt64 {
        var reply = [UInt8](repeating: 0, count: Self.pingReplySize)
        let took = Self.pingFrame.withUnsafeBytes { frame in
            reply.withUnsafeMutableBytes { reply -> UInt64? in
                let begin = DispatchTime.now().uptimeNanoseconds
                guard Glibc.send(descriptor, frame.baseAddress!, frame.count, Int32(MSG_NOSIGNAL)) == frame.count,
                    recv(descriptor, reply.baseAddress!, reply.count, Int32(MSG_WAITALL)) == reply.count
                else { return nil }
                return DispatchTime.now().uptimeNanoseconds - begin
            }
        }
        guard let took, reply[4..<8].elementsEqual(Self.pingFrame[4..<8]) else {
            throw WireFailure(description: "a ping was not answered")
        }
        return took
    }
}
