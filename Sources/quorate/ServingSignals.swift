// Signals that ask a server to end, heeded from before it starts, so that none is lost between the first client and the loop;
// and the one that asks it to read its certificates anew.

import Foundation
import Journal
import Server
import Synchronization

/// SIGTERM, SIGINT and SIGQUIT, and SIGHUP for the certificates. A server that is up ends in order; one that still reads its
/// log is not waited for, which is as safe as a crash.
final class ServingSignals: @unchecked Sendable {
    private static let patience = DispatchTimeInterval.seconds(1)
    private static let setUpLimit = DispatchTimeInterval.seconds(10)

    private let server: Server
    private let isUp = Atomic(false)
    private let isAsked = Atomic(false)
    // `@unchecked`: only `init` touches it, to keep what is in it.
    private var sources: [any DispatchSourceSignal] = []

    /// Certificates may be renewed just behind a start, whose reading them is renewal enough: SIGHUP waits until it is heeded.
    static func holdReload() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGHUP)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Returns when the signals are heeded; until then they do what they always do.
    init(_ server: Server) {
        self.server = server
        let heeded = DispatchSemaphore(value: 0)
        for number in [SIGTERM, SIGINT, SIGQUIT, SIGHUP] {
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { [self] in if number == SIGHUP { reload() } else { note(number) } }
            source.setRegistrationHandler { heeded.signal() }
            source.resume()
            sources.append(source)
            if heeded.wait(timeout: .now() + Self.setUpLimit) == .timedOut {
                // What would heed them is a thread that the system does not give.
                endForLackOfThreads(EAGAIN)
            }
        }
    }

    /// The server serves, or will at its next turn.
    func started() {
        isUp.store(true, ordering: .sequentiallyConsistent)
        if isAsked.load(ordering: .sequentiallyConsistent) { server.stop() }
    }

    /// One that has not started yet reads them in any case.
    private func reload() {
        if isUp.load(ordering: .sequentiallyConsistent) { server.reloadCertificates() }
    }

    private func note(_ number: Int32) {
        isAsked.store(true, ordering: .sequentiallyConsistent)
        server.stop()
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { [self] in
            if !isUp.load(ordering: .sequentiallyConsistent) { _exit(128 + number) }
        }
    }
}
