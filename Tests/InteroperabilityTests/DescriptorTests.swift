// A real server with few descriptors and many clients: it stays up, serves those it has, writes its log on, and recovers.

import Ensemble
import Foundation
import Testing

@Suite(.serialized) struct DescriptorTests {
    /// A connection that says nothing and does not wait to be taken in.
    private func knock(_ port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return descriptor
    }

    private func value(_ name: String, of member: Member) -> Double { member.metrics()?.samples(name).first?.value ?? -1 }

    @Test("300 clients on 128 descriptors: the server lives, its log goes over segments, and room is used when it comes")
    func exhaustion() throws {
        let settings = [(key: "quorate.segmentMb", value: "1")]
        try RealEnsemble.with(1, settings: settings, descriptors: 128) { ensemble in
            let member = ensemble.members[0]
            let client = try WireClient(port: member.ports.client)
            #expect(try client.create("/held", "a", flags: 1) == 0)
            let crowd = (0..<300).map { _ in knock(member.ports.client) }
            defer { for descriptor in crowd { close(descriptor) } }
            #expect(RealEnsemble.wait(seconds: 20) { value("quorate_accept_pauses_total", of: member) >= 2 })
            #expect(!RealEnsemble.logLines(of: member, with: "too many open files").isEmpty)
            let uses = value("quorate_journal_segment_uses_total", of: member)
            let block = String(repeating: "b", count: 100_000)
            for _ in 0..<80 { #expect(try client.set("/held", block) == 0) }
            #expect(RealEnsemble.wait(seconds: 30) { value("quorate_journal_segment_uses_total", of: member) >= uses + 4 })
            #expect(member.isRunning)
            #expect(try client.data("/held") == block)
            for descriptor in crowd { shutdown(descriptor, Int32(SHUT_RDWR)) }
            let late = try RealEnsemble.client(ensemble, within: 20)
            #expect(try late.exists("/held") == 0)
        }
    }
}
