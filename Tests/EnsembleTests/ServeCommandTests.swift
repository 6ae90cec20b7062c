// `quorate serve` as a user starts it: what it says when it serves, what it says of a wrong configuration and with which code it
// ends, how many clients it lets in, and that nobody who reads its log can end it.

import Ensemble
import Foundation
import Testing

@Suite(.serialized) struct ServeCommandTests {
    /// A server on its own, in a directory of its own, on a free port.
    private final class Served {
        let place: TestPlace
        let port: UInt16
        let process: ChildProcess

        init(_ lines: String = "", arguments: String = "", port given: UInt16? = nil, script: String = "exec") throws {
            place = try TestPlace("serve")
            var ports = try FreePorts(count: 1)
            port = given ?? ports.ports[0]
            ports.release()
            let file = "dataDir=\(place.path)/data\nclientPort=\(port)\nadmin.enableServer=false\n4lw.commands.whitelist=*\n"
            try place.write(file + lines.replacing("PLACE", with: place.path), to: "zoo.cfg")
            let line = "cd \"$1\"; \(script) \"$2\" serve --config zoo.cfg \(arguments)"
            process = try ChildProcess.start(
                ProcessCommand(program: "/bin/sh", arguments: ["-c", line, "sh", place.path, try TestPlace.quorate()]),
                logFile: "\(place.path)/log", on: SpawningThread())
        }

        deinit {
            process.send(signal: SIGKILL)
            _ = process.waitForEnd(nanoseconds: 5_000_000_000)
        }

        var log: String { place.read("log") }
        func serves() -> Bool {
            eventually(seconds: 30) { log.contains(" serving as ") || !process.isRunning } && process.isRunning
        }
        func end() -> ProcessEnd? { process.waitForEnd(nanoseconds: 30_000_000_000) }

        /// A connection that says nothing.
        func connect() -> Int32 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var limit = timeval(tv_sec: 10, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            _ = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            return descriptor
        }

        func isClosedByServer(_ descriptor: Int32) -> Bool {
            var byte: UInt8 = 0
            let count = recv(descriptor, &byte, 1, 0)
            return count == 0 || count < 0 && errno == ECONNRESET
        }

        func isAlive(_ descriptor: Int32) -> Bool {
            var answer = [UInt8](repeating: 0, count: 4)
            return "ruok".withCString { send(descriptor, $0, 4, Int32(MSG_NOSIGNAL)) } == 4
                && recv(descriptor, &answer, 4, Int32(MSG_WAITALL)) == 4 && answer == Array("imok".utf8)
        }
    }

