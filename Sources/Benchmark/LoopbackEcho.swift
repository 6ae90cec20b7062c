// One message to and fro over loopback TCP between two threads: the ceiling of a request that waits for its answer.

internal import CLinux
internal import Ensemble
internal import Foundation
internal import Results
internal import Statistics
internal import Transport

enum LoopbackEcho {
    static func measure(
        bytes: Int, nanoseconds: UInt64, isCancelled: () -> Bool
    ) throws(EnsembleError) -> LoopbackCeiling {
        let (near, far) = try pair()
        defer { close(near) }
        let isStarted = startDetachedThread(named: "quorate-echo") {
            echo(far, bytes: bytes)
            close(far)
        }
        guard isStarted else {
            close(far)
            throw EnsembleError(.outOfResources, "No thread can be started; raise the limit of processes (ulimit -u, pids.max).")
        }
        var message = [UInt8](repeating: 7, count: bytes)
        var histogram = LatencyHistogram()
        let begin = quorate_monotonic_ns()
        var now = begin
        repeat {
            guard sendAll(near, &message), receiveAll(near, &message) else { throw broken("broke") }
            let after = quorate_monotonic_ns()
            histogram.record(after - now)
            now = after
        } while now - begin < nanoseconds && !isCancelled()
        shutdown(near, Int32(SHUT_RDWR))
        return LoopbackCeiling(
            bytes: bytes, roundTripsPerSecond: Double(histogram.count) * 1e9 / Double(now - begin),
            latency: LatencyFigures(histogram)!)
    }

    private static func echo(_ socket: Int32, bytes: Int) {
        var message = [UInt8](repeating: 0, count: bytes)
        while receiveAll(socket, &message), sendAll(socket, &message) {}
    }

    private static func sendAll(_ socket: Int32, _ message: inout [UInt8]) -> Bool {
        message.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = send(socket, bytes.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
                if count <= 0 { return false }
                done += count
            }
            return true
        }
    }

    private static func receiveAll(_ socket: Int32, _ message: inout [UInt8]) -> Bool {
        message.withUnsafeMutableBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = recv(socket, bytes.baseAddress! + done, bytes.count - done, 0)
                if count <= 0 { return false }
                done += count
            }
            return true
        }
    }

    /// Both ends of a connection through the loopback interface.
    private static func pair() throws(EnsembleError) -> (near: Int32, far: Int32) {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let listener = socket(AF_INET, kind, 0)
        guard listener >= 0 else { throw broken("can't be opened") }
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw broken("can't be opened") }
        let near = socket(AF_INET, kind, 0)
        guard near >= 0 else { throw broken("can't be opened") }
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(near, $0, length) == 0 }
        }
        let far = isConnected ? accept(listener, nil, nil) : -1
        guard far >= 0 else {
            close(near)
            throw broken("can't be opened")
        }
        _ = fcntl(far, F_SETFD, FD_CLOEXEC)
        for socket in [near, far] { _ = quorate_set_no_delay(socket) }
        return (near, far)
    }

    private static func broken(_ what: String) -> EnsembleError {
        EnsembleError(.outOfResources, "A connection over 127.0.0.1 \(what): \(String(cString: strerror(errno))).")
    }
}
