// Signals that ask a tool to end: the first one in order, a second one at once. What it started ends with it either way.

import Foundation
import LoadGenerator
import Synchronization

/// SIGINT, SIGTERM, SIGQUIT and SIGHUP (the terminal was closed), from the first call of `watch()` on.
final class EndingSignals: Sendable {
    /// Set by the first signal; the load generator looks at it, too.
    let cancel = CancelFlag()
    private let number = Atomic<Int32>(0)

    private init() {}

    private static let shared = EndingSignals()

    static func watch() -> EndingSignals {
        _ = shared
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] where !isIgnored(signal) {
            Glibc.signal(signal) { EndingSignals.shared.note($0) }
        }
        // A reader of our output that goes away is noticed when writing.
        Glibc.signal(SIGPIPE, SIG_IGN)
        return shared
    }

    /// Whoever started us with a signal ignored, as `nohup` does, wants it to end nothing.
    private static func isIgnored(_ signal: Int32) -> Bool {
        var present = sigaction()
        return sigaction(signal, nil, &present) == 0 && unsafeBitCast(present.__sigaction_handler.sa_handler, to: Int.self) == 1
    }

    /// Runs inside of a signal handler: atomics and a system call, nothing else.
    private func note(_ signal: Int32) {
        let (isFirst, _) = number.compareExchange(expected: 0, desired: signal, ordering: .relaxed)
        cancel.set()
        if !isFirst { _exit(128 + signal) }
    }

    var isEnding: Bool { cancel.isSet }
    /// What the shell expects of a command that a signal has ended; nil as long as none has come.
    var exitCode: Int32? {
        let signal = number.load(ordering: .relaxed)
        return signal == 0 ? nil : 128 + signal
    }
}
