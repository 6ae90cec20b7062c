// Which servers `quorate bench` loads, and how they take turns.

import ArgumentParser
import Benchmark
import CLinux
import Ensemble
import Foundation
import Results
import Server

struct TargetOptions: ParsableArguments {
    @Option(
        help:
            "Whom to load, quorate if nobody is named: quorate, zookeeper, host:port,... of running servers; the first is compared."
    )
    var target: String?

    @Option(name: .customLong("repeat"), help: "Runs of each size, each on fresh directories.")
    var repeats = 1

    @Option(help: "Slices of a run in which targets take turns; 6 by default where there are several.")
    var rounds: Int?

    @Option(help: "An unpacked release of Apache ZooKeeper; otherwise $ZOOKEEPER_HOME or the installed package.")
    var zookeeperHome: String?

    @Flag(help: "Mutual TLS between Apache ZooKeeper's servers, too.")
    var zookeeperTls = false

    @Option(name: .customLong("zookeeper-setting"), help: "A line for each of its servers' zoo.cfg: key=value. May be repeated.")
    var zookeeperSettings: [String] = []

    @Option(
        help: "Leave a run in which it carries fewer writes/s out of the ratios, and mark it: a number, or by size 3=8600,5=5200."
    )
    var zookeeperFloor: String?

    @Flag(help: "Load running servers that are on another machine or hold znodes.")
    var targetIsMine = false

    @Option(help: "Where running members of this project tell their metrics: host:port,... in the order of the servers.")
    var admin: String?

    @Option(help: "Measure nothing; remove what loads have left at these servers: host:port,...")
    var clean: String?

    func validate() throws {
        guard (1...100).contains(repeats) else { throw ValidationError("--repeat must be from 1 to 100, not \(repeats).") }
        if let rounds, !(1...100).contains(rounds) { throw ValidationError("--rounds must be from 1 to 100, not \(rounds).") }
        if let zookeeperFloor, floors == nil {
            throw ValidationError("--zookeeper-floor must be \(SpeedFloors.form), not '\(zookeeperFloor)'.")
        }
    }

    func names(_ name: String) -> Bool { (target ?? ResultTarget.quorate).split(separator: ",").contains { $0 == name } }

    /// Options that are for some targets only: whether each was given, and whether one of those is named.
    var given: [(option: String, isGiven: Bool, applies: Bool, to: String)] {
        let hasPeer = names(ResultTarget.zookeeper)
        let hasRunning = target?.contains(":") == true
        return [
            ("--zookeeper-home", zookeeperHome != nil, hasPeer, "the target zookeeper"),
            ("--zookeeper-tls", zookeeperTls, hasPeer, "the target zookeeper"),
            ("--zookeeper-setting", !zookeeperSettings.isEmpty, hasPeer, "the target zookeeper"),
            ("--zookeeper-floor", zookeeperFloor != nil, hasPeer, "the target zookeeper"),
            ("--target-is-mine", targetIsMine, hasRunning, "servers that run already"),
            ("--admin", admin != nil, hasRunning, "servers that run already"),
        ]
    }

    var floors: SpeedFloors? { zookeeperFloor.flatMap(SpeedFloors.init) }

    func roundCount(targets: Int) throws -> Int { rounds ?? (targets > 1 ? 6 : 1) }

    /// The targets in the order in which they were named, and of those that are not there one sentence each.
    func targets(
        tls: Bool, settings: [(key: String, value: String)], ending: EndingSignals
    ) throws -> (targets: [BenchTarget], missing: [String]) {
        var found: [BenchTarget] = []
        var missing: [String] = []
        var hosts: [String] = []
        for word in try words() {
            switch word {
            case ResultTarget.quorate:
                found.append(
                    BenchTarget(
                        name: word, kind: .launched(.quorate(program: try ownProgram()), tls: tls, settings: settings),
                        version: Version.text, program: "quorate", mustWarmUp: false))
            case ResultTarget.zookeeper:
                do {
                    found.append(try zookeeper())
                } catch let error as EnsembleError {
                    missing.append(error.description)
                }
            default:
                // All addresses together are one ensemble, whose place is that of the first of them.
                if hosts.isEmpty { found.append(try running(try words().filter { $0.contains(":") }, ending)) }
                hosts.append(word)
            }
        }
        guard !found.isEmpty else { throw Failure(missing.joined(separator: " "), code: 2) }
        for sentence in missing { standardError("\(sentence) The other targets go on.\n") }
        return (found, missing)
    }

    private func words() throws -> [String] {
        let words = (target ?? ResultTarget.quorate).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        for (place, word) in words.enumerated() {
            let isKnown = [ResultTarget.quorate, ResultTarget.zookeeper].contains(word)
            guard isKnown || word.contains(":") else {
                throw Failure(
                    "--target takes quorate, zookeeper and addresses as host:port, separated by commas, not '\(word)'.", code: 64)
            }
            if words[..<place].contains(word) { throw Failure("--target names '\(word)' twice.", code: 64) }
        }
        return words
    }

    private func zookeeper() throws -> BenchTarget {
        let server = try ApacheZooKeeper.find(home: zookeeperHome)
        let lines: [(key: String, value: String)]
        do {
            // Its admin port is asked for nothing, and a web server beside each of them is no part of what is measured.
            let given = try zookeeperSettings.map { try MemberSetting.read($0, option: "--zookeeper-setting") }
            lines = [("admin.enableServer", "false")] + given
        } catch let error as MemberSettingError {
            throw Failure(error.description, code: 64)
        }
        return BenchTarget(
            name: ResultTarget.zookeeper, kind: .launched(server.command(), tls: zookeeperTls, settings: lines),
            version: server.version, program: "java", mustWarmUp: true)
    }

    private func running(_ hosts: [String], _ ending: EndingSignals) throws -> BenchTarget {
        let ports = admin.map { $0.split(separator: ",").map(String.init) } ?? []
        do throws(EnsembleError) {
            let servers = try RunningServers(hosts: hosts, admin: ports, isMine: targetIsMine, cancel: ending.cancel)
            return BenchTarget(
                name: hosts.joined(separator: ","), kind: .running(servers), version: servers.version, program: nil,
                mustWarmUp: false)
        } catch {
            throw Failure(error.description, code: error.cause == .unusable ? 64 : ending.exitCode ?? 2)
        }
    }
}
