// A session for a few questions beside the load, one server at a time and blocking, each step bounded in time: what lies in a
// tree, and taking it away again. It measures nothing.

internal import CLinux
internal import Glibc
internal import Transport

final class PlainSession {
    /// For a whole answer, however it comes.
    private static let answerLimit: UInt64 = 10_000_000_000
    /// Requests that are under way at the same time while many znodes are removed.
    static let window = 500
    private let socket: Int32
    private let server: String
    private let cancel: CancelFlag
    private var deadline = monotonicNanoseconds() + answerLimit
    private var input: [UInt8] = []
    private var nextXid: Int32 = 1

    /// Connects to the first server that opens a session.
    static func open(_ servers: [ServerAddress], cancel: CancelFlag) throws(LoadError) -> PlainSession {
        var last = LoadError(.unreachable, "no server is named")
        for server in servers {
            for address in server.addresses {
                do throws(LoadError) {
                    return try PlainSession(address, server.name.text, cancel)
                } catch {
                    if error.cause == .interrupted { throw error }
                    last = error
                }
            }
        }
        throw last
    }

    private init(_ address: SocketAddress, _ name: String, _ cancel: CancelFlag) throws(LoadError) {
        server = name
        self.cancel = cancel
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        socket = Glibc.socket(address.domain, kind, 0)
        guard socket >= 0 else {
            throw LoadError(.outOfResources, "no socket could be opened: \(String(cString: strerror(errno)))")
        }
        let code = address.withSystemAddress { connect(socket, $0, $1) }
        if code != 0 {
            guard errno == EINPROGRESS else { throw trouble(String(cString: strerror(errno))) }
            try wait(Int16(POLLOUT))
            var failure: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            guard getsockopt(socket, SOL_SOCKET, SO_ERROR, &failure, &length) == 0, failure == 0 else {
                throw trouble(String(cString: strerror(failure)))
            }
        }
        try write(connectFrame(SessionCredentials(), timeoutMilliseconds: 30_000, lastZxid: 0))
        let reply = try frame()
        guard case .accepted = reply.withUnsafeBytes({ ConnectReply($0) }) else {
            throw trouble("it answers the opening of a session with \(reply.count) bytes that are none")
        }
    }

    deinit { if socket >= 0 { close(socket) } }

    func trouble(_ what: String) -> LoadError {
        LoadError(.unreachable, "the server at \(server) can't be asked: \(what)")
    }

    // MARK: Requests

    /// Names of the children; nil if there is no such znode.
    func children(of path: String) throws(LoadError) -> [String]? {
        var builder = FrameBuilder(opCode: OpCode.getChildren)
        builder.append(path)
        builder.append(flag: false)
        let (error, body) = try ask(builder)
        if error == ClientError.noNode { return nil }
        guard error == 0 else { throw trouble("it refuses to list \(path) (\(errorName(error)))") }
        return try names(body)
    }

    /// Removes a znode and all below it; returns how many znodes that were.
    func remove(_ path: String) throws(LoadError) -> Int {
        guard let names = try children(of: path) else { return 0 }
        var removed = 0
        var rest: [String] = []
        for start in stride(from: 0, to: names.count, by: Self.window) {
            let paths = names[start..<min(start + Self.window, names.count)].map { "\(path)/\($0)" }
            for path in paths { try send(deletion(path)) }
            for path in paths {
                let (error, _) = try reply()
                switch error {
                case 0: removed += 1
                case ClientError.notEmpty: rest.append(path)
                case ClientError.noNode: break
                default: throw trouble("it refuses to delete \(path) (\(errorName(error)))")
                }
            }
        }
        for path in rest { removed += try remove(path) }
        let (error, _) = try ask(deletion(path))
        guard error == 0 || error == ClientError.noNode else {
            throw trouble("it refuses to delete \(path) (\(errorName(error)))")
        }
        return removed + (error == 0 ? 1 : 0)
    }

    /// Closes the session, so that the server need not wait for its end.
    func end() throws(LoadError) { _ = try ask(FrameBuilder(opCode: OpCode.closeSession)) }

