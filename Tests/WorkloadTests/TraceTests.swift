// A trace comes back as it was written, and nothing that is cut off, damaged or made up passes for one.

import Foundation
import Testing
import Workload

@Suite struct TraceTests {
    private static func bytes(_ text: String, _ body: (UnsafeRawBufferPointer) -> Void) {
        var text = text
        text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    /// Two sessions: one creates and sets, the other reads, asks for a version, sends a multi and loses its connection.
    static func records(_ encoder: inout TraceEncoder) {
        func path(_ path: String, _ session: Int) { bytes(path) { encoder.path($0, session: session) } }
        encoder.head(name: "small", sessionTimeoutMilliseconds: 4_000)
        encoder.session(role: "writer")
        encoder.session(role: "reader")
        encoder.znode("/a", size: 0)
        encoder.znode("/a/b", size: 12)
        encoder.request(.create, watches: false, session: 0, intended: 1_000_000)
        path("/a/item-", 0)
        encoder.mode(.ephemeralSequential)
        encoder.size(100)
        encoder.request(.get, watches: true, session: 1, intended: 500)
        path("/a/b", 1)
        encoder.reply(session: 1, place: 0, nanoseconds: 7, error: 0, zxid: 0x1_0000_0001)
        encoder.version(3)
        encoder.reply(session: 0, place: 0, nanoseconds: 9, error: 0, zxid: 0x1_0000_0002)
        path("/a/item-0000000004", 0)
        encoder.request(.multi, watches: false, session: 1, intended: 2_000_000)
        encoder.count(2)
        encoder.part(.set)
        path("/a/b", 1)
        encoder.size(5)
        encoder.version(3)
        encoder.part(.check)
        path("/a", 1)
        encoder.version(-1)
        encoder.request(.delete, watches: false, session: 1, intended: 2_000_001)
        path("/a/item-0000000004", 1)
        encoder.version(-1)
        encoder.reply(session: 1, place: 1, nanoseconds: 11, error: -101, zxid: 0x1_0000_0002)
        encoder.reply(session: 1, place: 0, nanoseconds: 12, error: 0, zxid: 0x1_0000_0003)
        encoder.version(4)
        encoder.request(.sync, watches: false, session: 0, intended: 3_000_000)
        path("/", 0)
        encoder.broken(session: 0)
        encoder.end()
    }

    static var file: [UInt8] {
        var encoder = TraceEncoder()
        records(&encoder)
        return Array(TraceFormat.firstLine.utf8) + TraceEncoder.block(encoder.takeContent())
    }

    private static func complaint(_ bytes: [UInt8]) -> String? {
        do throws(WorkloadError) {
            _ = try Trace(bytes: bytes, file: "t")
            return nil
        } catch {
            return error.description
        }
    }

    @Test func comesBackAsItWasWritten() throws {
        let trace = try Trace(bytes: Self.file, file: "t")
        #expect(trace.name == "small" && trace.sessionTimeoutMilliseconds == 4_000)
        #expect(trace.roles == ["writer", "reader"] && trace.sessions == [0, 1])
        #expect(trace.znodes == [TraceZnode(path: "/a", size: 0), TraceZnode(path: "/a/b", size: 12)])
        #expect(trace.operations.map(\.kind) == [.create, .get, .multi, .set, .check, .delete, .sync])
        #expect(trace.requests == 5 && trace.nanoseconds == 3_000_000)
        let create = trace.operations[0]
        #expect(create.path == "/a/item-" && create.mode == .ephemeralSequential && create.size == 100 && create.session == 0)
        #expect(create.outcome?.created == "/a/item-0000000004" && create.outcome?.nanoseconds == 9)
        let get = trace.operations[1]
        #expect(get.watches && get.intended == 500 && get.outcome?.version == 3 && get.outcome?.zxid == 0x1_0000_0001)
        #expect(trace.operations[2].parts == 2 && !trace.operations[2].isPart && trace.operations[2].outcome?.nanoseconds == 12)
        let part = trace.operations[3]
        #expect(part.isPart && part.version == 3 && part.size == 5 && part.outcome?.version == 4 && part.session == 1)
        let delete = trace.operations[5]
        #expect(delete.version == -1 && delete.outcome?.error == -101, "the reply came before that to the multi")
        #expect(trace.operations[6].path == "/" && trace.operations[6].outcome == nil, "its connection broke")
    }

    @Test func everyCutIsRefused() throws {
        let whole = Self.file
        let first = TraceFormat.firstLine.utf8.count
        for length in first..<whole.count {
            let sentence = try #require(Self.complaint(Array(whole[..<length])), "\(length) of \(whole.count) bytes")
            #expect(sentence.hasPrefix("t: is cut off at byte ") && sentence.contains("record it again"))
        }
        #expect(
            Self.complaint(Array(whole[..<(first - 1)]))?.hasPrefix("t: begins with another line than 'quorate-trace 1'") == true)
        #expect(Self.complaint([])?.hasPrefix("t: is no trace: ") == true)
    }

    @Test func everyFlippedBitIsRefused() throws {
        let whole = Self.file
        for place in whole.indices {
            for bit in 0..<8 {
                var damaged = whole
                damaged[place] ^= 1 << UInt8(bit)
                #expect(Self.complaint(damaged) != nil, "bit \(bit) of byte \(place)")
            }
        }
        #expect(Self.complaint(whole + [0])?.contains("is cut off") == true)
        #expect(
            Self.complaint(whole + whole[TraceFormat.firstLine.utf8.count...])?.contains("something stands behind its end")
                == true)
    }

    /// Whoever seals nonsense with a right checksum gets a sentence, too, or a trace; never a trap.
    @Test func whatIsSealedButMadeUpNeverTraps() throws {
        var encoder = TraceEncoder()
        Self.records(&encoder)
        let content = encoder.takeContent()
        var state: UInt64 = 20_110_627
        func chance(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
        var refused = 0
        for _ in 0..<5_000 {
            var changed = content
            for _ in 0...chance(3) {
                let place = chance(changed.count)
                switch chance(3) {
                case 0: changed[place] = UInt8(chance(256))
                case 1: changed.insert(UInt8(chance(256)), at: place)
                default: changed.remove(at: place)
                }
            }
            let file = Array(TraceFormat.firstLine.utf8) + TraceEncoder.block(changed)
            if let sentence = Self.complaint(file) {
                refused += 1
                #expect(sentence.contains("; ") && sentence.hasPrefix("t: "), "\(sentence)")
            }
        }
        #expect(refused > 2_500 && refused < 5_000, "most of it is refused, and what is right by chance is read")
    }

    @Test func aTraceOfAnotherVersionIsNamed() {
        let text = "quorate-trace 2\n"
        #expect(Self.complaint(Array(text.utf8))?.contains("record it again with this version of quorate") == true)
    }

    @Test func aTraceWithoutOperationsIsRefused() {
        var encoder = TraceEncoder()
        encoder.head(name: "nothing", sessionTimeoutMilliseconds: 1)
        encoder.end()
        let file = Array(TraceFormat.firstLine.utf8) + TraceEncoder.block(encoder.takeContent())
        #expect(Self.complaint(file) == "t: holds no operation, so there is nothing to play; record a longer run")
    }
}
