// Bytes of one connection with the instant at which the kernel had them: waking a thread takes longer than a request's whole way,
// and must not count as a part of that way.

import CLinux
import Foundation

struct StampedInput {
    private static let stampedHeaderBytes = 16
    private let descriptor: Int32
    private var bytes: [UInt8] = []

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var yes: Int32 = 1
        _ = setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Takes in what there is; the monotonic instant of its arrival, or nil at the end.
    mutating func read() -> UInt64? {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var control = [UInt64](repeating: 0, count: 16)
        let (count, stamp) = chunk.withUnsafeMutableBytes { chunk in
            control.withUnsafeMutableBytes { control in
                var piece = iovec(iov_base: chunk.baseAddress, iov_len: chunk.count)
                var message = msghdr()
                let count = withUnsafeMutablePointer(to: &piece) { piece in
                    message.msg_iov = piece
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = control.count
                    return recvmsg(descriptor, &message, Int32(MSG_DONTWAIT))
                }
                return (count, Self.stamp(UnsafeRawBufferPointer(control), message.msg_controllen))
            }
        }
        let now = quorate_monotonic_ns()
        guard count > 0 else { return count < 0 && errno == EAGAIN ? now : nil }
        bytes += chunk[..<count]
        // A system without such stamps, or a wall clock that was just set, leaves the instant of reading.
        guard let stamp else { return now }
        let arrived = stamp &- Self.wallClockLead()
        return arrived <= now && now - arrived < 1_000_000_000 ? arrived : now
    }

    /// By how much the wall clock is ahead of the monotonic one: between two readings of that one which lie close together.
    private static func wallClockLead() -> UInt64 {
        var (lead, least) = (UInt64(0), UInt64.max)
        for _ in 0..<4 where least > 1_000 {
            let before = quorate_monotonic_ns()
            let wall = quorate_realtime_ns()
            let after = quorate_monotonic_ns()
            if after - before < least { (lead, least) = (wall &- before &- (after - before) / 2, after - before) }
        }
        return lead
    }

    /// Nanoseconds since 1970, from the one control message that was asked for: length, level, kind, then a timespec.
    private static func stamp(_ control: UnsafeRawBufferPointer, _ count: Int) -> UInt64? {
        guard count >= stampedHeaderBytes + MemoryLayout<timespec>.size else { return nil }
        let kind = control.load(fromByteOffset: 12, as: Int32.self)
        guard kind == SO_TIMESTAMPNS else { return nil }
        let time = control.load(fromByteOffset: stampedHeaderBytes, as: timespec.self)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// The next whole frame, without its length.
    mutating func nextFrame() -> [UInt8]? {
        guard bytes.count >= 4 else { return nil }
        let length = Int(bytes[0]) << 24 | Int(bytes[1]) << 16 | Int(bytes[2]) << 8 | Int(bytes[3])
        guard bytes.count >= 4 + length else { return nil }
        defer { bytes.removeFirst(4 + length) }
        return Array(bytes[4..<(4 + length)])
    }
}
