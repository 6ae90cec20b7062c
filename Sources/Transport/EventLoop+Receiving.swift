// Receiving: one recv per call, decryption in its place, and the owner's view of the bytes it has not consumed.

import CLinux
import Glibc

extension EventLoop {
    /// Takes in what has arrived, by one recv. With TLS everything that it brought is decrypted.
    package func read(_ id: ConnectionID) -> ReadOutcome {
        guard let connection = open(id) else { return .failed }
        precondition(!connection.inputIsLent, "read was called while withInput lends the input")
        if connection.hasUnseenInput {
            connection.hasUnseenInput = false
            if !connection.input.isEmpty {
                if connection.sawEnd { listUnseen(connection) }
                return .data
            }
        }
        if connection.sawEnd { return .endOfStream }
        // A full buffer holds a whole frame, or one that its owner must refuse: either way it is the owner's turn.
        if connection.input.count >= connection.inputLimit { return .data }
        return connection.tls == nil ? readPlain(connection) : readSealed(connection)
    }

    private func readPlain(_ connection: Connection) -> ReadOutcome {
        let allowed = connection.inputLimit - connection.input.count
        let room = connection.input.room(
            minimum: min(allowed, connection.input.isEmpty ? connection.roomHint : Connection.smallestRoom / 4),
            maximum: allowed, pool: &pool)
        let count = recv(connection.descriptor, room.baseAddress!, room.count, 0)
        guard count > 0 else {
            let code = errno
            if connection.input.isEmpty { connection.input.release(to: &pool) }
            return received(nothing: connection, count == 0 ? 0 : code)
        }
        counters.receives += 1
        counters.bytesReceived += count
        connection.input.filled(count)
        adaptRoom(connection, received: count, room: room.count)
        return .data
    }

    /// Frames that fill the room ask for more of it, so that bulk takes few system calls and idle peers little memory.
    private func adaptRoom(_ connection: Connection, received count: Int, room: Int) {
        if count >= room {
            connection.roomHint = min(2 * connection.roomHint, Connection.largestRoom)
        } else if count < connection.roomHint / 4 {
            connection.roomHint = max(connection.roomHint / 2, Connection.smallestRoom)
        }
    }

    /// A recv that brought nothing: the end (code 0), an empty socket, or an error.
    private func received(nothing connection: Connection, _ code: Int32) -> ReadOutcome {
        switch code {
        case 0:
            connection.sawEnd = true
            if connection.tls != nil { counters.truncatedStreams += 1 }
            updateInterest(connection)
            return .endOfStream
        case EAGAIN, EINTR:
            return .wouldBlock
        default:
            fail(connection, .reset, "The connection broke while receiving: \(systemErrorText(code)).")
            return .failed
        }
    }

    private func readSealed(_ connection: Connection) -> ReadOutcome {
        let count = recv(connection.descriptor, scratch.baseAddress!, scratch.count, 0)
        guard count > 0 else { return received(nothing: connection, count == 0 ? 0 : errno) }
        counters.receives += 1
        counters.bytesReceived += count
        switch decrypt(connection, UnsafeRawBufferPointer(rebasing: scratch[..<count])) {
        case .nothing: return .wouldBlock
        case .data: return .data
        case .end: return .endOfStream
        case .dataAndEnd:
            listUnseen(connection)
            return .data
        case .failed: return .failed
        }
    }

    enum Decrypted { case nothing, data, end, dataAndEnd, failed }

    /// Decrypts all of `ciphertext`. Plain bytes never outnumber sealed ones, but libssl may hold back a part of one record
    /// from before, so the buffer may exceed the limit by that.
    func decrypt(_ connection: Connection, _ ciphertext: UnsafeRawBufferPointer) -> Decrypted {
        let stream = connection.tls!
        stream.feed(ciphertext)
        let before = connection.input.count
        while true {
            // A record may exceed the room: libssl hands out the rest of it with the next read.
            let minimum = connection.input.isEmpty ? connection.roomHint : Connection.smallestRoom / 4
            let room = connection.input.room(minimum: minimum, maximum: .max >> 1, pool: &pool)
            switch stream.read(into: room) {
            case .bytes(let count):
                connection.input.filled(count)
                continue
            case .wantsMore:
                break
            case .farewell:
                connection.sawEnd = true
                stream.feed(UnsafeRawBufferPointer(start: nil, count: 0))
                updateInterest(connection)
            case .failed(let reason):
                flushCiphertext(connection)
                if connection.phase == .open { fail(connection, reason.kind, reason.text) }
                return .failed
            }
            break
        }
        let got = connection.input.count > before
        if before == 0 { adaptRoom(connection, received: connection.input.count, room: connection.roomHint) }
        if connection.input.isEmpty { connection.input.release(to: &pool) }
        // Key updates and alerts are answered by libssl of its own accord.
        if stream.hasOutput { markDirty(connection) }
        return connection.sawEnd ? (got ? .dataAndEnd : .end) : (got ? .data : .nothing)
    }

    /// Shows all unconsumed plain bytes; the body returns how many of them it consumed. Not called if there are none. The
    /// body may write to and close this connection, but not read it.
    package func withInput(_ id: ConnectionID, _ body: (UnsafeRawBufferPointer) -> Int) {
        guard let connection = open(id), !connection.input.isEmpty else { return }
        precondition(!connection.inputIsLent, "withInput was called inside withInput")
        var input = InputBuffer()
        swap(&input, &connection.input)
        connection.inputIsLent = true
        input.consume(body(input.bytes), pool: &pool)
        connection.inputIsLent = false
        if connection.phase == .open {
            swap(&input, &connection.input)
        } else {
            input.release(to: &pool)
            if connection.phase == .free { freeSlots.append(connection.slot) }
        }
    }

    /// How many bytes of input wait to be consumed.
    package func inputCount(_ id: ConnectionID) -> Int { open(id)?.input.count ?? 0 }

    /// Bounds the unconsumed input; at least the longest frame of the protocol with its length field.
    package func setInputLimit(_ id: ConnectionID, _ limit: Int) {
        precondition(limit > 0, "an input limit must be positive")
        open(id)?.inputLimit = limit
    }

    /// Back-pressure: while reading is off, the peer's bytes stay in the system's buffers and then in its own. Turning it on
    /// again reports input that was left unconsumed.
    package func setReading(_ id: ConnectionID, _ on: Bool) {
        guard let connection = open(id), connection.isReading != on else { return }
        connection.isReading = on
        if on && (!connection.input.isEmpty || connection.sawEnd || connection.hasUnseenInput) {
            connection.hasUnseenInput = !connection.input.isEmpty
            listUnseen(connection)
        }
        updateInterest(connection)
    }

    func listUnseen(_ connection: Connection) {
        guard !connection.isListedUnseen else { return }
        connection.isListedUnseen = true
        unseen.append(connection.id)
    }
}
