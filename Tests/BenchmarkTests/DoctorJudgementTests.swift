// What an examination makes of what it has seen: which line is missed by which figure, and the sentence that tells it.

import Benchmark
import Results
import Statistics
import Testing

@Suite struct DoctorJudgementTests {
    // MARK: disks

    /// A hundred flushes, of which so many are slow.
    private func flushes(_ usual: UInt64, slow: UInt64 = 0, _ count: UInt64 = 0) -> FsyncCeiling {
        var histogram = LatencyHistogram()
        histogram.record(usual, count: 100 - count)
        histogram.record(slow, count: count)
        return FsyncCeiling(bytes: 4_096, flushesPerSecond: 1e9 / Double(usual), latency: LatencyFigures(histogram)!)
    }

    private func place(
        kind: String = "ext4", options: String = "rw,relatime", inMemory: Bool = false, free: UInt64 = 50 << 30
    ) -> ResultFilesystem {
        ResultFilesystem(kind: kind, device: "/dev/sda1", options: options, inMemory: inMemory, availableBytes: free)
    }

    private func judged(
        alone: FsyncCeiling, beside: FsyncCeiling? = nil, rate: Double = 32 * 1_048_576, _ place: ResultFilesystem? = nil,
        heavy: Bool = false
    ) -> [DoctorFinding] {
        let disk = DoctorDisk(path: "/data", alone: alone, besideWriter: beside ?? alone, writerBytesPerSecond: rate)
        return DiskJudgement.findings(disk, path: "/data", place ?? self.place(), isForHeavyLoad: heavy)
    }

    private func missed(_ findings: [DoctorFinding]) -> [String] { findings.filter { $0.state == .missed }.map(\.name) }
    private func minds(_ findings: [DoctorFinding]) -> [String] { findings.filter { $0.state == .mind }.map(\.name) }

    @Test func aQuickDiskKeepsAllLines() {
        let findings = judged(alone: flushes(500_000), beside: flushes(900_000))
        #expect(missed(findings).isEmpty && minds(findings).isEmpty)
        let summary = DoctorSummary(findings)
        #expect(summary.verdict == .healthy && summary.verdict.exitCode == 0)
        #expect(summary.sentence == "healthy: all 6 lines are kept")
    }

