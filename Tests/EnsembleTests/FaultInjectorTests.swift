// Faults on real members, by their effects on these: whom they strike, that they are taken back, and that the others go on.

import Ensemble
import Foundation
import Glibc
import Testing
import Transport
import Workload

@Suite(.serialized) struct FaultInjectorTests {
    private func order(_ place: TestPlace, nodes: Int) throws -> EnsembleOrder {
        var order = EnsembleOrder(
            nodes: nodes, directory: place.path, logDirectory: place.path, command: .quorate(program: try TestPlace.quorate()),
            settings: [("tickTime", "500"), ("quorate.segmentMb", "1")],
            tls: nodes > 1 ? try MemberTLS.make(directory: "\(place.path)/certificates") : nil)
        order.hasLinkFaults = true
        order.diskFaults = try FlushLibrary(besideProgram: try TestPlace.quorate())
        return order
    }

    /// Asks a member for a session, which is a write; true if it is answered in time.
    @discardableResult
    private func openSession(_ member: Member, milliseconds: Int32 = 3_000) -> Bool {
        guard let end = SocketEnd.connect(to: member.ports.client) else { return false }
        let zeros = [UInt8](repeating: 0, count: 12)
        // Version and zxid; a time-out of 3 s; a new session and no password.
        let body = zeros + [0, 0, 0x0b, 0xb8] + zeros
        end.say([0, 0, 0, UInt8(body.count)] + body)
        if case .bytes = end.hear(milliseconds: milliseconds) { return true }
        return false
    }

    private func leader(_ ensemble: Ensemble) throws -> Member {
        #expect(eventually { ensemble.leader() != nil })
        return try #require(ensemble.leader())
    }

    /// Until its binding is committed a member can't take another's place.
    private func settle(_ ensemble: Ensemble) {
        #expect(eventually { ensemble.members.allSatisfy { $0.monitor()["zk_unbound_members"] == "0" } })
    }

    /// Three members that can all take each other's place.
    private func settled(_ place: TestPlace) throws -> (Ensemble, FaultInjector) {
        let ensemble = try Ensemble.start(try order(place, nodes: 3))
        settle(ensemble)
        return (ensemble, FaultInjector(ensemble))
    }

    @Test func aFailingFlushEndsTheMemberAndTheOthersGoOn() throws {
        let place = try TestPlace("faults")
        let (ensemble, injector) = try settled(place)
        defer { ensemble.stop() }
        let struck = try leader(ensemble)
        let number = try #require(try injector.begin(Fault(.failFlush, .leader)))
        #expect(injector.strikes[number].members == [struck.id])
        openSession(struck)
        #expect(struck.process?.waitForEnd(nanoseconds: 5_000_000_000) == .exited(code: 74))
        #expect(struck.logTail(lines: 20).contains("Input/output error"), "\(struck.logTail(lines: 20))")
        let others = ensemble.members.filter { $0.id != struck.id }
        #expect(eventually { openSession(others[0]) && openSession(others[1]) })
        #expect(ensemble.unexpectedEnds().isEmpty)
        try injector.end(number)
        #expect(eventually { openSession(struck) })
    }

    @Test func aFullDiskEndsTheMemberThatHasToWriteOn() throws {
        let place = try TestPlace("faults")
        let ensemble = try Ensemble.start(try order(place, nodes: 1))
        defer { ensemble.stop() }
        let injector = FaultInjector(ensemble)
        let number = try #require(try injector.begin(Fault(.fullDisk, .leader)))
        let member = ensemble.members[0]
        // What is laid out already can be written; then there is no room.
        var sessions = 0
        while member.isRunning, sessions < 5_000 {
            openSession(member)
            sessions += 1
        }
        #expect(member.process?.ended == .exited(code: 74) && sessions > 1)
        #expect(member.logTail(lines: 20).contains("No space left on device"), "\(member.logTail(lines: 20))")
        try injector.end(number)
        #expect(eventually { openSession(member) })
    }

    /// A file system of a few MiB in a namespace of the member's own, where this user may have one.
    private static let hasNamespaces: Bool = {
        let probe = ProcessCommand(program: "/usr/bin/unshare", arguments: ["-m", "mount", "-t", "tmpfs", "none", "/tmp"])
        let process = try? ChildProcess.start(probe, logFile: "/dev/null", on: SpawningThread())
        return process?.waitForEnd(nanoseconds: 5_000_000_000) == .exited(code: 0)
    }()

    @Test(.enabled(if: hasNamespaces, "no file system can be mounted in a namespace here"))
    func aSmallDiskThatIsFullEndsTheMember() throws {
        let place = try TestPlace("faults")
        let data = "\(place.path)/member-1/data"
        let mount = "mount -t tmpfs -o size=8m none \(data) && echo 1 >\(data)/myid"
        let line = "\(mount) && exec \(try TestPlace.quorate()) serve --config {config}"
        let order = EnsembleOrder(
            nodes: 1, directory: place.path, logDirectory: place.path,
            command: .other(ProcessCommand(program: "/usr/bin/unshare", arguments: ["-m", "/bin/sh", "-c", line])),
            settings: [("quorate.segmentMb", "1")])
        let ensemble = try Ensemble.start(order)
        defer { ensemble.stop() }
        let member = ensemble.members[0]
        var sessions = 0
        while member.isRunning, sessions < 10_000 {
            openSession(member)
            sessions += 1
        }
        #expect(member.process?.ended == .exited(code: 74) && sessions > 100, "after \(sessions)")
        #expect(member.logTail(lines: 20).contains("No space left on device"), "\(member.logTail(lines: 20))")
    }

