// The log's writer before a pipe that nobody reads: it never waits, drops what does not fit, says so, and loses nothing else.

import Foundation
import Server
import Testing

@Suite struct LineWriterTests {
    private struct Pipe {
        var ends: [Int32] = [0, 0]
        init() throws { try #require(pipe(&ends) == 0) }

        func read(until isEnough: (String) -> Bool) -> String {
            var all: [UInt8] = []
            var room = [UInt8](repeating: 0, count: 1 << 16)
            while !isEnough(String(decoding: all.suffix(4096), as: UTF8.self)) {
                let count = Glibc.read(ends[0], &room, room.count)
                if count <= 0 { break }
                all += room[..<count]
            }
            return String(decoding: all, as: UTF8.self)
        }
    }

    @Test("lines come out whole and in order")
    func order() throws {
        let pipe = try Pipe()
        let writer = LineWriter(descriptor: pipe.ends[1])
        for i in 0..<1000 { writer.write("line \(i)\n") }
        let text = pipe.read { $0.hasSuffix("line 999\n") }
        #expect(text == (0..<1000).map { "line \($0)\n" }.joined())
        writer.flush(limitNanoseconds: 10_000_000_000)
    }

    @Test("a pipe that nobody reads holds up nobody; what did not fit is counted in the log itself")
    func stalled() throws {
        let pipe = try Pipe()
        let writer = LineWriter(descriptor: pipe.ends[1])
        let line = String(repeating: "x", count: 999) + "\n"
        // Three times what may wait. Were one write to block, this would never end.
        let count = 3 * LineWriter.limit / 1000
        for _ in 0..<count { writer.write(line) }
        writer.flush(limitNanoseconds: 1_000_000)
        let first = pipe.read { latest in
            // The queue has room once the writer took it over.
            writer.write("the end\n")
            return latest.contains("the end\n")
        }
        let dropped = try #require(first.split(separator: "\n").first { $0.hasSuffix("nobody read them in time") })
        let number = try #require(Int(dropped.prefix { $0 != " " }))
        #expect(number > 0)
        let kept = first.split(separator: "\n").filter { $0.first == "x" }.count
        #expect(kept + number >= count && kept < count)
        #expect(first.split(separator: "\n").allSatisfy { $0.first != "x" || $0.utf8.count == 999 })
    }
}
