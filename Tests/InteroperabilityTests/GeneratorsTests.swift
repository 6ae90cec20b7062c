// `quorate load --generators`: several processes load a real member as one would, end with the one that started them, and one
// that dies is told in a sentence.

import Ensemble
import Foundation
import LoadGenerator
import Testing
import Workload

@Suite(.serialized) struct GeneratorsTests {
    private struct Ended {
        let end: ProcessEnd?
        let text: String
    }

    private static let workload = """
        apiVersion: quorate/v1
        name: shared
        data: {tree: [{path: /p/z-, count: 50, size: 100B}]}
        roles:
          paced: {clients: 3, pipeline: 32, arrivals: {rate: 900/s}, do: [{set: {path: /p/z-}}]}
          reader: {clients: 2, pipeline: 4, do: [{get: {path: /p/z-}}]}
        phases: [{name: steady, for: 3s}]
        check: [no_loss]
        """

    /// Starts the tool on one member; `meanwhile` gets its process.
    private func load(
        _ generators: String, _ workload: String = Self.workload, _ meanwhile: (ChildProcess) throws -> Void = { _ in }
    ) throws -> Ended {
        try RealEnsemble.with(1, security: .plain) { ensemble in
            let place = FileManager.default.temporaryDirectory.appendingPathComponent("shared-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: place) }
            let (file, log) = (place.appendingPathComponent("shared.yaml"), place.appendingPathComponent("log"))
            try workload.write(to: file, atomically: true, encoding: .utf8)
            let arguments = ["load", file.path, "--connect", ensemble.connectString, "--generators", generators]
            let command = ProcessCommand(program: try RealEnsemble.product("quorate"), arguments: arguments)
            let process = try ChildProcess.start(command, logFile: log.path, on: SpawningThread())
            try meanwhile(process)
            let end = process.waitForEnd(nanoseconds: 60_000_000_000)
            return Ended(end: end, text: try String(contentsOf: log, encoding: .utf8))
        }
    }

    /// Processes that this one has started and that run a program of their own already: until then they hold up the one that
    /// starts them, and a signal that stops one of them would stop both.
    private func parts(of process: ChildProcess) -> [Int32] {
        let path = "/proc/\(process.pid)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let started = threads.flatMap { thread in
            ((try? String(contentsOfFile: "\(path)/\(thread)/children", encoding: .utf8)) ?? "").split(separator: " ")
                .compactMap { Int32($0) }
        }
        return started.filter { arguments(of: $0) != arguments(of: process.pid) }
    }

