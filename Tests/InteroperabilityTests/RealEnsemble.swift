// Real processes for tests: the binaries beside the test runner, an ensemble in a directory of its own, and waiting with a bound.

import Ensemble
import Foundation

enum RealEnsemble {
    /// How members talk to each other.
    enum Security {
        case plain, tls
        /// Mutual TLS with what the function makes in a directory.
        case made((String) throws -> MemberTLS)
    }

    /// How clients talk to members; the plain port is always open, too.
    enum ClientPort {
        case plain, secure
        /// TLS, and clients have to show a certificate.
        case mutual
    }

    /// A product of this build: it lies where the running tests lie.
    static func product(_ name: String) throws -> String {
        let runner = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        var directory = URL(fileURLWithPath: runner).deletingLastPathComponent()
        for _ in 0..<4 {
            let candidate = directory.appendingPathComponent(name).path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
            directory.deleteLastPathComponent()
        }
        // Where a helper of the toolchain runs the tests, the build's own folder is named by its bundle.
        for argument in CommandLine.arguments where argument.hasSuffix(".xctest") {
            let candidate = URL(fileURLWithPath: argument).deletingLastPathComponent().appendingPathComponent(name).path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw WireFailure(description: "\(name) is not built beside the tests (\(runner)): run swift build first")
    }

    /// Starts `nodes` members, hands them to `body`, and removes everything. `descriptors` limits what each may have open;
    /// `before` is what a shell does before it becomes the program.
    static func with<T>(
        _ nodes: Int, program: String = "quorate", settings: [(key: String, value: String)] = [], descriptors: Int? = nil,
        before: String? = nil, observers: Int = 0,
        security: Security = .tls, clients: ClientPort = .plain, _ body: (Ensemble) throws -> T
    ) throws -> T {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("quorate-test-\(UUID().uuidString)")
        let directories = ["data", "logs", "certificates"].map { root.appendingPathComponent($0) }
        for directory in directories {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        }
        defer { try? FileManager.default.removeItem(at: root) }
        let binary = try product(program)
        var command: MemberCommand =
            program == "quorate" ? .quorate(program: binary) : .other(ProcessCommand(program: binary, arguments: ["{config}"]))
        if let before = before ?? descriptors.map({ "ulimit -n \($0)" }) {
            let script = "\(before) && exec \"$0\" serve --config \"$1\""
            command = .other(ProcessCommand(program: "/bin/sh", arguments: ["-c", script, binary, "{config}"]))
        }
        var order = EnsembleOrder(
            nodes: nodes, directory: directories[0].path, logDirectory: directories[1].path, command: command,
            settings: settings)
        order.observers = observers
        if nodes > 1, program == "quorate" {
            switch security {
            case .tls: order.tls = try MemberTLS.make(directory: directories[2].path)
            case .made(let make): order.tls = try make(directories[2].path)
            case .plain: order.settings.append((key: "sslQuorum", value: "false"))
            }
        }
        if clients != .plain {
            let files = try order.tls ?? MemberTLS.make(directory: directories[2].path)
            order.clientTLS = ClientTLS(files: files, needsCertificate: clients == .mutual)
        }
        let ensemble = try Ensemble.start(order)
        defer { ensemble.stop() }
        return try body(ensemble)
    }

    /// Changes lines of a member's file, which counts from its next start on.
    static func setLines(of member: Member, _ lines: [(key: String, value: String)]) throws {
        let path = "\(member.directory)/zoo.cfg"
        var text = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        for line in lines {
            text.removeAll { $0.hasPrefix(line.key + "=") }
            text.append("\(line.key)=\(line.value)")
        }
        try (text.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// Lines of a member's log that hold `part`.
    static func logLines(of member: Member, with part: String) -> [String] {
        let text = (try? String(contentsOfFile: member.logFile, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init).filter { $0.contains(part) }
    }

    /// Asks again and again, for at most `seconds`.
    static func wait(seconds: Double, until isMet: () throws -> Bool) rethrows -> Bool {
        let end = Date().addingTimeInterval(seconds)
        while Date() < end {
            if try isMet() { return true }
            usleep(10_000)
        }
        return try isMet()
    }

    /// A client of any member that takes one.
    static func client(
        _ ensemble: Ensemble, within seconds: Double = 10, session: Int64 = 0, password: [UInt8] = []
    ) throws -> WireClient {
        var client: WireClient?
        _ = wait(seconds: seconds) {
            for member in ensemble.members where client == nil && member.isRunning {
                client = try? WireClient(port: member.ports.client, session: session, password: password)
            }
            return client != nil
        }
        guard let client else { throw WireFailure(description: "no member takes a client within \(seconds) s") }
        return client
    }

    static func leader(_ ensemble: Ensemble, within seconds: Double = 10) throws -> Member {
        var found: Member?
        _ = wait(seconds: seconds) {
            found = ensemble.leader()
            return found != nil
        }
        guard let found else { throw WireFailure(description: "no leader within \(seconds) s") }
        return found
    }

    static func syncs(_ ensemble: Ensemble, way: String) -> Double {
        ensemble.members.filter(\.isRunning).compactMap { $0.metrics() }
            .flatMap { $0.samples("quorate_synchronizations_total") }
            .filter { $0.labels["way"] == way }.map(\.value).reduce(0, +)
    }

    /// Who was brought level how and why, and what the members logged last, for a failing test.
    static func syncStory(_ ensemble: Ensemble) -> String {
        ensemble.members.map { member in
            let ways = (member.metrics()?.samples("quorate_synchronizations_total") ?? []).filter { $0.value > 0 }
                .map { "\($0.labels["way"] ?? "?") (\($0.labels["cause"] ?? "?")) \(Int($0.value))" }
            return "member \(member.id): \(ways.joined(separator: ", "))\n\(member.logTail(lines: 12))"
        }.joined(separator: "\n")
    }

    /// All running members have applied the same and come to the same state.
    static func agree(_ ensemble: Ensemble, within seconds: Double = 10) -> Bool {
        wait(seconds: seconds) {
            let states = ensemble.members.filter(\.isRunning).map { member -> String in
                let lines = member.monitor()
                return (lines["zk_applied_zxid"] ?? "-") + "/" + (lines["zk_digest"] ?? "-")
            }
            return Set(states).count == 1 && !states.contains("-/-")
        }
    }
}