    private func deletion(_ path: String) -> FrameBuilder {
        var builder = FrameBuilder(opCode: OpCode.delete)
        builder.append(path)
        builder.append(Int32(-1))
        return builder
    }

    private func names(_ body: ArraySlice<UInt8>) throws(LoadError) -> [String] {
        let bytes = Array(body)
        var names: [String] = []
        let isWhole = bytes.withUnsafeBytes { body in
            guard body.count >= 4 else { return false }
            var position = 4
            for _ in 0..<max(0, Int(body.int32(at: 0))) {
                guard position + 4 <= body.count, case let length = Int(body.int32(at: position)), length >= 0,
                    position + 4 + length <= body.count
                else { return false }
                names.append(String(decoding: body[(position + 4)..<(position + 4 + length)], as: UTF8.self))
                position += 4 + length
            }
            return true
        }
        guard isWhole else { throw trouble("its list of children can't be read") }
        return names
    }

    // MARK: Frames

    /// - Parameter special: a transaction id that is not a request's own.
    func ask(_ builder: FrameBuilder, xid special: Int32? = nil) throws(LoadError) -> (error: Int32, body: ArraySlice<UInt8>) {
        try send(builder, xid: special)
        return try reply()
    }

    private func send(_ builder: FrameBuilder, xid special: Int32? = nil) throws(LoadError) {
        var frame = builder.finished()
        let xid = special ?? nextXid
        if special == nil { nextXid += 1 }
        frame.withUnsafeMutableBytes { $0.baseAddress!.store(xid, at: 4) }
        try write(frame)
    }

    private func reply() throws(LoadError) -> (error: Int32, body: ArraySlice<UInt8>) {
        let bytes = try frame()
        guard bytes.count >= 16 else { throw trouble("it answers with \(bytes.count) bytes") }
        return (bytes.withUnsafeBytes { $0.int32(at: 12) }, bytes[16...])
    }

    private func frame() throws(LoadError) -> [UInt8] {
        deadline = monotonicNanoseconds() + Self.answerLimit
        while true {
            if input.count >= 4 {
                let length = Int(input.withUnsafeBytes { $0.int32(at: 0) })
                guard (0...LoadClient.frameMax).contains(length) else { throw trouble("it sends \(frameText(length))") }
                if input.count >= 4 + length {
                    let content = Array(input[4..<(4 + length)])
                    input.removeFirst(4 + length)
                    return content
                }
            }
            try read()
        }
    }

    private func read() throws(LoadError) {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &piece, piece.count, 0)
        if count > 0 {
            input.append(contentsOf: piece[..<count])
            guard monotonicNanoseconds() < deadline else {
                throw trouble("its answer was not whole within \(Self.answerLimit / 1_000_000_000) s")
            }
        } else if count == 0 {
            throw trouble("it ended the connection")
        } else if errno == EAGAIN {
            try wait(Int16(POLLIN))
        } else if errno != EINTR {
            throw trouble(String(cString: strerror(errno)))
        }
    }

    private func write(_ bytes: [UInt8]) throws(LoadError) {
        deadline = monotonicNanoseconds() + Self.answerLimit
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(Int16(POLLOUT))
            } else if errno != EINTR {
                throw trouble(String(cString: strerror(errno)))
            }
        }
    }

    /// Looks four times a second whether all this is still wanted.
    private func wait(_ events: Int16) throws(LoadError) {
        while true {
            if cancel.isSet { throw LoadError(.interrupted, "it was ended before all was done") }
            let now = monotonicNanoseconds()
            guard now < deadline else { throw trouble("it did not answer within \(Self.answerLimit / 1_000_000_000) s") }
            var item = pollfd(fd: socket, events: events, revents: 0)
            let found = poll(&item, 1, Int32(min((deadline - now) / 1_000_000 + 1, 250)))
            if found > 0 { return }
            if found < 0 && errno != EINTR { throw trouble(String(cString: strerror(errno))) }
        }
    }
}
