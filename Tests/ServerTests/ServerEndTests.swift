// The end of a server inside of a process that goes on, or exits at once.

import Foundation
import Glibc
import Server
import Testing

@Suite struct ServerEndTests {
    /// The numbers of this process's threads of that name.
    private func threads(named name: String) -> Set<String> {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return Set(tasks.filter { (try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)) == name + "\n" })
    }

    /// A port that nobody had a moment ago.
    private func freePort() -> UInt16? {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        return isBound ? UInt16(bigEndian: address.sin_port) : nil
    }

    /// A process that exits takes libcrypto down: a loop that still ends then would touch what is no longer there.
    @Test func theLoopsThreadIsGoneWhenWaitReturns() throws {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("quorate-end-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place) }
        let file = place.appendingPathComponent("zoo.cfg")
        let lines = [
            "dataDir=\(place.path)/data", "clientPort=\(try #require(freePort()))", "clientPortAddress=127.0.0.1",
            "admin.enableServer=false",
        ]
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: file)
        let before = threads(named: "quorate-loop")
        for _ in 0..<5 {
            let server = Server(try ServerConfiguration(path: file.path))
            try server.start()
            #expect(threads(named: "quorate-loop").count > before.count)
            server.stop()
            #expect(server.wait() == 0)
            #expect(threads(named: "quorate-loop").subtracting(before).isEmpty)
        }
    }
}
