// The one place that knows epoll: registers descriptors under a 64-bit tag and waits for them with nanosecond deadlines.

import CLinux
import Glibc

struct Poller: ~Copyable {
    static let readyMax = 256
    /// Tags with bit 63 are not connections: the waker, and listeners with their number in the low half.
    static let listenerBit: UInt64 = 1 << 63
    static let wakerTag: UInt64 = 3 << 62

    private let descriptor: Int32

    init() throws(TransportError) {
        descriptor = quorate_epoll_create()
        if descriptor < 0 {
            throw TransportError("No epoll instance could be opened: \(systemErrorText(descriptor)).", code: -descriptor)
        }
    }

    deinit { _ = Glibc.close(descriptor) }

    func add(_ descriptor: Int32, _ events: UInt32, _ tag: UInt64) throws(TransportError) {
        let code = quorate_epoll_add(self.descriptor, descriptor, events, tag)
        if code < 0 {
            throw TransportError("A descriptor could not be watched by epoll: \(systemErrorText(code)).", code: -code)
        }
    }

    /// Changes the events of a descriptor that is registered.
    func modify(_ descriptor: Int32, _ events: UInt32, _ tag: UInt64) {
        let code = quorate_epoll_modify(self.descriptor, descriptor, events, tag)
        precondition(code == 0, "epoll refused to modify a registered descriptor: \(systemErrorText(code))")
    }

    /// The number of ready descriptors, written to the front of `ready`; an interrupted wait counts as none.
    func wait(_ ready: inout [quorate_ready], timeout: Int64) -> Int {
        let count = quorate_epoll_wait(descriptor, &ready, Int32(ready.count), timeout)
        precondition(count >= 0 || count == -EINTR, "epoll_wait failed: \(systemErrorText(count))")
        return Int(max(count, 0))
    }
}
