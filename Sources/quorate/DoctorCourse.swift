// The course of one `quorate doctor`: the disk and the machine, then the servers, then the load of a class, and the verdict.

import ArgumentParser
import Benchmark
import CLinux
import Ensemble
import Foundation
import LoadGenerator
import Report
import Results
import Server

struct DoctorOrder {
    var hosts: [String]
    /// nil where no disk is asked for.
    var directory: String?
    var loadClass: LoadClass?
    var writes: Bool
    var nanoseconds: UInt64
}

final class DoctorCourse {
    private static let directoryPrefix = "quorate-doctor-"
    private let order: DoctorOrder
    private let ending: EndingSignals
    private let begin = quorate_monotonic_ns()
    private var findings: [DoctorFinding] = []
    private var unreachable: String?
    private var environment: ResultEnvironment?
    private var disk: DoctorDisk?

    init(_ order: DoctorOrder, _ ending: EndingSignals) {
        self.order = order
        self.ending = ending
    }

    func run() throws -> DoctorDocument {
        let started = ResultFolder.timestamp(Date())
        if let directory = order.directory {
            let data = try place(in: directory)
            defer { data.remove() }
            try examine(data, directory)
            if order.hosts.isEmpty, let loadClass = order.loadClass { try load(loadClass, in: data) }
        }
        if !order.hosts.isEmpty { try examineServers() }
        if let code = ending.exitCode { throw ExitCode(code) }
        let summary = DoctorSummary(findings, unreachable: unreachable)
        var document = DoctorDocument(
            started: started, command: MemberSetting.shown(words: Array(CommandLine.arguments.dropFirst())),
            verdict: summary.verdict, sentence: summary.sentence, findings: findings)
        document.durationNanoseconds = quorate_monotonic_ns() - begin
        document.environment = environment
        document.disk = disk
        return document
    }

    // MARK: the disk and the machine