    @Test func theTailIsHeldToTenMilliseconds() {
        #expect(missed(judged(alone: flushes(500_000, slow: 9_900_000, 2))).isEmpty)
        let findings = judged(alone: flushes(500_000), beside: flushes(500_000, slow: 31_000_000, 2))
        #expect(missed(findings) == ["flush beside a snapshot, p99"])
        let summary = DoctorSummary(findings)
        #expect(summary.verdict.exitCode == 3)
        #expect(
            summary.sentence.hasPrefix(
                "not fit: disk: flush beside a snapshot, p99 31.0 ms, held to ≤ 10 ms; give the log a faster"),
            "\(summary.sentence)")
    }

    @Test func oneSlowFlushInAHundredIsNoTail() {
        #expect(missed(judged(alone: flushes(500_000, slow: 900_000_000, 1))).isEmpty)
    }

    @Test func theMiddleCountsForHeavyLoadsOnly() {
        let slow = flushes(3_000_000)
        #expect(missed(judged(alone: slow)).isEmpty)
        #expect(minds(judged(alone: slow)) == ["flush alone, p50", "flush beside a snapshot, p50"])
        #expect(missed(judged(alone: slow, heavy: true)) == ["flush alone, p50", "flush beside a snapshot, p50"])
    }

    @Test func whatIsNotFlushedIsNoResult() {
        let findings = DiskJudgement.findings(
            nil, path: "/dev/shm", place(kind: "tmpfs", inMemory: true), isForHeavyLoad: false)
        #expect(missed(findings) == ["lies in memory"])
        #expect(DoctorSummary(findings).sentence.contains("nothing is flushed there, so flush times are no result"))
        #expect(!findings.contains { $0.name.hasPrefix("flush") })
        #expect(missed(judged(alone: flushes(4_000))) == ["a flush"], "faster than anything that is durable")
        #expect(missed(judged(alone: flushes(500_000), place(options: "rw,nobarrier"))) == ["a flush"])
        #expect(missed(judged(alone: flushes(500_000), place(kind: "overlay", options: "rw,volatile"))) == ["a flush"])
        #expect(minds(judged(alone: flushes(500_000), place(kind: "nfs4"))) == ["lies on the network"])
    }

    @Test func littleRoomAndASlowWriterAreSeen() {
        #expect(missed(judged(alone: flushes(500_000), place(free: 1_073_741_823))) == ["free"])
        #expect(minds(judged(alone: flushes(500_000), rate: 20 * 1_048_576)) == ["snapshot written at"])
    }

    // MARK: the machine

    private func machine(late: UInt64 = 100_000, worst: UInt64 = 1_000_000) -> MachineFacts {
        var facts = MachineFacts(cpus: 4, descriptors: 65_536)
        var histogram = LatencyHistogram()
        histogram.record(late, count: 990)
        histogram.record(worst, count: 9)
        facts.hiccups = histogram
        (facts.stolenShare, facts.clockSource) = (0.01, "tsc")
        return facts
    }

    @Test func aMachineThatStandsStillIsSeen() {
        #expect(missed(MachineJudgement.findings(machine())).isEmpty && minds(MachineJudgement.findings(machine())).isEmpty)
        #expect(missed(MachineJudgement.findings(machine(worst: 600_000_000))) == ["woken late, max"])
        #expect(missed(MachineJudgement.findings(machine(late: 11_000_000, worst: 20_000_000))) == ["woken late, p99"])
        var robbed = machine()
        robbed.stolenShare = 0.2
        #expect(missed(MachineJudgement.findings(robbed)) == ["taken by the host"])
    }

    @Test func whatTheMachineDoesNotTellIsNotGuessed() {
        let findings = MachineJudgement.findings(MachineFacts(cpus: 4, descriptors: 65_536))
        let unknown = findings.filter { $0.state == .unknown }.map(\.name)
        #expect(unknown == ["taken by the host", "woken late", "clock source"])
        #expect(DoctorSummary(findings).sentence == "healthy: the one line is kept; 3 could not be learnt")
    }

    @Test func slowClocksAndFewDescriptorsAreToBeMinded() {
        var facts = machine()
        facts.clockSource = "hpet"
        facts.descriptors = 4_095
        #expect(minds(MachineJudgement.findings(facts)) == ["clock source", "open files"])
        #expect(DoctorSummary(MachineJudgement.findings(facts)).verdict == .healthy)
    }

    // MARK: servers

    private func server(
        _ name: String, _ role: String, zxid: String = "0x500000010", outstanding: Int = 0, latency: String = "0/0.5/12",
        monitor: [String: String] = [:]
    ) -> ServerFacts {
        var facts = ServerFacts(name: name)
        facts.serverText = """
            Zookeeper version: 3.8.0-abc, built on 2022-02-25 08:49 UTC
            Latency min/avg/max: \(latency)
            Received: 5
            Sent: 4
            Connections: 1
            Outstanding: \(outstanding)
            Zxid: \(zxid)
            Mode: \(role)
            Node count: 5

            """
        facts.monitor = monitor
        return facts
    }

    private func ensemble(synced: Int) -> [ServerFacts] {
        let told = ["synced_followers": "\(synced)", "quorum_size": "3", "open_file_descriptor_count": "70"]
        return [
            server("a:1", "follower"),
            server("b:1", "leader", monitor: told.merging(["max_file_descriptor_count": "1024"]) { $1 }),
            server("c:1", "follower"),
        ]
    }

    @Test func aWholeEnsembleIsWell() {
        let findings = EnsembleJudgement.findings(ensemble(synced: 2))
        #expect(missed(findings).isEmpty)
        #expect(findings.contains(DoctorFinding("ensemble", "leaders", "1", line: "1", .kept)))
        #expect(findings.contains { $0.name == "followers in step" && $0.measured == "2 of 2" && $0.state == .kept })
        #expect(ensemble(synced: 2).flatMap(ServerJudgement.findings).allSatisfy { $0.state != .missed })
    }

    @Test func aMissingFollowerAndTwoLeadersAreSeen() {
        #expect(missed(EnsembleJudgement.findings(ensemble(synced: 1))) == ["followers in step"])
        #expect(missed(EnsembleJudgement.findings([server("a:1", "leader"), server("b:1", "leader")])) == ["leaders"])
    }

    @Test func whatIsNotAllowedIsSaid() {
        let findings = EnsembleJudgement.findings([server("a:1", "leader"), server("b:1", "follower")])
        let step = findings.first { $0.name == "followers in step" }
        #expect(step?.state == .unknown && step?.measured.contains("4lw.commands.whitelist") == true)
        let single = ServerJudgement.findings(server("a:1", "leader"))
        #expect(
            single.filter { $0.state == .unknown }.map(\.name) == ["watches", "data", "sessions", "open files"], "\(single)")
        #expect(single.first { $0.name == "znodes" }?.measured == "5", "srvr tells that")
    }

    @Test func onlyFollowersAreNoReasonToDespair() {
        let findings = EnsembleJudgement.findings([server("a:1", "follower"), server("b:1", "follower")])
        #expect(missed(findings).isEmpty)
        #expect(findings.first?.state == .unknown && findings.first?.measured.contains("not among those named") == true)
    }

    @Test func aServersFiguresAreHeldToTheirLines() {
        #expect(missed(ServerJudgement.findings(server("a:1", "leader", outstanding: 1_000))) == ["outstanding requests"])
        #expect(missed(ServerJudgement.findings(server("a:1", "leader", latency: "0/100.5/900"))) == ["its own latency"])
        #expect(minds(ServerJudgement.findings(server("a:1", "leader", zxid: "0x5e0000000"))) == ["epoch's counter"])
        let open = ["open_file_descriptor_count": "900", "max_file_descriptor_count": "1024", "watch_count": "10001"]
        let findings = ServerJudgement.findings(server("a:1", "leader", monitor: open))
        #expect(missed(findings) == ["open files"] && minds(findings) == ["watches"])
        let counter = findings.first { $0.name == "epoch's counter" }
        #expect(counter?.measured == "0.0 % used, epoch 5")
    }

    @Test func aServerThatDoesNotServeIsToldApart() {
        var silent = ServerFacts(name: "a:1")
        silent.serverText = "This ZooKeeper instance is not currently serving requests\n"
        silent.sessionTrouble = "the server at a:1 can't be asked: it ended the connection"
        #expect(missed(ServerJudgement.findings(silent)) == ["serves"])
        var refusing = ServerFacts(name: "a:1")
        refusing.serverText = "srvr is not executed because it is not in the whitelist.\n"
        #expect(missed(ServerJudgement.findings(refusing)).isEmpty)
        #expect(ServerJudgement.findings(refusing).first?.measured.contains("srvr is not allowed") == true)
    }

    @Test func onlyIfNobodyAnswersItIsUnreachable() {
        var gone = ServerFacts(name: "a:1")
        gone.trouble = "the server at a:1 can't be asked: Connection refused"
        let one = [gone, server("b:1", "leader")]
        #expect(EnsembleJudgement.unreachable(one) == nil)
        #expect(missed(one.flatMap(ServerJudgement.findings)) == ["answers"])
        let reason = EnsembleJudgement.unreachable([gone, gone])
        let summary = DoctorSummary([], unreachable: reason)
        #expect(summary.verdict.exitCode == 2)
        #expect(
            summary.sentence
                == "unreachable: the server at a:1 can't be asked: Connection refused, and none of the 2 that are named "
                + "answers; start them, or name others with --target")
    }

    // MARK: classes

    private func carried(share: Double = 1, p99: UInt64 = 5_000_000, slowest: UInt64 = 20_000_000) -> ClassFacts {
        var facts = ClassFacts(
            members: 3, isOnThisMachine: true, answeredPerSecond: 1_000 * share, answeredShare: share, failedShare: 0)
        (facts.p99, facts.slowest) = (p99, slowest)
        return facts
    }

    @Test func aClassIsHeldToRateAndTimes() {
        #expect(missed(ClassJudgement.findings(carried(), .m)).isEmpty)
        #expect(missed(ClassJudgement.findings(carried(share: 0.98), .m)) == ["answered"])
        #expect(missed(ClassJudgement.findings(carried(p99: 101_000_000, slowest: 102_000_000), .m)) == ["response, p99"])
        #expect(missed(ClassJudgement.findings(carried(slowest: 501_000_000), .m)) == ["response, slowest"])
    }

    @Test func aLateGeneratorProvesNothing() {
        var facts = carried(share: 0.5)
        facts.isGeneratorsDoing = true
        let summary = DoctorSummary(ClassJudgement.findings(facts, .xl))
        #expect(summary.verdict == .undecided && summary.verdict.exitCode == 2)
        #expect(
            summary.sentence.hasPrefix("undecided: class xl: answered 50 %, 500/s, held to ≥ 99 %; the load generator was"))
        facts = carried()
        facts.isGeneratorsDoing = true
        #expect(DoctorSummary(ClassJudgement.findings(facts, .s)).verdict == .healthy, "what holds in spite of it holds")
        facts.broken = "check no_loss: 1 is missing"
        #expect(DoctorSummary(ClassJudgement.findings(facts, .s)).verdict == .notFit)
    }

    @Test func theClassesAreThoseOfOthers() {
        #expect(LoadClass.allCases.map(\.writesPerSecond) == [150, 1_000, 8_000, 15_000])
        #expect(LoadClass.allCases.map(\.clients) == [50, 200, 500, 1_000])
    }
}
