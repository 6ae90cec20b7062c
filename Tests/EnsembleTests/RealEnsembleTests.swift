// Real servers, and the tool that starts them: an ensemble with TLS loses its leader and gets it back; whatever ends the tool,
// no process and no data is left.

import Ensemble
import Foundation
import Testing
import Transport

@Suite(.serialized) struct RealEnsembleTests {
    @Test func threeMembersWithTLSLoseTheirLeaderAndTakeItBack() throws {
        let place = try TestPlace("real")
        let order = EnsembleOrder(
            nodes: 3, directory: place.path, logDirectory: place.path, command: .quorate(program: try TestPlace.quorate()),
            tls: try MemberTLS.make(directory: "\(place.path)/certificates"))
        let ensemble = try Ensemble.start(order)
        #expect(ensemble.startToQuorumNanoseconds > 0)
        #expect(ensemble.startToAllServingNanoseconds >= ensemble.startToQuorumNanoseconds)
        let first = try #require(ensemble.leader())
        #expect(first.monitor()["zk_server_state"] == "leader")
        #expect(first.figures()?.cpuNanoseconds ?? 0 > 0)
        #expect(eventually { first.metrics()?.value("quorate_leading") == 1 })
        func command(_ name: String) -> String { Asking.http("/commands/\(name)", at: first.adminAddress) ?? "" }
        // What the port shows may be a fifth of a second old.
        #expect(eventually { command("leader").contains("\"is_leader\"") })
        #expect(command("leader").contains("\"is_leader\" : true,\n  \"leader_id\" : \(first.id),"))
        #expect(command("conf").contains("\"client_port\" : \(first.ports.client),"))
        #expect(command("srvr").contains("\"server_state\" : \"leader\""))
        #expect(command("stat").contains("\"connections\" : ["))
        #expect(command("envi").contains("\"os.name\" : "))
        #expect(command("mntr").contains("\"synced_followers\" : 2"))
        #expect(command("isro").contains("\"read_only\" : false"))

        // Until its binding is committed a member can't take the leader's place.
        #expect(eventually { ensemble.members.allSatisfy { $0.monitor()["zk_unbound_members"] == "0" } })
        first.kill()
        #expect(eventually { ensemble.leader() != nil })
        let second = try #require(ensemble.leader())
        #expect(second.id != first.id)
        try first.restart()
        #expect(eventually { first.status()?.role == .follower })
        #expect(ensemble.unexpectedEnds().isEmpty)

        second.pause()
        #expect(second.status(limitNanoseconds: 50_000_000) == nil, "a paused member answers nobody")
        second.resume()
        #expect(eventually { ensemble.members.allSatisfy { $0.status() != nil } })

        let pids = ensemble.members.compactMap(\.pid)
        #expect(pids.count == 3)
        ensemble.stop()
        #expect(pids.allSatisfy { !isAlive($0) })
    }

    @Test func aMemberThatEndsByItselfIsReported() throws {
        let place = try TestPlace("real")
        let order = EnsembleOrder(
            nodes: 1, directory: place.path, logDirectory: place.path, command: .quorate(program: try TestPlace.quorate()))
        let ensemble = try Ensemble.start(order)
        let pid = try #require(ensemble.members[0].pid)
        kill(pid, SIGKILL)
        #expect(eventually { !ensemble.unexpectedEnds().isEmpty })
        #expect(ensemble.unexpectedEnds()[0].hasPrefix("Member 1 ended with signal 9; its log is "))
    }

    @Test(arguments: [SIGKILL, SIGINT, SIGTERM, SIGHUP]) func whateverEndsTheToolNothingIsLeft(signal: Int32) throws {
        let place = try TestPlace("tool")
        let command = ProcessCommand(
            program: try TestPlace.quorate(), arguments: ["ensemble", "--nodes", "2", "--data-dir", place.path])
        let tool = try ChildProcess.start(command, logFile: "\(place.path)/log", on: SpawningThread())
        defer { tool.send(signal: SIGKILL) }
        #expect(eventually(seconds: 30) { place.read("log").contains("Ctrl-C ends it") || !tool.isRunning })
        let members = Self.children(of: tool.pid)
        #expect(members.count == 2, "\(place.read("log"))")
        tool.send(signal: signal)
        let end = tool.waitForEnd(nanoseconds: 20_000_000_000)
        #expect(end == (signal == SIGKILL ? .killed(signal: SIGKILL) : .exited(code: 0)))
        #expect(eventually { members.allSatisfy { !isAlive($0) } })
        let data = ProcFile.names(in: place.path).filter { $0.hasPrefix("quorate-ensemble-") }
        #expect(data.count == (signal == SIGKILL ? 1 : 0))
        #expect(DataDirectory.removeLeftovers(under: place.path, prefix: "quorate-ensemble-").count == data.count)
    }

