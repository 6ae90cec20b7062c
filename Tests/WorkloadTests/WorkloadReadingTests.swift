// Tests of reading a workload: the shipped files, the meaning of each key, defaults, overrides, and the resolved text.

import Foundation
import Testing
import Workload

import enum Workload.Operation

/// A small valid workload that tests vary by replacing a piece of text.
let smallWorkload = """
    apiVersion: quorate/v1
    name: small
    seed: 7
    data:
      tree:
        - {path: /q/jobs-, count: 2}
        - {path: /pool-, count: 10, size: 100B}
    payload: {size: 1KiB}
    roles:
      producer: {clients: 2, pipeline: 16, arrivals: {rate: 90/m}, do: [{enqueue: {queue: /q/jobs-, max_backlog: 50}}]}
      worker: {clients: 2, do: [{take: {queue: /q/jobs-}}]}
      writer: {clients: 3, do: [{set: {path: /pool-}}, {get: {path: /pool-}}]}
    phases:
      - {name: warm, for: 500ms, record: false, rate_scale: 0.5}
      - {name: steady, for: 2m, roles: [writer, producer]}
    check: [no_loss, no_duplicates, fifo_per_producer, replicas_agree]
    """

private let second: UInt64 = 1_000_000_000

func read(_ text: String, _ overrides: [String] = []) throws -> Workload {
    try Workload(text: text, file: "small.yaml", overrides: overrides)
}

