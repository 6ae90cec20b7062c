// Children are started with what they were given, end when the thread that started them ends, and are told apart by how they
// ended.

import Ensemble
import Foundation
import Testing

@Suite struct ChildProcessTests {
    private func command(_ script: String) -> ProcessCommand { ProcessCommand(program: "/bin/sh", arguments: ["-c", script]) }

    @Test func outputAndErrorsGoToTheLogAndTheCodeIsSeen() throws {
        let place = try TestPlace("child")
        let child = try ChildProcess.start(
            command("echo out; echo err >&2; cat; exit 7"), logFile: "\(place.path)/log", on: SpawningThread())
        #expect(child.waitForEnd(nanoseconds: 10_000_000_000) == .exited(code: 7))
        #expect(place.read("log") == "out\nerr\n")
        #expect(!child.send(signal: SIGTERM), "a process that has ended is never signalled: its number may be another's")
    }

    @Test func aMissingProgramIsNamed() throws {
        let place = try TestPlace("child")
        let command = ProcessCommand(program: "\(place.path)/nothing", arguments: [])
        #expect(
            throws: EnsembleError(
                .unusable,
                "The program \(place.path)/nothing can't be started: No such file or directory; give the path of one that can be."
            )
        ) {
            try ChildProcess.start(command, logFile: "\(place.path)/log", on: SpawningThread())
        }
    }

    @Test func aLogThatCanNotBeWrittenIsNamed() throws {
        let error = #expect(throws: EnsembleError.self) {
            try ChildProcess.start(command("true"), logFile: "/nowhere/log", on: SpawningThread())
        }
        #expect(error?.description.contains("/nowhere/log") == true)
    }

    @Test func aChildEndsWithTheThreadThatStartedIt() throws {
        let place = try TestPlace("child")
        var thread: SpawningThread? = SpawningThread()
        // The child keeps its thread alive; a child of the child is what is left when both references go.
        var child: ChildProcess? = try ChildProcess.start(
            command("trap '' TERM HUP INT; echo ready; while :; do sleep 0.05; done"), logFile: "\(place.path)/log", on: thread!)
        let pid = child!.pid
        #expect(eventually { place.read("log") == "ready\n" })
        #expect(isAlive(pid))
        child = nil
        #expect(isAlive(pid), "somebody still holds the thread")
        thread = nil
        #expect(eventually { !isAlive(pid) }, "no signal but the kernel's last one ends this child")
        var status: Int32 = 0
        #expect(waitpid(pid, &status, 0) == pid)
        #expect(status & 0x7f == SIGKILL)
    }

    @Test func descriptorsAndSignalsAreNotInherited() throws {
        let place = try TestPlace("child")
        let leak = open("\(place.path)/leak", O_WRONLY | O_CREAT, 0o600)
        defer { close(leak) }
        let child = try ChildProcess.start(
            command("ls -l /proc/self/fd; grep SigIgn /proc/self/status; grep SigBlk /proc/self/status"),
            logFile: "\(place.path)/log", on: SpawningThread())
        #expect(child.waitForEnd(nanoseconds: 10_000_000_000) == .exited(code: 0))
        let log = place.read("log")
        #expect(!log.contains("leak"))
        #expect(log.contains("SigBlk:\t0000000000000000"))
        let ignored = log.split(separator: "\n").first { $0.hasPrefix("SigIgn:") }?.split(separator: "\t").last
        // 32 and 33 belong to the C library and are out of everybody else's reach.
        #expect(ignored.flatMap { UInt64($0, radix: 16) }.map { $0 & ~0x1_8000_0000 } == 0)
    }

    @Test func aPausedChildUsesNoTimeAndFiguresAreRead() throws {
        let place = try TestPlace("child")
        let child = try ChildProcess.start(command("while :; do :; done"), logFile: "\(place.path)/log", on: SpawningThread())
        #expect(eventually { (ProcessFigures.read(pid: child.pid)?.cpuNanoseconds ?? 0) > 20_000_000 })
        let figures = try #require(ProcessFigures.read(pid: child.pid))
        #expect(figures.threads == 1)
        #expect(figures.residentBytes > 100_000)
        child.send(signal: SIGSTOP)
        #expect(eventually { ProcFile.text("/proc/\(child.pid)/stat")?.contains(") T ") == true })
        let paused = try #require(ProcessFigures.read(pid: child.pid))
        let status = ProcFile.text("/proc/\(child.pid)/status") ?? ""
        func told(_ key: String) -> UInt64? {
            let line = status.split(separator: "\n").first { $0.hasPrefix(key + ":") }
            return line.flatMap { UInt64($0.filter(\.isNumber)) }
        }
        #expect(paused.voluntarySwitches == told("voluntary_ctxt_switches"))
        #expect(paused.involuntarySwitches == told("nonvoluntary_ctxt_switches"))
        #expect(paused.residentBytes == told("VmRSS").map { $0 * 1_024 })
        let schedule = ProcFile.text("/proc/\(child.pid)/schedstat")?.split(separator: " ")
        #expect(paused.waitNanoseconds == schedule.flatMap { UInt64($0[1]) })
        let still = ProcessFigures.cpuNanoseconds(pid: child.pid)
        usleep(20_000)
        #expect(ProcessFigures.cpuNanoseconds(pid: child.pid) == still)
        child.send(signal: SIGKILL)
        #expect(child.waitForEnd(nanoseconds: 10_000_000_000) == .killed(signal: SIGKILL))
        #expect(ProcessFigures.read(pid: child.pid) == nil)
    }

    /// A signal alone is on its way for a while: whoever has sent it may still be answered.
    @Test func whatIsHeldStillDoesNothingFromThenOn() throws {
        let place = try TestPlace("children")
        let command = ProcessCommand(program: "/bin/sh", arguments: ["-c", "while :; do :; done"])
        let child = try ChildProcess.start(command, logFile: "\(place.path)/log", on: SpawningThread())
        for _ in 0..<200 {
            child.holdStill()
            #expect(ProcFile.text("/proc/\(child.pid)/stat")?.contains(") T ") == true)
            child.send(signal: SIGCONT)
            #expect(child.isRunning)
        }
        child.send(signal: SIGKILL)
        #expect(child.waitForEnd(nanoseconds: 10_000_000_000) == .killed(signal: SIGKILL))
        // Of one that has ended there is nothing to wait for.
        child.holdStill()
    }
}
