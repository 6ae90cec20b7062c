// TLS handshakes: a bounded number of steps per turn, a deadline for each, and a clear reason when one fails.
//
// The owner hears of a connection only once its handshake is complete. A failed one is sent its alert and then lingers like a
// graceful close, so that the alert arrives and the other side, too, can name the cause.

import CLinux
import Glibc

extension EventLoop {
    func beginHandshake(_ connection: Connection, _ context: TLSContext, expectedHost: String?) {
        connection.phase = .handshaking
        if let listener = connection.listener {
            connection.isShakingHands = true
            listeners[Int(listener.rawValue)].handshakes += 1
        }
        do throws(TransportError) {
            connection.tls = try TLSStream(context, isServer: connection.listener != nil, expectedHost: expectedHost)
        } catch {
            counters.handshakesFailed += 1
            return fail(connection, .handshakeFailed, error.text)
        }
        connection.deadline = handshakeDeadlines.add(connection.id, now: now)
        if connection.listener == nil {
            stepHandshake(connection)
        } else {
            updateInterest(connection)
        }
    }

    func handshakeReady(_ connection: Connection, _ events: UInt32) {
        if events & QUORATE_EPOLLOUT != 0 {
            connection.sendBlocked = false
            flushCiphertext(connection)
            guard connection.phase == .handshaking else { return }
            updateInterest(connection)
        }
        guard events & ~QUORATE_EPOLLOUT != 0 else { return }
        // The rest is reported again by the next wait.
        guard handshakePace.takeStep(connection.urgency) else { return }
        let count = recv(connection.descriptor, scratch.baseAddress!, scratch.count, 0)
        if count < 0 {
            let code = errno
            if code == EAGAIN || code == EINTR { return }
            return refuse(
                connection, .handshakeFailed, "The connection broke during the TLS handshake: \(systemErrorText(code)).")
        }
        if count == 0 { return handshakeEnded(connection) }
        counters.receives += 1
        counters.bytesReceived += count
        let bytes = UnsafeRawBufferPointer(rebasing: scratch[..<count])
        guard looksLikeTLS(connection, bytes) else { return refusePlaintext(connection) }
        connection.heardFromPeer = true
        connection.tls!.feed(bytes)
        let began = quorate_monotonic_ns()
        stepHandshake(connection)
        handshakePace.note(nanoseconds: quorate_monotonic_ns() - began)
    }

    private func handshakeEnded(_ connection: Connection) {
        let text =
            connection.heardFromPeer
            ? "The peer closed the connection in the middle of the TLS handshake."
            : "The peer closed the connection before the TLS handshake began; perhaps it does not speak TLS."
        refuse(connection, .handshakeFailed, text)
    }

    /// The first record of a stream must be a handshake record, or from a server an alert.
    private func looksLikeTLS(_ connection: Connection, _ bytes: UnsafeRawBufferPointer) -> Bool {
        if connection.heardFromPeer { return true }
        let handshake: UInt8 = 0x16
        let alert: UInt8 = 0x15
        guard bytes[0] == handshake || (bytes[0] == alert && connection.listener == nil) else { return false }
        return bytes.count < 2 || bytes[1] == 3
    }

    private func refusePlaintext(_ connection: Connection) {
        counters.plaintextRefused += 1
        let text =
            connection.listener != nil
            ? "The peer sent plaintext to a port that takes only TLS; switch on TLS there."
            : "The peer answered in plaintext where TLS is required; switch on TLS there."
        refuse(connection, .plaintext, text)
    }

    private func stepHandshake(_ connection: Connection) {
        switch connection.tls!.shakeHands() {
        case .wantsMore:
            flushCiphertext(connection)
            if connection.phase == .handshaking { updateInterest(connection) }
        case .failed(let reason):
            refuse(connection, reason.kind, reason.text)
        case .done:
            completeHandshake(connection)
        }
    }

    private func completeHandshake(_ connection: Connection) {
        connection.phase = .open
        endHandshake(connection)
        flushCiphertext(connection)
        guard connection.phase == .open else { return }
        updateInterest(connection)
        if let listener = connection.listener {
            queue.append(.accepted(connection.id, listener, tag: connection.tag))
        } else {
            counters.connected += 1
            queue.append(.connected(connection.id, tag: connection.tag))
        }
        // The peer's first bytes may have come together with the end of the handshake.
        switch decrypt(connection, connection.tls!.unusedInput) {
        case .nothing, .failed: break
        case .data, .dataAndEnd, .end:
            connection.hasUnseenInput = !connection.input.isEmpty
            listUnseen(connection)
        }
    }

    func handshakeExpired(_ entry: Deadlines.Entry) {
        let connection = connections[entry.connection.slot]
        guard connection.id == entry.connection, connection.phase == .handshaking else { return }
        counters.handshakesTimedOut += 1
        let seconds = Double(options.handshakeTimeout) / 1e9
        refuse(connection, .handshakeTimeout, "The TLS handshake was not completed within \(seconds) s.")
    }

    /// Makes room for one that has just come: an honest one is done within milliseconds, so the oldest is the least likely to be.
    func giveUpOldestHandshake(_ listener: ListenerID) {
        var oldest: Connection?
        for connection in connections where connection.phase == .handshaking && connection.listener == listener {
            if connection.deadline < oldest?.deadline ?? .max { oldest = connection }
        }
        guard let oldest else { return }
        refuse(oldest, .handshakeTimeout, "The TLS handshake gave way to newer ones: too many were under way.")
    }

    /// Reports the failure and lets the alert go out.
    private func refuse(_ connection: Connection, _ kind: CloseReason.Kind, _ text: String) {
        counters.handshakesFailed += 1
        counters.failed += 1
        endHandshake(connection)
        queue.append(.closed(connection.id, tag: connection.tag, CloseReason(kind, text)))
        if kind == .handshakeTimeout || kind == .plaintext {
            release(connection)
        } else {
            linger(connection)
        }
    }

    /// However it ended, its listener may begin another one.
    func endHandshake(_ connection: Connection) {
        guard connection.isShakingHands, let listener = connection.listener else { return }
        connection.isShakingHands = false
        listeners[Int(listener.rawValue)].handshakes -= 1
    }

    /// Handshakes of a listener's connections that are under way.
    package func handshakesUnderWay(_ id: ListenerID) -> Int { listeners[Int(id.rawValue)].handshakes }
}