    private func arguments(of pid: Int32) -> Data? { try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline")) }

    @Test func twoGeneratorsAreOneLoad() throws {
        let ended = try load("2")
        #expect(ended.end == .exited(code: 0), "\(ended.text)")
        #expect(ended.text.contains(/generators at \d+ \+ \d+ % of a core/), "\(ended.text)")
        let rate = try #require(ended.text.firstMatch(of: /paced set: (\d+)\/s/).flatMap { Int($0.1) })
        #expect(rate >= 850 && rate <= 900)
        #expect(ended.text.contains("no_loss: ok, all 50 znodes that were set hold their last acknowledged set"))
        #expect(ended.text.contains("sessions: 6 opened, 0 connections lost"))
        #expect(ended.text.split(separator: "\n").count >= 2, "a line a second:\n\(ended.text)")
    }

    @Test func aGeneratorThatDiesIsTold() throws {
        var left: [Int32] = []
        let ended = try load("2") { process in
            #expect(RealEnsemble.wait(seconds: 10) { parts(of: process).count == 2 })
            usleep(1_000_000)
            left = parts(of: process)
            kill(try #require(left.last), SIGKILL)
        }
        #expect(ended.end == .exited(code: 2))
        let said = ended.text.split(separator: "\n").filter { $0.hasPrefix("quorate load: ") }
        #expect(said.count == 1, "\(ended.text)")
        #expect(said.first?.contains(/generator [12] of 2 ended by signal 9 before it had told/) == true)
        #expect(RealEnsemble.wait(seconds: 5) { left.allSatisfy { kill($0, 0) != 0 } }, "none is left")
    }

    @Test func aGeneratorThatIsStoppedIsTold() throws {
        var left: [Int32] = []
        let ended = try load("2") { process in
            #expect(RealEnsemble.wait(seconds: 10) { parts(of: process).count == 2 })
            left = parts(of: process)
            kill(try #require(left.last), SIGSTOP)
        }
        #expect(ended.end == .exited(code: 2))
        #expect(ended.text.contains(/quorate load: generator [12] of 2 has said nothing for 15 s/), "\(ended.text)")
        #expect(RealEnsemble.wait(seconds: 5) { left.allSatisfy { kill($0, 0) != 0 } }, "none is left")
    }

    /// What is left of the load would pass for the whole.
    @Test func aGeneratorThatSomebodyElseEndsIsTold() throws {
        let ended = try load("2") { process in
            #expect(RealEnsemble.wait(seconds: 10) { parts(of: process).count == 2 })
            usleep(1_500_000)
            kill(try #require(parts(of: process).last), SIGTERM)
        }
        #expect(ended.end == .exited(code: 2))
        #expect(ended.text.contains(/quorate load: generator [12] of 2 was ended by a signal of its own/), "\(ended.text)")
    }

    @Test func aSignalEndsAllAndWhatThereIsIsReported() throws {
        let ended = try load("2") { process in
            usleep(2_000_000)
            process.send(signal: SIGTERM)
        }
        #expect(ended.end == .exited(code: 143), "\(ended.text)")
        #expect(ended.text.contains("ended early") && ended.text.contains("paced set:"))
    }

    @Test func partsEndWithTheOneThatStartedThem() throws {
        var left: [Int32] = []
        _ = try load("2") { process in
            #expect(RealEnsemble.wait(seconds: 10) { parts(of: process).count == 2 })
            left = parts(of: process)
            process.send(signal: SIGKILL)
        }
        #expect(left.count == 2 && RealEnsemble.wait(seconds: 10) { left.allSatisfy { kill($0, 0) != 0 } }, "none is left")
    }

    @Test func moreThanThereIsWorkForIsRefused() throws {
        let ended = try load("4")
        #expect(ended.end == .exited(code: 64))
        #expect(
            ended.text.split(separator: "\n").count == 1 && ended.text.contains("at most --generators 3"), "\(ended.text)")
    }

    /// Books over items, tasks, locks and messages lie in one process, and the roles beside them are dealt all the same.
    @Test func recipesGoOnBesideWhatIsDealt() throws {
        let ended = try load(
            "2",
            """
            apiVersion: quorate/v1
            name: all
            target: {session_timeout: 10s}
            data:
              tree: [{path: /p/z-, count: 50, size: 100B}, {path: /q/jobs-, count: 2}, {path: /q/tasks-, count: 2},
                     {path: /locks/l-, count: 2}, {path: /topics/t-, count: 2}]
            roles:
              paced: {clients: 3, pipeline: 32, arrivals: {rate: 300/s}, do: [{set: {path: /p/z-}}]}
              producer: {clients: 2, pipeline: 8, arrivals: {rate: 100/s}, do: [{enqueue: {queue: /q/jobs-}}]}
              worker: {clients: 2, pipeline: 16, do: [{take: {queue: /q/jobs-}}]}
              scheduler:
                clients: 2
                arrivals: {rate: 50/s}
                do: [{enqueue: {queue: /q/tasks-, delay: {uniform: {min: 5ms, max: 20ms}}}}]
              tasker: {clients: 2, pipeline: 16, do: [{take: {queue: /q/tasks-}}]}
              contender: {clients: 6, do: [{lock: {path: /locks/l-, hold: 1ms}}]}
              publisher: {clients: 2, arrivals: {rate: 40/s}, do: [{publish: {topic: /topics/t-, keep: 20}}]}
              subscriber: {clients: 3, pipeline: 8, do: [{subscribe: {topic: /topics/t-}}]}
            phases: [{name: steady, for: 2s}]
            check: [no_loss, no_duplicates, mutual_exclusion, not_early]
            """)
        #expect(ended.end == .exited(code: 0), "\(ended.text)")
        #expect(ended.text.contains("mutual_exclusion: ok, no lock was held by two clients at once"), "\(ended.text)")
        #expect(ended.text.contains("not_early: ok") && ended.text.contains("no_duplicates: ok"))
        #expect(ended.text.contains("all 300 acknowledged items were taken"))
        #expect(ended.text.contains("each of 80 acknowledged messages reached each of 3 subscribers"))
        #expect(ended.text.contains("all 50 znodes that were set hold their last acknowledged set"))
        #expect(ended.text.contains("sessions: 23 opened, 0 connections lost"))
    }

    /// Names that two generators both made would be refused, and the check of what was accepted would say so.
    @Test func whatSeveralCreateHasNamesOfItsOwn() throws {
        let ended = try load(
            "3",
            """
            apiVersion: quorate/v1
            name: churn
            data: {tree: [{path: /c/part-, count: 8, size: 10B}, {path: /c/churn}, {path: /c/own}]}
            roles:
              mixer:
                clients: 7
                pipeline: 8
                mix:
                  - {create: {under: /c/part-, name_length: {min: 8, max: 12}}, weight: 4}
                  - {delete: {under: /c/part-}, weight: 2}
                  - multi:
                      size: {min: 2, max: 4}
                      ops:
                        - {create: {under: /c/churn, name_length: {min: 8, max: 8}}, weight: 1}
                        - {set: {path: /c/part-}, weight: 1}
                    weight: 2
                  - {get: {path: /c/part-}, weight: 2}
              maker: {clients: 4, do: [{create: {path: /c/own/n-}}, {delete: {path: /c/own/n-}}]}
            phases: [{name: steady, for: 2s}, {name: again, for: 1s, reconnect: true}]
            check: [no_loss]
            """)
        #expect(ended.end == .exited(code: 0), "\(ended.text)")
        #expect(ended.text.contains("no request was refused"), "\(ended.text)")
        #expect(ended.text.contains(/generators at \d+ \+ \d+ \+ \d+ % of a core/), "\(ended.text)")
    }

    /// As a warm-up does: what one load leaves behind, a descriptor or a thread, must not be in the way of the next. Over TLS,
    /// whose files every generator reads for itself.
    @Test(.timeLimit(.minutes(2))) func oneLoadAfterTheOther() throws {
        try RealEnsemble.with(1, clients: .secure) { ensemble in
            let workload = try Workload(
                text: """
                    apiVersion: quorate/v1
                    name: short
                    data: {tree: [{path: /short/znode-, count: 20}]}
                    roles: {writer: {clients: 4, pipeline: 8, do: [{set: {path: /short/znode-}}]}}
                    phases: [{name: steady, for: 100ms}]
                    check: [no_loss]
                    """, file: "short.yaml")
            var options = LoadOptions()
            options.tls = TargetTLS(authority: try #require(ensemble.order.clientTLS?.files).authority)
            let shared = try SharedLoad(
                workload: workload, hosts: ensemble.secureHosts, options: options, generators: 2,
                program: RealEnsemble.product("quorate"))
            for _ in 0..<20 {
                let report = try shared.run()
                #expect(report.allChecksPassed, "\(report.summary)")
                #expect(report.generator.processes == 2 && report.handshakes?.done == 5, "\(report.summary)")
            }
        }
    }
}
