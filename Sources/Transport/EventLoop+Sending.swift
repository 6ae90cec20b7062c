// Sending: the owner keeps its plain bytes until they are taken. Plain connections hand them to the kernel; TLS connections
// collect records in a bounded backlog of ciphertext and hand that over in one send.

import CLinux
import Glibc

extension EventLoop {
    /// Ciphertext that is sent at once, with more behind it: four full records.
    private static let sendUnit = 64 << 10

    /// Offers bytes and returns how many were taken over. A short count is followed by a `.writable` event once there is
    /// room (0 on a stale id, where nothing follows). With `more`, the bytes may wait for the next write.
    package func write(_ id: ConnectionID, _ bytes: UnsafeRawBufferPointer, more: Bool) -> Int {
        guard let connection = open(id) else { return 0 }
        return connection.tls == nil ? writePlain(connection, bytes, more: more) : writeSealed(connection, bytes, more: more)
    }

    private func writePlain(_ connection: Connection, _ bytes: UnsafeRawBufferPointer, more: Bool) -> Int {
        guard !bytes.isEmpty else {
            // Setting the option anew pushes out what an earlier write with `more` left behind.
            if connection.isCorked && !more {
                _ = quorate_set_no_delay(connection.descriptor)
                connection.isCorked = false
            }
            return 0
        }
        guard !connection.sendBlocked else {
            connection.owesWritable = true
            return 0
        }
        let flags = Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
        let taken = transmit(connection, bytes, flags)
        guard taken >= 0 else { return 0 }
        connection.isCorked = more
        if taken < bytes.count {
            connection.owesWritable = true
            connection.sendBlocked = true
            updateInterest(connection)
        }
        return taken
    }

    /// One send: the bytes that the kernel took, 0 if it has no room, -1 if the connection failed.
    private func transmit(_ connection: Connection, _ bytes: UnsafeRawBufferPointer, _ flags: Int32) -> Int {
        let count = send(connection.descriptor, bytes.baseAddress!, bytes.count, flags)
        if count >= 0 {
            counters.sends += 1
            counters.bytesSent += count
            return count
        }
        let code = errno
        if code == EAGAIN || code == EINTR || code == ENOBUFS { return 0 }
        if connection.phase == .lingering {
            release(connection)
        } else {
            fail(connection, .reset, "The connection broke while sending: \(systemErrorText(code)).")
        }
        return -1
    }

    private func writeSealed(_ connection: Connection, _ bytes: UnsafeRawBufferPointer, more: Bool) -> Int {
        let stream = connection.tls!
        var taken = 0
        while taken < bytes.count && stream.output.count < options.ciphertextLimit {
            switch stream.write(UnsafeRawBufferPointer(rebasing: bytes[taken...])) {
            case .bytes(let count):
                taken += count
                // Bulk goes out while it is in the cache; a buffer for all of it would be written and read from memory.
                if stream.output.count >= EventLoop.sendUnit, taken < bytes.count {
                    flushCiphertext(connection)
                    guard connection.phase == .open else { return 0 }
                }
                continue
            case .wantsMore:
                break
            case .failed(let reason):
                flushCiphertext(connection)
                if connection.phase == .open { fail(connection, reason.kind, reason.text) }
                return 0
            case .farewell:
                preconditionFailure("libssl reported the peer's farewell on a write")
            }
            break
        }
        if taken < bytes.count { connection.owesWritable = true }
        if more && taken == bytes.count && stream.output.count < options.ciphertextLimit {
            markDirty(connection)
        } else {
            flushCiphertext(connection)
            // What this flush freed is reported by the next wait, not inside the owner's own call.
            if connection.phase == .open, connection.owesWritable, !connection.sendBlocked { markDirty(connection) }
        }
        return taken
    }

    /// Sends collected ciphertext, unless the socket is known to be full.
    func flushCiphertext(_ connection: Connection) {
        guard let stream = connection.tls, stream.hasOutput, !connection.sendBlocked else { return }
        let taken = transmit(connection, stream.output.bytes, Int32(MSG_NOSIGNAL))
        guard taken >= 0 else { return }
        stream.output.consume(taken)
        connection.sendBlocked = stream.hasOutput
        updateInterest(connection)
    }

    func markDirty(_ connection: Connection) {
        guard !connection.isDirty else { return }
        connection.isDirty = true
        dirty.append(connection.id)
    }

    /// Before the loop sleeps: nothing that was taken over may wait for a write that never comes.
    func flushDirty() {
        guard !dirty.isEmpty else { return }
        let list = dirty
        dirty = []
        for id in list {
            let connection = connections[id.slot]
            guard connection.id == id, connection.isDirty else { continue }
            connection.isDirty = false
            flushCiphertext(connection)
            if connection.phase == .open, connection.owesWritable, !connection.sendBlocked {
                connection.sendBlocked = true
                updateInterest(connection)
            }
        }
    }

    func sendReady(_ connection: Connection) {
        connection.sendBlocked = false
        flushCiphertext(connection)
        guard connection.phase == .open else { return }
        if connection.owesWritable && (connection.tls?.output.count ?? 0) <= options.ciphertextLimit / 2 {
            connection.owesWritable = false
            queue.append(.writable(connection.id, tag: connection.tag))
        }
        updateInterest(connection)
    }

    /// Bytes that were taken over and wait for the socket, as ciphertext.
    package func backlog(_ id: ConnectionID) -> Int { open(id)?.tls?.output.count ?? 0 }
}