    @Test func theToolPrintsHowToConnectAndPutsDataBesideTheResults() throws {
        let place = try TestPlace("tool")
        for folder in ["workloads", "results"] { try DataDirectory.makeWithParents("\(place.path)/\(folder)") }
        try place.write("", to: "Package.swift")
        // The shell ignores SIGHUP for the tool, as nohup does; standard output is the connection string alone.
        let line = "trap '' HUP; cd \"$1\"; QUORATE_CHECKOUT=\"$1\" exec \"$2\" ensemble --nodes 2 >connect"
        let command = ProcessCommand(
            program: "/bin/sh", arguments: ["-c", line, "sh", place.path, try TestPlace.quorate()])
        let tool = try ChildProcess.start(command, logFile: "\(place.path)/log", on: SpawningThread())
        defer { tool.send(signal: SIGKILL) }
        #expect(eventually(seconds: 30) { place.read("log").contains("Ctrl-C ends it") || !tool.isRunning })
        let connect = place.read("connect").split(separator: "\n").map(String.init)
        #expect(connect.count == 1)
        let servers = try #require(connect.first?.split(separator: ","))
        #expect(servers.count == 2)
        for server in servers {
            let parts = server.split(separator: ":")
            #expect(parts.first == "127.0.0.1")
            let port = try #require(parts.last.flatMap { UInt16($0) })
            #expect(Asking.fourLetterWord("ruok", at: .loopback(port: port)) == "imok")
        }
        let lines = place.read("log").split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let python = try #require(lines.firstIndex(of: "Try it from Python:"))
        #expect(
            lines[python + 1]
                == "from kazoo.client import KazooClient; zk = KazooClient(\"\(connect[0])\"); zk.start()")
        #expect(lines[python + 2] == #"zk.create("/hello", b"world"); print(zk.get("/hello"))"#)
        #expect(ProcFile.names(in: "\(place.path)/results").filter { $0.hasPrefix("quorate-ensemble-") }.count == 1)
        // Were the first one heeded, the second would end the tool at once, with a code of its own.
        tool.send(signal: SIGHUP)
        tool.send(signal: SIGTERM)
        #expect(tool.waitForEnd(nanoseconds: 20_000_000_000) == .exited(code: 0))
        #expect(ProcFile.names(in: "\(place.path)/results").isEmpty)
    }

    @Test func aMemberThatDiesEndsTheToolAndTheOthers() throws {
        let place = try TestPlace("tool")
        let command = ProcessCommand(
            program: try TestPlace.quorate(), arguments: ["ensemble", "--nodes", "2", "--data-dir", place.path])
        let tool = try ChildProcess.start(command, logFile: "\(place.path)/log", on: SpawningThread())
        defer { tool.send(signal: SIGKILL) }
        #expect(eventually(seconds: 30) { place.read("log").contains("Ctrl-C ends it") || !tool.isRunning })
        let members = Self.children(of: tool.pid)
        kill(try #require(members.first), SIGKILL)
        #expect(tool.waitForEnd(nanoseconds: 20_000_000_000) == .exited(code: 3))
        #expect(place.read("log").contains("ended with signal 9"))
        #expect(eventually { members.allSatisfy { !isAlive($0) } })
        #expect(ProcFile.names(in: place.path).filter { $0.hasPrefix("quorate-ensemble-") }.isEmpty)
    }

    private static func children(of parent: Int32) -> [Int32] {
        ProcFile.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            guard let stat = ProcFile.text("/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { return false }
            return stat[end...].split(separator: " ").dropFirst(2).first == Substring("\(parent)")
        }
    }
}
