// The server's log: one line an event on stderr, through swift-log so that an embedder may send it elsewhere.

import CLinux
import Glibc
import Logging

struct ServerLog {
    private let logger: Logger
    private let limits = RateLimits()

    init(member: Int) {
        var logger = Logger(label: "quorate", factory: { _ in LineLogHandler() })
        logger[metadataKey: "member"] = "\(member)"
        self.logger = logger
    }

    func notice(_ text: String) { logger.notice("\(text)") }
    func warning(_ text: String) { logger.warning("\(text)") }
    func critical(_ text: String) { logger.critical("\(text)") }
    func serving(_ text: String) { logger.notice("\(text)") }

    /// At most one line a minute for the same key, which is the text unless one is given.
    func rateLimited(_ text: String, key: String? = nil, now: UInt64) {
        if limits.mayLog(key ?? text, now: now) { logger.warning("\(text)") }
    }
}

/// When each repeated text was last logged. Used on the loop's thread only.
private final class RateLimits {
    private var lastLogged: [String: UInt64] = [:]

    func mayLog(_ text: String, now: UInt64) -> Bool {
        if let last = lastLogged[text], now - last < 60_000_000_000 { return false }
        if lastLogged.count > 1000 { lastLogged.removeAll() }
        lastLogged[text] = now
        return true
    }
}

/// `2026-01-31T12:00:00.123Z notice member=1 text`, handed over whole so that lines never mix. A line that nobody takes any
/// more is lost and ends nothing: the server has more to do than to be read.
private struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = self.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        LineWriter.standardError.write("\(timestamp()) \(event.level) \(fields) \(event.message)\n")
    }

    private func timestamp() -> String {
        let ms = quorate_realtime_ns() / 1_000_000
        var seconds = time_t(ms / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        let length = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S", &parts)
        let text = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fraction = String(1000 + ms % 1000).dropFirst()
        return "\(text).\(fraction)Z"
    }
}
