// A generator as a process, seen by the one that started it: its orders, and its news as they come.

internal import Foundation
internal import Synchronization
internal import Transport

/// News of all generators, in the order of their coming.
final class NewsInbox: Sendable {
    private let waiting = Mutex<[(part: Int, news: PartNews?)]>([])
    private let some = DispatchSemaphore(value: 0)

    /// nil says that nothing more comes from that part.
    func put(_ news: PartNews?, from part: Int) {
        waiting.withLock { $0.append((part, news)) }
        some.signal()
    }

    func next(withinMilliseconds limit: Int) -> (part: Int, news: PartNews?)? {
        guard some.wait(timeout: .now() + .milliseconds(limit)) == .success else { return nil }
        return waiting.withLock { $0.removeFirst() }
    }
}

final class GeneratorProcess {
    let part: Int
    private let process = Process()
    private let orders = Pipe()
    private let news = Pipe()
    /// Orders go out on a thread of their own: a part that is stopped takes none, and its pipe has an end.
    private let saying: DispatchQueue

    init(part: Int, program: String, inbox: NewsInbox) throws(LoadError) {
        self.part = part
        saying = DispatchQueue(label: "orders of generator \(part + 1)")
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["load-part"]
        process.standardInput = orders
        process.standardOutput = news
        do {
            try process.run()
        } catch {
            throw LoadError(.outOfResources, "generator \(part + 1) could not be started: \(error.localizedDescription)")
        }
        let end = news.fileHandleForReading
        let isStarted = startDetachedThread(named: "news") {
            // Whoever reads keeps the descriptor open: once closed, its number may be that of something else.
            withExtendedLifetime(end) {
                var reader = LineReader(end.fileDescriptor)
                while let line = reader.next(), let news = try? PartLine.words(PartNews.self, in: line) {
                    inbox.put(news, from: part)
                }
                inbox.put(nil, from: part)
            }
        }
        guard isStarted else {
            stop()
            throw LoadError(.outOfResources, "no thread could be started to hear of generator \(part + 1)")
        }
    }

    /// A part that is gone does not hear; that it is gone is told by its news.
    func order(_ order: PartOrder) {
        guard let bytes = try? PartLine.bytes(of: order) else { return }
        let end = orders.fileHandleForWriting
        saying.async { withExtendedLifetime(end) { _ = writeAll(bytes, to: end.fileDescriptor) } }
    }

    /// How the process has ended, for a sentence.
    var end: String {
        process.waitUntilExit()
        let code = process.terminationStatus
        return process.terminationReason == .uncaughtSignal ? "by signal \(code)" : "with exit code \(code)"
    }

    /// Nothing of it is needed any more.
    func stop() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }
}
