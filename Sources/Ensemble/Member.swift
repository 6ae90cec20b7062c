// One member of a launched ensemble: its files, its ports, its process; it can be killed, paused, started again and asked.
// What it is asked by stands in Asking.swift, what it answers in MemberStatus.swift and MetricsText.swift.

internal import Glibc
package import Transport

package final class Member {
    /// The number of its `server.N` line and in its `myid`.
    package let id: Int
    package let ports: MemberPorts
    /// Holds its zoo.cfg and its data.
    package let directory: String
    package let logFile: String
    package let command: ProcessCommand
    private let thread: SpawningThread
    /// nil: its disk can't be made to fail.
    private let disk: DiskControl?
    /// nil before the first start.
    package private(set) var process: ChildProcess?
    /// True after an end that was asked for.
    private(set) var mayBeEnded = false

    init(id: Int, ports: MemberPorts, order: EnsembleOrder, thread: SpawningThread) {
        self.id = id
        self.ports = ports
        self.thread = thread
        directory = "\(order.directory)/member-\(id)"
        logFile = "\(order.logDirectory)/member-\(id).log"
        let command = order.command.processCommand(configuration: "\(directory)/zoo.cfg")
        disk = order.diskFaults.map { _ in DiskControl(path: "\(order.directory)/member-\(id)/disk-control") }
        let library = order.diskFaults ?? order.flushDelay?.library
        self.command = library?.applied(to: command, delay: order.flushDelay, control: disk?.path) ?? command
    }

    func writeFiles(_ order: EnsembleOrder, ports all: [MemberPorts], links: [LinkPorts]?) throws(EnsembleError) {
        try MemberFiles.makeDirectory(directory)
        try disk?.set(DiskState())
        try MemberFiles.makeDirectory("\(directory)/data")
        let text = MemberFiles.configuration(order, id: id, directory: directory, ports: all, links: links)
        try MemberFiles.write(text, to: "\(directory)/zoo.cfg")
        try MemberFiles.writeStores(order, directory: directory)
        try MemberFiles.write("\(id)\n", to: "\(directory)/data/myid")
    }

    // MARK: Its process

    package var pid: Int32? { process.flatMap { $0.isRunning ? $0.pid : nil } }
    package var isRunning: Bool { process?.isRunning ?? false }

    func start() throws(EnsembleError) {
        precondition(!isRunning, "a member runs once")
        process = try ChildProcess.start(command, logFile: logFile, on: thread)
        mayBeEnded = false
    }

    /// Ends it at once, as a power cut would, and returns when it is gone.
    package func kill() {
        sendKill()
        process?.waitForEnd(nanoseconds: 10_000_000_000)
    }

    /// The same without waiting, so that several end at the same time.
    func sendKill() {
        mayBeEnded = true
        // A stopped process is ended by this signal, too.
        process?.send(signal: SIGKILL)
    }

    /// Asks it to end in order; it is killed if it hasn't within the limit. Returns how it ended.
    @discardableResult
    package func terminate(limitNanoseconds: UInt64 = 5_000_000_000) -> ProcessEnd? {
        askToEnd()
        return awaitEnd(limitNanoseconds: limitNanoseconds)
    }

    func askToEnd() {
        mayBeEnded = true
        process?.send(signal: SIGTERM)
        process?.send(signal: SIGCONT)
    }

    @discardableResult
    func awaitEnd(limitNanoseconds: UInt64) -> ProcessEnd? {
        guard let process else { return nil }
        if let end = process.waitForEnd(nanoseconds: limitNanoseconds) { return end }
        kill()
        return process.ended
    }

    /// Holds it still: its sockets stay open, but nobody answers.
    package func pause() { process?.holdStill() }
    package func resume() { process?.send(signal: SIGCONT) }

    /// Its disk is like this from now on.
    package func setDisk(_ state: DiskState) throws(EnsembleError) {
        guard let disk else {
            throw EnsembleError(.unusable, "The disk of member \(id) can't be made to fail: it was started without that.")
        }
        try disk.set(state)
    }

    /// An end of it is no surprise from now on until it is started again.
    package func expectEnd() { mayBeEnded = true }

    /// Starts it again on its data; it must not run.
    package func restart() throws(EnsembleError) {
        try start()
    }

    // MARK: What it says and uses

    package var clientAddress: SocketAddress { .loopback(port: ports.client) }
    package var adminAddress: SocketAddress { .loopback(port: ports.admin) }

    /// nil while it doesn't serve.
    package func status(limitNanoseconds: UInt64 = 1_000_000_000) -> MemberStatus? {
        Asking.fourLetterWord("srvr", at: clientAddress, nanoseconds: limitNanoseconds).flatMap { MemberStatus(srvr: $0) }
    }

    /// The lines of `mntr`; empty if they are not offered.
    package func monitor() -> [String: String] {
        Asking.fourLetterWord("mntr", at: clientAddress).map(MemberStatus.monitorLines) ?? [:]
    }

    /// What stands at `/metrics` of the admin port, with buckets as fine as they are counted; nil if that is not offered.
    package func metrics() -> MetricsText? {
        let text = Asking.http("/metrics/fine", at: adminAddress) ?? Asking.http("/metrics", at: adminAddress)
        return text.map { MetricsText($0) }
    }

    package func figures() -> ProcessFigures? {
        pid.flatMap { ProcessFigures.read(pid: $0) }
    }

    /// The last lines of its log file, or those of a trap, for a message that has to say what happened.
    package func logTail(lines: Int = 5) -> String {
        guard let bytes = ProcFile.bytes(logFile) else { return "" }
        let text = String(decoding: bytes.suffix(65_536), as: UTF8.self)
        let all = text.split(whereSeparator: \.isNewline)
        // A trap is followed by pages of back-trace, which stay in the file.
        if let trap = all.lastIndex(where: { $0.contains("Fatal error") }) { return String(all[trap]) }
        return all.suffix(lines).joined(separator: "\n")
    }
}
