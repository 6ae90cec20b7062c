// Ports are different from each other, held until they are let go, and not those that the system gives to outgoing connections.

import Ensemble
import Testing

@Suite struct FreePortsTests {
    @Test func portsAreDistinctAndHeldUntilReleased() throws {
        var first = try FreePorts(count: 20)
        let second = try FreePorts(count: 20)
        #expect(Set(first.ports + second.ports).count == 40)
        #expect(first.ports.allSatisfy { !FreePorts.isFree($0) })
        let given = first.ports
        first.release()
        #expect(given.allSatisfy { FreePorts.isFree($0) })
        #expect(second.ports.allSatisfy { !FreePorts.isFree($0) })
    }

    @Test func aPortThatIsOnlyHeldIsNotListenedTo() throws {
        let held = try FreePorts(count: 1)
        // The holder doesn't share its port, so nobody else can tell whether it listens: that counts as listening.
        #expect(FreePorts.isListenedTo(held.ports[0]))
        var free = try FreePorts(count: 1)
        let port = free.ports[0]
        free.release()
        #expect(!FreePorts.isListenedTo(port))
    }

    @Test func portsLieBelowThoseOfOutgoingConnections() throws {
        let range = try #require(ProcFile.text("/proc/sys/net/ipv4/ip_local_port_range"))
        let low = try #require(UInt16(range.split(whereSeparator: \.isWhitespace)[0]))
        let ports = try FreePorts(count: 16)
        #expect(low <= 12_000 || ports.ports.allSatisfy { $0 < low })
    }
}