    @Test func aServerOnItsOwnSaysHowItServes() throws {
        let served = try Served()
        #expect(served.serves(), "\(served.log)")
        let line = try #require(served.log.split(separator: "\n").first { $0.contains(" serving as ") })
        #expect(
            line.hasSuffix(
                " notice member=1 serving as standalone, epoch 1, member 1 of 1, copies at acknowledgement 1, votes to elect 1, "
                    + "failures survived 0, port \(served.port)"))
        served.process.send(signal: SIGTERM)
        #expect(served.end() == .exited(code: 0))
    }

    @Test func membersSayWhomTheyFollowAndWhatTheEnsembleSurvives() throws {
        let place = try TestPlace("serve")
        let order = EnsembleOrder(
            nodes: 3, directory: place.path, logDirectory: place.path, command: .quorate(program: try TestPlace.quorate()))
        let ensemble = try Ensemble.start(order)
        let leader = try #require(ensemble.leader())
        for member in ensemble.members {
            let title = member.id == leader.id ? "leader" : "follower of \(leader.id)"
            let rest = ", member \(member.id) of 3, copies at acknowledgement 2, votes to elect 2, failures survived 1, "
            let log = (try? String(contentsOfFile: member.logFile, encoding: .utf8)) ?? ""
            let line = log.split(separator: "\n").last { $0.contains(" serving as ") }
            #expect(line?.contains(" member=\(member.id) serving as \(title), epoch ") == true, "\(log)")
            // Who came after the founding may not be bound yet, and is named in between.
            #expect(line?.contains(rest) == true && line?.hasSuffix("port \(member.ports.client)") == true, "\(log)")
        }
        ensemble.stop()
    }

    @Test func anUnknownKeyIsAWarningAndEndsAStrictStart() throws {
        let lenient = try Served("nosuchkey=1\n")
        #expect(lenient.serves(), "\(lenient.log)")
        #expect(lenient.log.contains("zoo.cfg:5: nosuchkey is not a key that ZooKeeper or Quorate knows."))
        let strict = try Served("nosuchkey=1\n", arguments: "--strict-config")
        #expect(strict.end() == .exited(code: 64))
        #expect(strict.log.contains("zoo.cfg:5: nosuchkey is not a key that ZooKeeper or Quorate knows."))
    }

    @Test func aPortOrAddressThatCanNotBeHadIsNamedWithItsLine() throws {
        let first = try Served()
        #expect(first.serves(), "\(first.log)")
        let second = try Served(port: first.port)
        #expect(second.end() == .exited(code: 69))
        #expect(second.log.contains("zoo.cfg:2: clientPort: Cannot listen on [::]:\(first.port): another process listens there"))
        // An address of documents, which no machine has.
        let elsewhere = try Served("clientPortAddress=192.0.2.1\n")
        #expect(elsewhere.end() == .exited(code: 69))
        #expect(elsewhere.log.contains("zoo.cfg:5: clientPortAddress: Cannot listen on 192.0.2.1:"))
        let wrong = try Served("clientPortAddress=192.0.2.256\n")
        #expect(wrong.end() == .exited(code: 64))
        #expect(wrong.log.contains("zoo.cfg:5: clientPortAddress is '192.0.2.256', which is neither"))
    }

    /// Opening a pipe waits for whoever writes into it, and nobody does.
    @Test func whatIsNoPlainFileIsRefusedAndNotWaitedFor() throws {
        let served = try Served(script: "mkdir data; mkfifo data/myid; exec")
        #expect(served.end() == .exited(code: 64))
        #expect(served.log.contains("myid can't be read: it is no plain file"), "\(served.log)")
    }

    @Test func aKeyThatIsADirectoryIsNamedWithItsLine() throws {
        let lines = "secureClientPort=2281\nquorate.client.tls.cert=PLACE/keys\nquorate.client.tls.key=PLACE/keys\n"
        let served = try Served(lines, script: "mkdir keys; exec")
        #expect(served.end() == .exited(code: 64))
        #expect(served.log.contains("/keys, which can't be read: it is no plain file"), "\(served.log)")
    }

    @Test func dataOfApacheZooKeeperIsNoEmptyDirectory() throws {
        let served = try Served(script: "mkdir -p data/version-2; exec")
        #expect(served.end() == .exited(code: 74))
        #expect(served.log.contains("data: version-2 there is Apache ZooKeeper's data"), "\(served.log)")
    }

    /// Certificates may be renewed at any moment, and no part of a start takes that for an end.
    @Test func aReloadRightBehindTheStartEndsNothing() throws {
        let served = try Served()
        let status = "/proc/\(served.process.pid)/status"
        #expect(
            eventually(seconds: 10) {
                guard let line = ProcFile.text(status)?.split(separator: "\n").first(where: { $0.hasPrefix("SigBlk:") }) else {
                    return false
                }
                return line.hasSuffix("1")
            }, "SIGHUP is held back")
        for _ in 0..<100 {
            served.process.send(signal: SIGHUP)
            usleep(1_000)
        }
        #expect(served.serves(), "\(served.log)")
    }

    @Test func tooFewFilesForClientsAreSaidAtTheStart() throws {
        let served = try Served(script: "ulimit -n 24; exec")
        #expect(served.end() == .exited(code: 71))
        #expect(served.log.contains("Only 24 files may be open here") && served.log.contains("ulimit -n"), "\(served.log)")
        let least = try Served(script: "ulimit -n 64; exec")
        #expect(least.serves(), "\(least.log)")
        let client = least.connect()
        defer { close(client) }
        #expect(send(client, "ruok", 4, Int32(MSG_NOSIGNAL)) == 4)
        var answer = [UInt8](repeating: 0, count: 4)
        #expect(recv(client, &answer, 4, Int32(MSG_WAITALL)) == 4 && answer == Array("imok".utf8))
    }

    /// A write beyond the limit of a file's size is a failed write, and no signal's business.
    @Test func theLimitOfAFilesSizeEndsItWithASentence() throws {
        let served = try Served(script: "ulimit -f 10; exec")
        #expect(served.end() == .exited(code: 74))
        #expect(served.log.contains("File too large"), "\(served.log)")
    }

    @Test(arguments: ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"]) func whatWasClosedIsNoPlaceForFiles(_ closed: String) throws {
        let served = try Served(script: "exec \(closed); exec")
        let answers = eventually(seconds: 30) {
            let client = served.connect()
            defer { close(client) }
            return served.isAlive(client)
        }
        #expect(answers, "\(served.log)")
        let links = (0...2).map {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(served.process.pid)/fd/\($0)")
        }
        for (descriptor, mark) in ["<&-", " >&-", "2>&-"].enumerated() where " \(closed)".contains(mark) {
            #expect(links[descriptor] == "/dev/null", "\(links)")
        }
        served.process.send(signal: SIGTERM)
        #expect(served.end() == .exited(code: 0))
        let data = "\(served.place.path)/data"
        for name in try FileManager.default.contentsOfDirectory(atPath: data) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(data)/\(name)"))
            #expect(bytes.range(of: Data(" notice member=".utf8)) == nil, "the log went into \(name)")
        }
    }

    @Test func oneDirectoryMayBeSpeltInTwoWays() throws {
        let served = try Served("dataLogDir=PLACE/./data/\n")
        #expect(served.serves(), "\(served.log)")
    }

    @Test func whoStopsReadingTheLogEndsNothing() throws {
        // The log goes into a pipe whose reader ends at the first line that says "serving"; the refusal below is the next line.
        let script = "mkfifo pipe; { grep -m1 ' serving as ' >found; echo gone >>found; } <pipe & exec 2>pipe; exec"
        let served = try Served("maxCnxns=1\n", script: script)
        #expect(eventually(seconds: 30) { served.place.read("found").contains("gone") })
        let first = served.connect()
        defer { close(first) }
        let second = served.connect()
        #expect(served.isClosedByServer(second))
        close(second)
        served.process.send(signal: SIGTERM)
        #expect(served.end() == .exited(code: 0))
    }

    @Test(arguments: ["maxCnxns", "maxClientCnxns"]) func noMoreClientsAreLetInThanTheFileSays(_ key: String) throws {
        let served = try Served("\(key)=2\n")
        #expect(served.serves(), "\(served.log)")
        let clients = [served.connect(), served.connect()]
        let third = served.connect()
        #expect(served.isClosedByServer(third))
        // Log lines are written by a thread of their own.
        #expect(eventually { served.log.contains("\(key) is 2") }, "\(served.log)")
        close(third)
        close(clients[0])
        // A place that was given up is free again, as soon as the server has seen it.
        #expect(
            eventually {
                let next = served.connect()
                defer { close(next) }
                return served.isAlive(next)
            })
        #expect(served.isAlive(clients[1]))
        close(clients[1])
    }

    /// Two members hold several connections with each other; with those counted no client would get in.
    @Test func membersDoNotCountAsClients() throws {
        let place = try TestPlace("serve")
        let order = EnsembleOrder(
            nodes: 2, directory: place.path, logDirectory: place.path, command: .quorate(program: try TestPlace.quorate()),
            settings: [("maxCnxns", "2")])
        let ensemble = try Ensemble.start(order)
        #expect(eventually { ensemble.members.allSatisfy { $0.status() != nil } })
        ensemble.stop()
    }
}
