// What clients are told: handshakes, answers, watch events. An answer is put beside what was asked; whether it is right is judged
// when all is over.

import Batch
import CLinux
import ClientProtocol
import Histories
import Jute

extension RecorderLoop {
    func takeFrames(_ client: RecordingClient) {
        var start = 0
        let connection = client.connection
        while client.connection == connection, client.input.count - start >= 4 {
            let length = client.input[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard client.input.count - start >= 4 + length else { break }
            let frame = Array(client.input[start + 4..<start + 4 + length])
            start += 4 + length
            take(client, frame)
        }
        if client.connection == connection { client.input.removeFirst(start) }
    }

    private func breach(_ text: String) {
        if record.breaches.count < 20 { record.breaches.append(text) }
    }

    private func take(_ client: RecordingClient, _ frame: [UInt8]) {
        client.waitsSince = quorate_monotonic_ns()
        frame.withUnsafeBytes { bytes in
            guard client.isConnected else { return takeHandshake(client, bytes) }
            var reader = JuteReader(bytes.bytes)
            guard let xid = try? reader.int(), let zxid = try? reader.long(), let error = try? reader.int() else {
                return breach("client \(client.index) got an answer of \(bytes.count) bytes")
            }
            switch xid {
            case -2: client.pings = max(0, client.pings - 1)
            case -1: takeEvent(client, &reader)
            default: takeAnswer(client, xid, zxid, error, &reader)
            }
        }
    }

    private func takeHandshake(_ client: RecordingClient, _ bytes: UnsafeRawBufferPointer) {
        guard let response = try? ConnectResponse(reading: bytes.bytes) else {
            return breach("client \(client.index) got no handshake's answer")
        }
        guard response.session != 0 else {
            record.sessionsLost += 1
            close(client)
            return client.forgetSession()
        }
        if client.session != 0, client.session != response.session {
            breach("client \(client.index) asked for session \(client.session) and got \(response.session)")
        }
        if client.session != 0 { record.sessionsResumed += 1 }
        (client.session, client.password) = (response.session, response.password)
        client.isConnected = true
    }

    private func takeEvent(_ client: RecordingClient, _ reader: inout JuteReader) {
        guard let type = try? reader.int(), (try? reader.int()) != nil, let path = try? reader.copiedBuffer() else {
            return breach("client \(client.index) got an event that can't be read")
        }
        record.history.events.append(
            SeenEvent(
                client: client.index, connection: client.connectionNumber, type: type,
                path: String(decoding: path, as: UTF8.self), behindOperation: client.answeredOnConnection,
                time: quorate_monotonic_ns()))
    }

    private func takeAnswer(
        _ client: RecordingClient, _ xid: Int32, _ zxid: Int64, _ error: Int32, _ reader: inout JuteReader
    ) {
        let now = quorate_monotonic_ns()
        guard let number = client.unanswered.first, record.history.operations[number].xid == xid else {
            let oldest = client.unanswered.map { "\(record.history.operations[$0].xid)" }.joined(separator: " ")
            return breach("client \(client.index) got the answer to \(xid), unanswered are \(oldest)")
        }
        client.unanswered.removeFirst()
        client.answeredOnConnection += 1
        var operation = record.history.operations[number]
        operation.completed = now
        operation.error = error
        operation.zxid = Zxid(rawValue: UInt64(bitPattern: zxid))
        if zxid < client.lastZxid {
            breach("client \(client.index) saw zxid \(String(client.lastZxid, radix: 16)), then \(operation.zxid)")
        }
        client.lastZxid = max(client.lastZxid, zxid)
        do {
            try operation.read(answer: &reader)
        } catch {
            breach("the body of the answer to \(operation.kind) \(operation.path) can't be read")
        }
        record.history.operations[number] = operation
        record.history.answered.append(number)
        if operation.isWrite { lastAcknowledged = now }
        learn(client, operation)
    }

    private func learn(_ client: RecordingClient, _ operation: Operation) {
        switch operation.kind {
        case .closeSession:
            client.forgetSession()
            close(client)
        case .create(_, sequential: true) where operation.error == 0: queue.append(operation.created)
        case .delete where operation.path.hasPrefix("/q") && (operation.error == 0 || operation.error == ErrorCode.noNode):
            queue.removeAll { $0 == operation.path }
        case .set, .exists, .get:
            if operation.error == 0, let key = Int(operation.path.dropFirst(2)) { client.versions[key] = operation.version }
        default: break
        }
    }
}
