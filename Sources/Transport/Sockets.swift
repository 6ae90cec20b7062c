// Options that every socket gets, and the error that a socket remembers.

import CLinux
import Glibc

/// Non-blocking stream sockets that are not handed on to child processes.
var streamType: Int32 {
    Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
}

/// The pending error of a socket, which reading it clears.
func socketError(_ descriptor: Int32) -> Int32 {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : errno
}

extension EventLoop {
    /// The options fail only on a socket that is already dead, and then the first receive says so.
    func prepareSocket(_ descriptor: Int32) {
        _ = quorate_set_no_delay(descriptor)
        _ = quorate_set_keep_alive(
            descriptor, options.keepAliveIdleSeconds, options.keepAliveIntervalSeconds, options.keepAliveProbes,
            options.userTimeoutMilliseconds)
    }

    /// Registers a new socket.
    func watch(_ connection: Connection, _ events: UInt32) throws(TransportError) {
        try add(connection.descriptor, events, connection.id.rawValue, connection.urgency)
        connection.interest = events
    }

    func add(_ descriptor: Int32, _ events: UInt32, _ tag: UInt64, _ urgency: Urgency) throws(TransportError) {
        try poller.add(descriptor, events, tag)
        if urgency == .urgent { try urgentPoller.add(descriptor, events, tag) }
    }

    func modify(_ descriptor: Int32, _ events: UInt32, _ tag: UInt64, _ urgency: Urgency) {
        poller.modify(descriptor, events, tag)
        if urgency == .urgent { urgentPoller.modify(descriptor, events, tag) }
    }
}
