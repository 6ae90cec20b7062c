// Members that are held back on purpose: what they send each other is on its way for a while, and a flush takes longer.

import CLinux
import Ensemble
import Foundation
import Glibc
import Testing
import Transport

@Suite(.serialized) struct DelayTests {
    /// Seconds until `bytes` came back from the port, which sends back what it gets.
    private func roundTrip(_ port: UInt16, _ bytes: [UInt8]) throws -> Double {
        let begin = quorate_monotonic_ns()
        let answer = try #require(Asking.fourLetterWord(String(decoding: bytes, as: UTF8.self), at: .loopback(port: port)))
        #expect(Array(answer.utf8) == bytes)
        return Double(quorate_monotonic_ns() - begin) / 1e9
    }

    /// Takes one connection after the other, sends back what comes in one piece and closes; runs until the process ends.
    private func echo() throws -> UInt16 {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(listener, raw, length) == 0 && listen(listener, 16) == 0 ? getsockname(listener, raw, &length) : -1
            }
        }
        try #require(code == 0)
        _ = startDetachedThread(named: "echo") {
            while case let peer = accept(listener, nil, nil), peer >= 0 {
                var bytes = [UInt8](repeating: 0, count: 65_536)
                let count = recv(peer, &bytes, bytes.count, 0)
                if count > 0 { _ = send(peer, bytes, count, Int32(MSG_NOSIGNAL)) }
                close(peer)
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    @Test func aLinkDelaysBothDirectionsAndKeepsWhatIsSent() throws {
        let target = try echo()
        var state = LinkState()
        state.delayNanoseconds = 50_000_000
        let routes = [Link(from: 1, to: 2), Link(from: 2, to: 1)].map { LinkProxy.Route($0, target: target) }
        let links = try LinkProxy(routes, state: state)
        #expect(links.ports.count == 2 && Set(links.ports + [target]).count == 3)
        #expect(try roundTrip(target, Array("ping".utf8)) < 0.1, "directly it takes no time")
        for port in links.ports {
            let seconds = try roundTrip(port, (0..<9_000).map { UInt8(97 + $0 % 26) })
            #expect(seconds >= 0.1, "there and back are two delays")
        }
    }

    @Test func membersReachEachOtherByTheirLinks() throws {
        let place = try TestPlace("links")
        var order = EnsembleOrder(
            nodes: 3, directory: place.path, logDirectory: place.path, command: .quorate(program: try TestPlace.quorate()),
            tls: try MemberTLS.make(directory: "\(place.path)/certificates"))
        order.linkDelayNanoseconds = 20_000_000
        let ensemble = try Ensemble.start(order)
        defer { ensemble.stop() }
        #expect(ensemble.leader() != nil)
        // To be elected and to lead takes several messages to and fro.
        #expect(ensemble.startToQuorumNanoseconds > 100_000_000)
        for member in ensemble.members {
            let text = try String(contentsOfFile: "\(member.directory)/zoo.cfg", encoding: .utf8)
            let own = "server.\(member.id)=127.0.0.1:\(member.ports.quorum):\(member.ports.election)\n"
            #expect(text.contains(own))
            for other in ensemble.members where other.id != member.id {
                #expect(!text.contains("server.\(other.id)=127.0.0.1:\(other.ports.quorum):"))
                #expect(!text.contains(":\(other.ports.election)\n"))
            }
        }
    }

    @Test("a flush takes longer, by whatever call and on whatever thread", arguments: [[], ["dsync"], ["dsync", "inline"]])
    func aFlushTakesLonger(_ ways: [String]) throws {
        let place = try TestPlace("slow-flush")
        var order = EnsembleOrder(
            nodes: 1, directory: place.path, logDirectory: place.path, command: .quorate(program: try TestPlace.quorate()))
        order.flushDelay = try FlushDelay(nanoseconds: 30_000_000, besideProgram: try TestPlace.quorate())
        for (key, value) in zip(["quorate.flushMethod", "quorate.journal"], ways) {
            order.settings.append((key: key, value: value))
        }
        let ensemble = try Ensemble.start(order)
        defer { ensemble.stop() }
        var flushes: MetricsHistogram?
        for _ in 0..<100 where flushes?.count ?? 0 == 0 {
            flushes = ensemble.members[0].metrics()?.histogram("quorate_flush_seconds")
            usleep(50_000)
        }
        #expect(try #require(flushes?.mean) >= 0.03)
    }

    @Test func aMissingLibraryIsNamed() {
        let error = #expect(throws: EnsembleError.self) {
            try FlushDelay(nanoseconds: 1_000_000, besideProgram: "/nowhere/quorate")
        }
        #expect(error?.description.contains("/nowhere/libSlowFlush.so is missing") == true)
    }
}
