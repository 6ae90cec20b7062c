// Starting fails with the place and the cause named, and never leaves a process behind.

import Ensemble
import Foundation
import Glibc
import Testing

@Suite struct EnsembleStartTests {
    private func order(_ place: TestPlace, nodes: Int = 2, _ command: MemberCommand) -> EnsembleOrder {
        EnsembleOrder(nodes: nodes, directory: place.path, logDirectory: place.path, command: command)
    }

    /// Process ids that the scripts have written.
    private func pids(_ place: TestPlace, nodes: Int = 2) -> [Int32] {
        (1...nodes).compactMap { Int32(place.read("member-\($0)/pid").trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    @Test func aMemberThatEndsAtOnceIsNamedWithItsLastLines() throws {
        let place = try TestPlace("start")
        let command = place.shell("echo no such key >&2; exit 64")
        let error = #expect(throws: EnsembleError.self) { try Ensemble.start(order(place, command)) }
        #expect(error?.cause == .notServing)
        #expect(error?.description.contains("ended at its start with exit code 64") == true)
        #expect(error?.description.hasSuffix("no such key") == true)
    }

    @Test func aPortThatSomebodyTookIsDrawnAnew() throws {
        let place = try TestPlace("start")
        // The first start waits until its port is taken, and then fails as a server does; the second fails for its own reasons.
        let command = place.shell(
            """
            cd \(place.path); sed -n s/^clientPort=//p $1 >> tries
            [ $(wc -l < tries) = 1 ] || exit 64
            until [ -e taken ]; do sleep 0.01; done; exit 69
            """)
        var listener: Int32 = -1
        defer { close(listener) }
        func takePort() -> Bool {
            guard listener < 0, let port = UInt16(place.read("tries").trimmingCharacters(in: .newlines)) else { return false }
            listener = Self.listen(on: port)
            try? place.write("", to: "taken")
            return false
        }
        let error = #expect(throws: EnsembleError.self) {
            try Ensemble.start(order(place, nodes: 1, command), isCancelled: takePort)
        }
        #expect(listener >= 0)
        #expect(error?.description.contains("exit code 64") == true)
        let tries = place.read("tries").split(separator: "\n")
        #expect(tries.count == 2 && tries.first != tries.last)
    }

    private static func listen(on port: UInt16) -> Int32 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let isListening = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 && Glibc.listen(socket, 1) == 0
            }
        }
        return isListening ? socket : -1
    }

    @Test func aMemberThatNeverServesIsGivenUpAndEnded() throws {
        let place = try TestPlace("start")
        let command = place.shell("echo $$ > ${1%/*}/pid; echo waiting; exec sleep 1000")
        let error = #expect(throws: EnsembleError.self) {
            try Ensemble.start(order(place, command), limitNanoseconds: 300_000_000)
        }
        #expect(error?.description.contains("Of 2 members, 1, 2 did not serve within 0 s") == true)
        #expect(error?.description.hasSuffix("waiting") == true)
        #expect(pids(place).count == 2)
        #expect(eventually { pids(place).allSatisfy { !isAlive($0) } })
    }

    @Test func aStartCanBeEnded() throws {
        let place = try TestPlace("start")
        let command = place.shell("echo $$ > ${1%/*}/pid; exec sleep 1000")
        let error = #expect(throws: EnsembleError.self) {
            try Ensemble.start(order(place, command), isCancelled: { pids(place).count == 2 })
        }
        #expect(error?.cause == .interrupted)
        #expect(eventually { pids(place).allSatisfy { !isAlive($0) } })
    }

    @Test(arguments: [0, 16]) func onlySensibleSizesAreStarted(nodes: Int) throws {
        let place = try TestPlace("start")
        let error = #expect(throws: EnsembleError.self) { try Ensemble.start(order(place, nodes: nodes, place.shell("true"))) }
        #expect(error?.description == "An ensemble has 1 to 15 members, not \(nodes).")
    }
}