@Suite struct WorkloadReadingTests {
    private static var workloadsDirectory: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("workloads").path
    }

    @Test(arguments: ["task-dispatch", "write-only"])
    func theShippedFilesAreValid(name: String) throws {
        let workload = try Workload(file: "\(Self.workloadsDirectory)/\(name).yaml")
        #expect(workload.name == name)
        #expect(workload.phases.contains { $0.name == "paced" && $0.isRecorded })
        #expect(workload.checks.contains(.noLoss) && workload.checks.contains(.replicasAgree))
    }

    @Test func everyShippedFileIsValid() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.workloadsDirectory).filter { $0.hasSuffix(".yaml") }
        #expect(files.count >= 2)
        for file in files {
            let workload = try Workload(file: "\(Self.workloadsDirectory)/\(file)")
            // As a generator that has a share of the load gets it.
            #expect(try JSONDecoder().decode(Workload.self, from: JSONEncoder().encode(workload)) == workload)
        }
    }

    @Test func theExampleOfTheDocumentIsValid() throws {
        let text = try String(contentsOfFile: "\(Self.workloadsDirectory)/README.md", encoding: .utf8)
        let block = try #require(
            text.components(separatedBy: "```yaml\n").dropFirst().first?.components(separatedBy: "```").first)
        let workload = try Workload(
            text: block, file: "README.md",
            overrides: [
                "roles.producer.clients=2", "phases.steady.for=30s", "data.tree./config.size=1KiB",
                "roles.producer.arrivals={rate: 2000/s}",
            ])
        #expect(workload.roles[0].clients == 2 && workload.tree[1].size == 1_024)
        #expect(workload.roles[0].arrivals == .rate(perSecond: 2_000) && workload.phases[1].nanoseconds == 30_000_000_000)
    }

    @Test func writeOnlyKeepsSixtyFourTimesSixtyFourInFlight() throws {
        let workload = try Workload(file: "\(Self.workloadsDirectory)/write-only.yaml")
        let writer = try #require(workload.role(named: "writer"))
        #expect(writer.clients == 64 && writer.pipeline == 64 && writer.arrivals == .closed)
        #expect(workload.payload == .constant(100))
        let pacer = try #require(workload.role(named: "pacer"))
        #expect(pacer.arrivals == .rate(perSecond: 500))
    }

    @Test func everyKeyHasItsMeaning() throws {
        let workload = try read(smallWorkload)
        #expect(workload.seed == 7)
        #expect(workload.target == Target(connect: [], sessionTimeoutMilliseconds: 10_000))
        #expect(
            workload.tree == [TreeEntry(path: "/q/jobs-", count: 2, size: 0), TreeEntry(path: "/pool-", count: 10, size: 100)])
        #expect(workload.payload == .constant(1_024))
        #expect(workload.roles.map(\.name) == ["producer", "worker", "writer"])
        #expect(workload.roles[0].arrivals == .rate(perSecond: 1.5))
        #expect(workload.roles[0].operations == [.enqueue(queue: 0, maxBacklog: 50)])
        #expect(workload.roles[0].isProducer && !workload.roles[0].isWorker)
        #expect(workload.roles[1].pipeline == 1 && workload.roles[1].operations == [.take(queue: 0)])
        #expect(workload.roles[2].operations == [.set(pool: 1), .get(pool: 1)])
        #expect(
            workload.phases[0]
                == Phase(name: "warm", nanoseconds: 500_000_000, isRecorded: false, roles: [0, 1, 2], rateScale: 0.5))
        #expect(
            workload.phases[1]
                == Phase(name: "steady", nanoseconds: 120_000_000_000, isRecorded: true, roles: [2, 0], rateScale: 1))
        #expect(workload.checks == [.noLoss, .noDuplicates, .fifoPerProducer, .replicasAgree])
        #expect(workload.hasQueues)
    }

    @Test func aTargetMayBeReachedByTLSAndAPhaseMayCutConnections() throws {
        let off = try read(smallWorkload.replacing("seed: 7", with: "target: {tls: off}"))
        #expect(off.target.tls == nil && !off.phases[0].reconnects)
        let text = smallWorkload.replacing("seed: 7", with: "target: {tls: {ca: ca.pem, cert: c.pem, key: k.pem}}")
        let workload = try read(text.replacing("for: 500ms,", with: "for: 500ms, reconnect: true,"))
        #expect(workload.target.tls == TargetTLS(authority: "ca.pem", certificate: "c.pem", key: "k.pem"))
        #expect(workload.phases.map(\.reconnects) == [true, false])
    }

    @Test(arguments: [
        (
            "{burst: {rate: 500/s, on: 1s, off: 3s}}",
            Arrivals.shaped(.burst(perSecond: 500, on: second, off: 3 * second), isPoisson: false)
        ),
        ("{ramp: {from: 0/s, to: 60/m}, poisson: true}", .shaped(.ramp(from: 0, to: 1), isPoisson: true)),
        (
            "{steps: {from: 1000/s, by: 500/s, every: 5s}, poisson: false}",
            .shaped(.stairs(from: 1_000, by: 500, every: 5 * second), isPoisson: false)
        ),
        (
            "{steps: [{rate: 10/s, for: 1s}, {rate: 0/s, for: 2s}, {rate: 5/s}]}",
            .shaped(
                .steps([
                    RateStep(perSecond: 10, nanoseconds: second), RateStep(perSecond: 0, nanoseconds: 2 * second),
                    RateStep(perSecond: 5),
                ]), isPoisson: false)
        ),
    ])
    func aRateMayChangeOverThePhase(text: String, arrivals: Arrivals) throws {
        let workload = try read(smallWorkload.replacing("{rate: 90/m}", with: text))
        #expect(workload.roles[0].arrivals == arrivals && arrivals.perSecond == nil)
        #expect(try JSONDecoder().decode(Workload.self, from: JSONEncoder().encode(workload)) == workload)
        // a ramp is as long as its phase, the others have lengths of their own
        #expect(workload.phases.allSatisfy { workload.keepsItsLength($0) } == !text.contains("ramp"))
        #expect(try !read(smallWorkload).phases.contains { try read(smallWorkload).keepsItsLength($0) })
    }

    @Test func aPickSaysWhichZnodes() throws {
        let text = smallWorkload.replacing(
            "[{set: {path: /pool-}}, {get: {path: /pool-}}]",
            with: "[{set: {path: /pool-, pick: {zipf: 1.1}}}, {get: {path: /pool-, pick: uniform}}, "
                + "{exists: {path: /pool-, pick: {hotset: {share: 0.2, of_requests: 0.9}}}}, "
                + "{list: {path: /pool-, pick: {zipf: 2}}}]"
        )
        let hotset = Pick.hotset(share: 0.2, ofRequests: 0.9)
        #expect(
            try read(text).roles[2].operations == [
                .set(pool: 1, pick: .zipf(exponent: 1.1)), .get(pool: 1), .exists(pool: 1, pick: hotset),
                .list(pool: 1, pick: .zipf(exponent: 2)),
            ])
        #expect(hotset.hotCount(of: 10) == 2 && hotset.hotCount(of: 2) == 1 && hotset.hotCount(of: 1_000_000) == 200_000)
        let error = try #require(throws: WorkloadError.self) { try read(text, ["data.tree./pool-.count=1"]) }
        #expect(error.description.contains("chooses among several znodes, and '/pool-' is one; raise its 'count' or drop it"))
    }

    @Test func aPhaseMayWaitForItsSteadyState() throws {
        let written = "{metric: response.p50, slope: 2%/10s, min: 5s, max: 60s}"
        let workload = try read(smallWorkload, ["phases.steady.steady=\(written)"])
        let steady = Steady(metric: .median, slope: 0.02, per: 10 * second, least: 5 * second, most: 60 * second)
        #expect(workload.phases.map(\.steady) == [nil, steady])
        let settling = workload.withSettling
        #expect(settling.phases.map(\.name) == ["warm", "steady (settling)", "steady"])
        #expect(settling.phases.map(\.steady) == [nil, steady, nil])
        #expect(settling.phases[1].nanoseconds == 60 * second && settling.phases[1].roles == [2, 0])
        #expect(settling.phases.map(\.isRecorded) == [false, false, true])
        #expect(throws: WorkloadError.self) {
            try read(smallWorkload, ["phases.steady.steady=\(written)", "roles.producer.arrivals={ramp: {from: 1/s, to: 2/s}}"])
        }
        #expect(throws: WorkloadError.self) {
            try read(smallWorkload, ["phases.steady.steady=\(written)", "faults=[{at: 1s, fault: kill, role: leader, for: 1s}]"])
        }
    }

    @Test func aClientMayThink() throws {
        func think(_ text: String) throws -> Think? {
            try read(smallWorkload.replacing("clients: 3, do", with: "clients: 3, think: \(text), do")).roles[2].think
        }
        #expect(try think("2ms") == .constant(2_000_000) && think("{const: 1s}") == .constant(1_000_000_000))
        #expect(try think("{exp: 250us}") == .exponential(mean: 250_000))
        #expect(try read(smallWorkload).roles.allSatisfy { $0.think == nil })
    }

    @Test func znodesOfAPoolHaveNamesOfOneLength() {
        let entry = TreeEntry(path: "/pool-", count: 5_000_000, size: 0)
        #expect(entry.znode(0) == "/pool-0000000")
        #expect(entry.znode(4_999_999) == "/pool-4999999")
        #expect(TreeEntry(path: "/one", count: 1, size: 0).znode(0) == "/one")
    }

    @Test func createModesAndDelete() throws {
        let text = smallWorkload.replacingOccurrences(
            of: "[{set: {path: /pool-}}, {get: {path: /pool-}}]",
            with:
                "[{create: {path: /made, mode: ephemeral_sequential}}, {delete: {path: /made}}, "
                + "{exists: {path: /pool-}}, {list: {path: /q/jobs-}}]")
        let operations = try read(text).roles[2].operations
        #expect(
            operations == [
                .create(path: "/made", mode: .ephemeralSequential), .delete(path: "/made"), .exists(pool: 1), .list(pool: 0),
            ])
    }

    @Test func aMultiHasPartsInOrderOrByWeight() throws {
        func multi(_ body: String) throws -> Operation {
            let get = "{get: {path: /pool-}}"
            return try read(smallWorkload.replacingOccurrences(of: get, with: "{multi: \(body)}")).roles[2].operations[1]
        }
        #expect(
            try multi("{ops: [{set: {path: /pool-}}, {create: {path: /a, mode: sequential}}, {check: {path: /pool-}}]}")
                == .multi(
                    Multi(parts: [.set(pool: 1), .create(path: "/a", mode: .sequential), .check(pool: 1)], size: 3...3)))
        #expect(
            try multi("{size: {min: 3, max: 7}, ops: [{set: {path: /pool-}, weight: 2}, {weight: 1, create: {under: /pool-}}]}")
                == .multi(
                    Multi(
                        parts: [.set(pool: 1), .createChild(parents: 1, nameLength: 10...10, mode: .persistent)],
                        weights: [2, 1],
                        size: 3...7)))
        #expect(
            try multi("{size: 4, ops: [{set: {path: /pool-}, weight: 1}]}")
                == .multi(Multi(parts: [.set(pool: 1)], weights: [1], size: 4...4)))
    }

    @Test func znodesAreCreatedAndRemovedUnderAPool() throws {
        let text = smallWorkload.replacingOccurrences(
            of: "[{set: {path: /pool-}}, {get: {path: /pool-}}]",
            with: "[{create: {under: /pool-, name_length: {min: 8, max: 16}, mode: ephemeral}}, {delete: {under: /pool-}}]")
        let operations = try read(text).roles[2].operations
        #expect(
            operations == [.createChild(parents: 1, nameLength: 8...16, mode: .ephemeral), .deleteChild(parents: 1)])
        #expect(operations[1].creation(in: operations) == 0)
    }

    /// Every shipped file has its row in the table of workloads, and says in its head what it stands for and what it checks.
    @Test func everyShippedFileIsDescribed() throws {
        let readme = try String(contentsOfFile: "\(Self.workloadsDirectory)/README.md", encoding: .utf8)
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.workloadsDirectory).filter { $0.hasSuffix(".yaml") }
        for file in files {
            let rows = readme.components(separatedBy: "\n").filter { $0.hasPrefix("| `\(file)` |") }
            #expect(rows.count == 1, "\(file) has one row in workloads/README.md")
            #expect(rows.first?.components(separatedBy: " | ").count == 6, "\(file): setting, meaning, source and check")
            let head = try String(contentsOfFile: "\(Self.workloadsDirectory)/\(file)", encoding: .utf8)
                .components(separatedBy: "apiVersion:")[0]
            for part in ["Stands for", "Check:", "numbers come from"] { #expect(head.contains(part), "\(file): '\(part)'") }
        }
    }

    @Test func aMixHasWeights() throws {
        let text = smallWorkload.replacingOccurrences(
            of: "do: [{set: {path: /pool-}}, {get: {path: /pool-}}]",
            with: "mix: [{set: {path: /pool-}, weight: 9}, {weight: 38, get: {path: /pool-}}]")
        let role = try read(text).roles[2]
        #expect(role.operations == [.set(pool: 1), .get(pool: 1)] && role.weights == [9, 38])
        #expect(try read(smallWorkload).roles[2].weights.isEmpty)
    }

    @Test func aLockIsOneOfAPoolAndHeldForATime() throws {
        let text = smallWorkload.replacingOccurrences(
            of: "[{set: {path: /pool-}}, {get: {path: /pool-}}]", with: "[{lock: {path: /pool-, hold: 5ms, via: recipe}}]"
        ).replacingOccurrences(of: "[no_loss,", with: "[mutual_exclusion, no_loss,")
        let workload = try read(text)
        #expect(workload.roles[2].operations == [.lock(locks: 1, hold: 5_000_000)] && workload.roles[2].isLocker)
        #expect(workload.checks.first == .mutualExclusion)
        let short = try read(text.replacingOccurrences(of: ", hold: 5ms, via: recipe", with: ""))
        #expect(short.roles[2].operations == [.lock(locks: 1, hold: 0)])
    }

    @Test func messagesArePublishedAndSubscribedTo() throws {
        let text = smallWorkload.replacingOccurrences(
            of: "{enqueue: {queue: /q/jobs-, max_backlog: 50}}", with: "{publish: {topic: /q/jobs-, keep: 20, via: recipe}}"
        ).replacingOccurrences(of: "{take: {queue: /q/jobs-}}", with: "{subscribe: {topic: /q/jobs-}}")
        let workload = try read(text)
        #expect(workload.roles[0].operations == [.publish(topics: 0, keep: 20, maxBacklog: nil)])
        #expect(workload.roles[1].operations == [.subscribe(topics: 0)])
        #expect(workload.roles[0].isPublisher && workload.roles[1].isSubscriber && workload.hasTopics && !workload.hasQueues)
        let held = try read(text.replacingOccurrences(of: "keep: 20", with: "keep: 20, max_backlog: 5"))
        #expect(held.roles[0].operations == [.publish(topics: 0, keep: 20, maxBacklog: 5)])
    }

    @Test func tasksHavePrioritiesAndDelays() throws {
        func tasks(_ keys: String) throws -> Workload {
            try read(
                smallWorkload.replacingOccurrences(of: "max_backlog: 50", with: keys)
                    .replacingOccurrences(of: "fifo_per_producer, ", with: ""))
        }
        let workload = try tasks("priority: {list: [{value: 1, weight: 1}, {value: 3, weight: 2}]}, delay: {const: 5ms}")
        #expect(
            workload.roles[0].operations == [
                .schedule(queue: 0, maxBacklog: nil, priorities: [1, 3, 3], delays: [5_000_000])
            ])
        #expect(workload.roles[0].isProducer && workload.hasQueues && workload.priorities(ofQueue: 0) == [1, 3])
        #expect(workload.isScheduled(queue: 0) && !workload.isScheduled(queue: 1))
        #expect(
            try tasks("max_backlog: 9, priority: {const: 7}").roles[0].operations == [
                .schedule(queue: 0, maxBacklog: 9, priorities: [7], delays: [0])
            ])
        func delays(_ text: String) throws -> [UInt64] {
            guard case .schedule(_, _, [100], let delays) = try tasks("delay: \(text)").roles[0].operations[0] else { return [] }
            return delays
        }
        let uniform = try delays("{uniform: {min: 0ms, max: 100ms}}")
        #expect(uniform.count == 256 && abs(Int(uniform[127]) - 50_000_000) < 400_000)
        let exponential = try delays("{exp: {mean: 100ms, max: 300ms}}")
        #expect(abs(Int(exponential[127]) - 69_300_000) < 1_000_000 && exponential[255] == 300_000_000)
        let shared = try delays("{const: 10ms, share: 0.25}")
        #expect(shared.count { $0 == 10_000_000 } * 3 == shared.count { $0 == 0 })
        #expect(try delays("{list: [1ms, {value: 2ms, weight: 2}]}") == [1_000_000, 2_000_000, 2_000_000])
    }

    @Test func arrivalsMayBeAPoissonProcess() throws {
        let text = smallWorkload.replacingOccurrences(of: "{rate: 90/m}", with: "{poisson: 2000/s}")
        #expect(try read(text).roles[0].arrivals == .poisson(perSecond: 2_000))
    }

    private func sizes(_ distribution: String) throws -> [Int] {
        let text = smallWorkload.replacingOccurrences(of: "{size: 1KiB}", with: "{size: \(distribution)}")
            .replacingOccurrences(of: "{enqueue: {queue: /q/jobs-, max_backlog: 50}}", with: "{create: {path: /made}}")
        guard case .list(let sizes) = try read(text).payload else { return [] }
        return sizes.sorted()
    }

    @Test func aDistributionBecomesSizesOfEqualChance() throws {
        #expect(try sizes("{uniform: {min: 40B, max: 49B}}") == Array(40...49))
        let wide = try sizes("{uniform: {min: 1KB, max: 9KB}}")
        #expect(wide.count == 256 && abs(wide.reduce(0, +) / 256 - 5_000) < 20 && wide[0] >= 1_000 && wide[255] <= 9_000)
        let exponential = try sizes("{exp: {mean: 1KB}}")
        #expect(abs(Double(exponential.reduce(0, +)) / 256 - 1_000) < 10)
        #expect(abs(exponential[127] - 693) < 10, "the median is ln 2 times the mean")
        let cut = try sizes("{exp: {mean: 1KB, min: 40B, max: 2KB}}")
        #expect(cut[0] == 40 && cut[255] == 2_000)
        let lognormal = try sizes("{lognormal: {median: 400B, p99: 4KiB, max: 64KiB}}")
        #expect(abs(lognormal[127] - 400) < 8 && lognormal[252] < 4_096 && lognormal[254] > 4_096)
        #expect(try sizes("{list: [{size: 50B, weight: 3}, 100B]}") == [50, 50, 50, 100])
    }

    @Test func sizesMayBeAList() throws {
        let text = smallWorkload.replacingOccurrences(of: "{size: 1KiB}", with: "{size: {list: [100B, 2KiB]}}")
        #expect(try read(text).payload == .list([100, 2_048]))
        #expect(try read(smallWorkload.replacingOccurrences(of: "payload: {size: 1KiB}\n", with: "")).payload == .constant(100))
    }

    @Test func overridesReachEveryKindOfPlace() throws {
        let workload = try read(
            smallWorkload,
            [
                "roles.producer.clients=9", "phases.steady.for=3s", "phases.0.rate_scale=1", "data.tree./pool-.count=77",
                "roles.producer.arrivals=closed", "payload.size={list: [64B, 1KB]}", "target.session_timeout=4s",
                "check=[no_loss]", "seed=42",
            ])
        #expect(workload.roles[0].clients == 9 && workload.roles[0].arrivals == .closed)
        #expect(workload.phases[1].nanoseconds == 3_000_000_000 && workload.phases[0].rateScale == 1)
        #expect(workload.tree[1].count == 77 && workload.payload == .list([64, 1_000]))
        #expect(workload.target.sessionTimeoutMilliseconds == 4_000 && workload.checks == [.noLoss] && workload.seed == 42)
    }

    @Test func theResolvedTextIsTheSameWorkloadAgain() throws {
        let workload = try read(smallWorkload, ["roles.producer.pipeline=3", "name=other"])
        let again = try read(workload.resolved)
        #expect(again == workload)
        #expect(again.resolved == workload.resolved)
        #expect(again.roles[0].pipeline == 3 && again.name == "other")
    }

    @Test(
        arguments: [
            ("10s", 10_000_000_000), ("500ms", 500_000_000), ("2m", 120_000_000_000), ("1.5s", 1_500_000_000), ("7us", 7_000),
            ("1h", 3_600_000_000_000),
        ] as [(String, UInt64)])
    func durations(text: String, nanoseconds: UInt64) {
        #expect(parseDuration(text) == nanoseconds)
    }

    @Test(arguments: ["", "10", "s", "-1s", "1 fortnight", "1e3s", "25h", "1..5s", "nan"])
    func notDurations(text: String) {
        #expect(parseDuration(text) == nil)
    }
}