    /// A directory that goes in the end; what killed runs have left goes now.
    private func place(in directory: String) throws -> DataDirectory {
        let remedy = "name a directory that can be written with --disk"
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory, isDirectory: &isFolder), isFolder.boolValue else {
            throw Failure("\(directory) is no directory that is there; \(remedy).", code: 74)
        }
        DataDirectory.removeLeftovers(under: directory, prefix: Self.directoryPrefix)
        do throws(EnsembleError) {
            return try DataDirectory(path: "\(directory)/\(Self.directoryPrefix)\(getpid())-\(quorate_realtime_ns() / 1_000_000)")
        } catch {
            throw Failure("\(Self.sentence(error)); \(remedy).", code: 74)
        }
    }

    private func examine(_ data: DataDirectory, _ directory: String) throws {
        let seen = EnvironmentProbe.read(at: data.path)
        environment = seen
        let shown = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path
        let before = MachineTime.read()
        let hiccups = Hiccups.start()
        defer { _ = hiccups?.stop() }
        if !data.isInMemory { disk = try measure(data, shown) } else { rest() }
        let facts = MachineFacts.read(seen, since: before, hiccups?.stop())
        if let code = ending.exitCode { throw ExitCode(code) }
        findings += DiskJudgement.findings(
            disk, path: shown, seen.filesystem, isForHeavyLoad: order.hosts.isEmpty && order.loadClass?.isHeavy == true)
        findings += MachineJudgement.findings(facts, for: order.loadClass)
    }

    /// For so long as a disk would be measured: the machine is.
    private func rest() {
        let end = quorate_monotonic_ns() + order.nanoseconds
        while quorate_monotonic_ns() < end, !ending.isEnding { usleep(20_000) }
    }

    private func measure(_ data: DataDirectory, _ shown: String) throws -> DoctorDisk {
        let free = quorate_filesystem_available(data.path)
        guard free < 0 || free >= DiskTrial.roomNeeded else {
            throw Failure(
                "\(shown) has \(free >> 20) MiB left, and measuring its disk takes \(DiskTrial.roomNeeded >> 20) MiB; make room, or "
                    + "name another directory with --disk.", code: 74)
        }
        let seconds = Double(order.nanoseconds) / 1e9
        standardError(
            String(format: "Flushing blocks of 4 KiB in %@ for %.1f s, and as long beside a large file.\n", shown, seconds))
        let cancel = ending.cancel
        do throws(EnsembleError) {
            return try DiskTrial(path: data.path, nanoseconds: order.nanoseconds, isCancelled: { cancel.isSet }).run(shown: shown)
        } catch {
            if let code = ending.exitCode { throw ExitCode(code) }
            if error.cause == .outOfResources { throw Failure(error.description, code: 1) }
            throw Failure("\(Self.sentence(error)); make room, or name another directory with --disk.", code: 74)
        }
    }

    private static func sentence(_ error: EnsembleError) -> String {
        let text = error.description.hasSuffix(".") ? String(error.description.dropLast()) : error.description
        return text.replacing("; choose another one", with: "")
    }

    // MARK: servers

    private func examineServers() throws {
        let servers: [ServerFacts]
        do throws(LoadError) {
            servers = try ServerExamination(hosts: order.hosts, writes: order.writes, cancel: ending.cancel).run()
        } catch {
            throw Failure(error.description + ".", code: Load.code(of: error, ending))
        }
        unreachable = EnsembleJudgement.unreachable(servers)
        findings += EnsembleJudgement.findings(servers) + servers.flatMap(ServerJudgement.findings)
        if unreachable == nil, let loadClass = order.loadClass { try load(loadClass, in: nil) }
    }

    // MARK: a class of load

    /// - Parameter data: where the members of a fresh ensemble lie; nil if the target is loaded.
    private func load(_ loadClass: LoadClass, in data: DataDirectory?) throws {
        standardError("Loading \(data == nil ? "the target" : "three fresh members") with class \(loadClass.rawValue).\n")
        do throws(EnsembleError) {
            let facts = data == nil ? try loadTarget(loadClass) : try loadFresh(loadClass, data!)
            findings += ClassJudgement.findings(facts, loadClass)
        } catch {
            if let code = ending.exitCode { throw ExitCode(code) }
            let subject = "class \(loadClass.rawValue)"
            if error.cause == .notServing {
                unreachable = "\(subject): \(Self.sentence(error))"
            } else {
                findings.append(DoctorFinding(subject, "could not be loaded:", Self.sentence(error), .undecided))
            }
        }
    }

    private func loadFresh(_ loadClass: LoadClass, _ data: DataDirectory) throws(EnsembleError) -> ClassFacts {
        let program = try Self.program()
        let target = BenchTarget(
            name: ResultTarget.quorate, kind: .launched(.quorate(program: program), tls: true, settings: []),
            version: Version.text, program: "quorate", mustWarmUp: false)
        return try ClassTrial(target, directory: data.path, program: program, cancel: ending.cancel)
            .run(loadClass, window: 2 * order.nanoseconds)
    }

    private func loadTarget(_ loadClass: LoadClass) throws(EnsembleError) -> ClassFacts {
        try LoadedTarget.check(order.hosts, cancel: ending.cancel)
        let servers = try RunningServers(hosts: order.hosts, admin: [], isMine: true, cancel: ending.cancel)
        let target = BenchTarget(
            name: order.hosts.joined(separator: ","), kind: .running(servers), version: servers.version, program: nil,
            mustWarmUp: false)
        defer {
            if let failure = LoadedTarget.clean(order.hosts) { standardError(printable(failure) + "\n") }
        }
        let facts = try ClassTrial(target, directory: "", program: try Self.program(), cancel: ending.cancel)
            .run(loadClass, window: 2 * order.nanoseconds)
        try LoadedTarget.checkThatItAnswers(order.hosts, cancel: ending.cancel)
        return facts
    }

    private static func program() throws(EnsembleError) -> String {
        do { return try ownProgram() } catch { throw EnsembleError(.unusable, "This program's own path can't be read.") }
    }
}