    @Test func aFlushIsAsSlowAsIsSaidAtAnyTime() throws {
        let place = try TestPlace("faults")
        let ensemble = try Ensemble.start(try order(place, nodes: 1))
        defer { ensemble.stop() }
        let injector = FaultInjector(ensemble)
        func milliseconds() -> Double {
            let begin = ContinuousClock.now
            openSession(ensemble.members[0])
            return (ContinuousClock.now - begin) / .milliseconds(1)
        }
        openSession(ensemble.members[0])
        #expect(milliseconds() < 200)
        var fault = Fault(.slowFlush, .all)
        fault.delay = 300_000_000
        let number = try #require(try injector.begin(fault))
        #expect(milliseconds() >= 300)
        try injector.end(number)
        openSession(ensemble.members[0])
        #expect(milliseconds() < 200)
    }

    @Test func aLeaderThatIsCutOffIsReplacedAndComesBack() throws {
        let place = try TestPlace("faults")
        let (ensemble, injector) = try settled(place)
        defer { ensemble.stop() }
        let old = try leader(ensemble)
        let number = try #require(try injector.begin(Fault(.partition, .leader)))
        let others = ensemble.members.filter { $0.id != old.id }
        #expect(eventually { others.contains { $0.status()?.isLeading == true } })
        #expect(eventually { old.status() == nil }, "nobody follows it, so it serves nobody")
        try injector.end(number)
        #expect(eventually { old.status()?.role == .follower })
    }

    /// The others hear no end of their connections, only silence.
    @Test func aLeaderWithoutPowerIsMissedAfterItsSilence() throws {
        let place = try TestPlace("faults")
        let (ensemble, injector) = try settled(place)
        defer { ensemble.stop() }
        let old = try leader(ensemble)
        let others = ensemble.members.filter { $0.id != old.id }
        let begin = ContinuousClock.now
        let number = try #require(try injector.begin(Fault(.powerCut, .leader)))
        #expect(!old.isRunning)
        #expect(eventually { others.contains { $0.status()?.isLeading == true } })
        #expect(ContinuousClock.now - begin > .milliseconds(300), "an end of connections would be seen at once")
        try injector.end(number)
        #expect(eventually { old.status()?.role == .follower } && ensemble.unexpectedEnds().isEmpty)
    }

    /// Who can't be heard, and who can't hear, leads nobody for long.
    @Test(arguments: Fault.Direction.allCases) func aLeaderThatIsDeafOrMuteIsReplaced(direction: Fault.Direction) throws {
        let place = try TestPlace("faults")
        let (ensemble, injector) = try settled(place)
        defer { ensemble.stop() }
        let old = try leader(ensemble)
        var fault = Fault(.oneWay, .leader)
        fault.direction = direction
        let number = try #require(try injector.begin(fault))
        let others = ensemble.members.filter { $0.id != old.id }
        #expect(eventually { others.contains { $0.status()?.isLeading == true } })
        #expect(eventually { others.allSatisfy { openSession($0) } })
        try injector.end(number)
        #expect(eventually { old.status()?.role == .follower })
    }

    /// Records of TLS carry a checksum that nobody can make right by chance.
    @Test func membersNoticeChangedBytes() throws {
        let place = try TestPlace("faults")
        let ensemble = try Ensemble.start(try order(place, nodes: 2))
        defer { ensemble.stop() }
        let injector = FaultInjector(ensemble)
        let number = try #require(try injector.begin(Fault(.corrupt, .all)))
        func isNoticed() -> Bool {
            (1...2).contains { place.read("member-\($0).log").contains("bad record mac") }
        }
        #expect(eventually { isNoticed() }, "\(place.read("member-1.log").suffix(2_000))")
        try injector.end(number)
        #expect(eventually { ensemble.members.allSatisfy { openSession($0) } })
    }

    @Test func aPausedMemberIsSilentAndAKilledOneIsGoneUntilTheFaultIsOver() throws {
        let place = try TestPlace("faults")
        let ensemble = try Ensemble.start(try order(place, nodes: 1))
        defer { ensemble.stop() }
        let injector = FaultInjector(ensemble)
        let member = ensemble.members[0]
        let pause = try #require(try injector.begin(Fault(.pause, .members([1]))))
        #expect(member.status(limitNanoseconds: 100_000_000) == nil && member.isRunning)
        let kill = try #require(try injector.begin(Fault(.killAll, .all)))
        #expect(try !member.isRunning && injector.begin(Fault(.pause, .leader)) == nil)
        try injector.end(pause)
        #expect(!member.isRunning)
        try injector.end(kill)
        #expect(eventually { member.status() != nil } && ensemble.unexpectedEnds().isEmpty)
    }

    @Test func whatCanNotFailHereIsRefused() throws {
        let place = try TestPlace("faults")
        let plain = EnsembleOrder(
            nodes: 2, directory: place.path, logDirectory: place.path, command: .quorate(program: try TestPlace.quorate()))
        let ensemble = try Ensemble.start(plain)
        defer { ensemble.stop() }
        let injector = FaultInjector(ensemble)
        for fault in [Fault(.reset, .members([1])), Fault(.failFlush, .members([1])), Fault(.kill, .members([3]))] {
            #expect(throws: EnsembleError.self) { try injector.begin(fault) }
        }
        #expect(ensemble.members.allSatisfy { $0.isRunning })
    }
}
