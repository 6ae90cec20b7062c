// Asks a port with TLS a word, as `openssl s_client` would: what came back until the end or the time limit, or why nothing did.

import Transport

enum SecureAsking {
    struct Answer {
        var text = ""
        /// The version that was agreed on.
        var version = ""
        var failure: CloseReason?
    }

    static func ask(_ word: String, port: UInt16, _ configuration: TLSConfiguration, seconds: UInt64 = 10) throws -> Answer {
        let loop = try EventLoop()
        let id = loop.connect(
            "127.0.0.1", port: port, tag: 1, tls: try TLSContext(configuration), expectedHost: "127.0.0.1")
        var answer = Answer()
        var events: [TransportEvent] = []
        let deadline = loop.now + seconds * 1_000_000_000
        while loop.now < deadline {
            loop.wait(until: deadline, into: &events)
            for event in events {
                switch event {
                case .connected:
                    answer.version = loop.tlsInfo(id)?.version ?? ""
                    _ = Array(word.utf8).withUnsafeBytes { loop.write(id, $0, more: false) }
                case .readable:
                    let outcome = loop.read(id)
                    loop.withInput(id) { bytes in
                        answer.text += String(decoding: bytes, as: UTF8.self)
                        return bytes.count
                    }
                    if outcome == .endOfStream { return answer }
                case .closed(_, _, let reason):
                    answer.failure = reason
                    return answer
                case .accepted, .writable, .woken: break
                }
            }
        }
        guard !answer.version.isEmpty else {
            throw WireFailure(description: "port \(port) shook no hands within \(seconds) s")
        }
        return answer
    }
}
