// The first frame of a connection and the four-letter words that may stand in its place. A new session and a resumed one are both
// records: the handshake is answered when its record is applied.

import Batch
import ClientProtocol
import Jute
import StateMachine

extension Node {
    /// Answers a four-letter word if these are the letters of one.
    func answerFourLetterWord(_ letters: UInt32, _ client: ClientConnection) -> Bool {
        guard let word = FourLetterWord(rawValue: letters)?.name else { return false }
        let text: String
        if !settings.allowedWords.contains(word) {
            text = "\(word) is not executed because it is not in the whitelist.\n"
        } else {
            text = FourLetterWords.answer(word, facts(asking: client)) ?? "\(word) has no answer here.\n"
        }
        var answer = text
        answer.withUTF8 { client.out.append(UnsafeRawBufferPointer($0)) }
        close(client, "four-letter word answered", gracefully: true)
        return true
    }

    func handshake(_ client: ClientConnection, _ frame: UnsafeRawBufferPointer) {
        do throws(JuteError) {
            try connect(client, ConnectRequest(frame.bytes))
        } catch {
            counters.badFrames += 1
            close(client, "its first frame is no connect request")
        }
    }

    private func connect(_ client: ClientConnection, _ request: borrowing ConnectRequest) {
        guard isServing else {
            close(client, "this server is in no quorum")
            return
        }
        guard request.lastZxidSeen <= stateMachine.applied.wire else {
            close(client, "it has seen zxid \(request.lastZxidSeen), this server only \(stateMachine.applied)")
            return
        }
        client.mirrorsReadOnly = request.carriesReadOnly
        client.timeoutMs = min(max(request.timeout, settings.minSessionTimeoutMs), settings.maxSessionTimeoutMs)
        if request.session == 0 {
            create(client)
            return
        }
        let expected = password(of: request.session)
        guard isEqual(request.password, expected) else {
            counters.badPasswords += 1
            refuseSession(client)
            return
        }
        client.session = request.session
        client.phase = .handshaking
        // Rule S2: whoever shows the password lives, however long the record takes.
        touch(client)
        gatherSession(client, OpCode.attachSession)
    }

    /// In constant time, so that a wrong password tells nothing about the right one.
    private func isEqual(_ given: RawSpan?, _ expected: [UInt8]) -> Bool {
        guard let given, given.byteCount == expected.count else { return false }
        var difference: UInt8 = 0
        for index in expected.indices {
            difference |= given.unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self) ^ expected[index]
        }
        return difference == 0
    }

    private func create(_ client: ClientConnection) {
        nextSession += 1
        client.session = nextSession
        client.phase = .handshaking
        gatherSession(client, OpCode.createSession)
    }

    private func gatherSession(_ client: ClientConnection, _ type: Int32) {
        let timeout = client.timeoutMs.bigEndian
        withUnsafeBytes(of: timeout) {
            gather(client, 0, type, session: client.session, $0, purpose: .handshake)
        }
    }

    /// The record of a handshake has been applied with this result.
    func finishHandshake(_ client: ClientConnection, type: Int32, error: Int32) {
        if error == ErrorCode.nodeExists, type == OpCode.createSession {
            create(client)
            return
        }
        guard error == 0 else {
            refuseSession(client)
            return
        }
        if let earlier = localSessions[client.session].flatMap({ clients[$0] }), earlier !== client {
            close(earlier, "its session has moved to another connection of this server")
        }
        localSessions[client.session] = client.id
        client.phase = .established
        counters.sessionsOpened += 1
        writeConnectResponse(client, timeout: client.timeoutMs, session: client.session, password: password(of: client.session))
        touch(client)
        outputs.append(.setReading(client.id, true))
    }

    private func refuseSession(_ client: ClientConnection) {
        client.session = 0
        writeConnectResponse(client, timeout: 0, session: 0, password: [UInt8](repeating: 0, count: 16))
        close(client, "its session is not valid", gracefully: true)
    }

    private func writeConnectResponse(_ client: ClientConnection, timeout: Int32, session: Int64, password: [UInt8]) {
        client.out.writeInt(client.mirrorsReadOnly ? 37 : 36)
        client.out.write(
            ConnectResponse(
                timeout: timeout, session: session, password: password, readOnly: client.mirrorsReadOnly ? false : nil))
        markDirty(client)
    }

    /// The same on every member and after every restart: 16 bytes of HMAC-SHA-256 under the ensemble's secret.
    func password(of session: Int64) -> [UInt8] {
        guard let founding = stateMachine.founding else { return [UInt8](repeating: 0, count: 16) }
        let id = withUnsafeBytes(of: session.bigEndian) { Array($0) }
        return Array(settings.cryptography.hmacSHA256(founding.secret, id).prefix(16))
    }
}
