// Multi: all parts or none, one zxid, results in the framing that clients know, and nothing left behind by a failure.

import ApplyHarness
import Batch
import ClientProtocol
import DataTree
import Handlers
import Jute
import StateMachine
import Testing

@Suite struct MultiTests {
    private func started() -> Applier {
        let applier = Applier()
        #expect(applier.openSession() == 0)
        applier.apply(OpCode.create, Body.create("/t", [1]))
        return applier
    }

    /// (type, error) of each result; create paths and Stats are skipped over.
    private func results(_ answer: Answer) -> [String] {
        var reader = JuteReader(answer.body.span.bytes)
        var list: [String] = []
        do {
            while true {
                let header = try MultiHeader(reading: &reader)
                if header.done {
                    list.append(header == MultiHeader.end && reader.remaining == 0 ? "end" : "bad end")
                    return list
                }
                switch header.type {
                case OpCode.create:
                    list.append(String(decoding: try reader.text().withUnsafeBytes { [UInt8]($0) }, as: UTF8.self))
                case OpCode.create2:
                    let path = String(decoding: try reader.text().withUnsafeBytes { [UInt8]($0) }, as: UTF8.self)
                    list.append("\(path) \(try Stat(reading: &reader).cversion)")
                case OpCode.setData: list.append("set \(try Stat(reading: &reader).version)")
                case OpCode.error: list.append("error \(header.error) \(try reader.int())")
                default: list.append("\(header.type)")
                }
            }
        } catch {
            return list + ["cut"]
        }
    }

    @Test func success() {
        let a = started()
        let answer = a.apply(
            OpCode.multi,
            Body.multi([
                (OpCode.create, Body.create("/t/a")), (OpCode.create2, Body.create("/t/a/b")),
                (OpCode.create, Body.create("/t/s", flags: CreateMode.persistentSequential)),
                (OpCode.create, Body.create("/t/s", flags: CreateMode.persistentSequential)),
                (OpCode.check, Body.versioned("/t", version: 0)), (OpCode.setData, Body.setData("/t", [2])),
                (OpCode.setData, Body.setData("/t", [3], version: 1)), (OpCode.delete, Body.versioned("/t/a/b")),
                (OpCode.delete, Body.versioned("/t/a")),
            ]))
        #expect(answer.error == 0)
        #expect(
            results(answer) == [
                "/t/a", "/t/a/b 0", "/t/s0000000001", "/t/s0000000002", "13", "set 1", "set 2", "2", "2", "end",
            ])
        let stat = a.read(OpCode.exists, Body.watched("/t")).stat
        #expect(stat.mzxid == a.zxid.wire && stat.pzxid == a.zxid.wire && stat.numChildren == 2 && stat.cversion == 4)
    }

    @Test(arguments: [0, 1, 2]) func failure(at place: Int) {
        let a = started()
        a.apply(OpCode.create, Body.create("/t/old", [UInt8](repeating: 7, count: 100)))
        a.apply(OpCode.create, Body.create("/t/older", flags: CreateMode.ephemeral))
        let before = a.machine.wholeDigest()
        let size = a.machine.approximateDataSize
        var parts: [(Int32, [UInt8])] = [
            (OpCode.create, Body.create("/t/new", flags: CreateMode.ephemeral)),
            (OpCode.setData, Body.setData("/t/old", [UInt8](repeating: 8, count: 300))),
        ]
        parts.insert((OpCode.check, Body.versioned("/t", version: 44)), at: place)
        let answer = a.apply(OpCode.multi, Body.multi(parts))
        #expect(answer.error == 0)
        let expected = (0..<3).map { $0 < place ? "error 0 0" : $0 == place ? "error -103 -103" : "error -2 -2" }
        #expect(results(answer) == expected + ["end"])
        #expect(a.read(OpCode.exists, Body.watched("/t/new")).error == ErrorCode.noNode)
        #expect(a.read(OpCode.getData, Body.watched("/t/old")).data == [UInt8](repeating: 7, count: 100))
        #expect(a.machine.approximateDataSize == size && a.machine.ephemeralCount == 1)
        // Every row is as it was, but for the free list where a row was taken and given back.
        if place == 0 { #expect(a.machine.wholeDigest() == before) }
        #expect(a.read(OpCode.getChildren, Body.watched("/t")).names == ["old", "older"])
        #expect(a.apply(OpCode.closeSession, []).error == 0)
        #expect(a.machine.ephemeralCount == 0)
    }

    /// Deleting, making again and failing must give back the same rows in the same places of their lists.
    @Test func undoneDeletes() {
        let a = started()
        for name in ["a", "b", "c"] { a.apply(OpCode.create, Body.create("/t/\(name)", flags: CreateMode.ephemeral)) }
        let names = a.read(OpCode.getChildren, Body.watched("/t")).names
        let answer = a.apply(
            OpCode.multi,
            Body.multi([
                (OpCode.delete, Body.versioned("/t/b")), (OpCode.create, Body.create("/t/b", [9])),
                (OpCode.create, Body.create("/t/b/c", [9])), (OpCode.delete, Body.versioned("/t/a")),
                (OpCode.delete, Body.versioned("/t/c")), (OpCode.delete, Body.versioned("/t")),
            ]))
        #expect(results(answer)[5] == "error -111 -111")
        #expect(a.read(OpCode.getChildren, Body.watched("/t")).names == names)
        #expect(a.read(OpCode.exists, Body.watched("/t/b/c")).error == ErrorCode.noNode)
        #expect(a.machine.ephemeralCount == 3)
        a.apply(OpCode.closeSession, [])
        #expect(a.read(OpCode.getChildren, Body.watched("/t")).names == [])
    }

    @Test func malformed() {
        let a = started()
        #expect(results(a.apply(OpCode.multi, Body.multi([]))) == ["end"])
        let setACL = Body.multi([(OpCode.create, Body.create("/x")), (OpCode.setACL, Body.setACL("/x", Body.open))])
        #expect(a.apply(OpCode.multi, setACL) == Answer(error: ErrorCode.marshallingError, body: [], events: []))
        let read = Body.multi([(OpCode.create, Body.create("/x")), (OpCode.getData, Body.path("/x"))])
        #expect(a.apply(OpCode.multi, read).error == ErrorCode.marshallingError)
        #expect(
            a.apply(OpCode.multi, Array(Body.multi([(OpCode.create, Body.create("/x"))]).dropLast(3))).error
                == ErrorCode.marshallingError)
        #expect(a.apply(OpCode.multi, []).error == ErrorCode.marshallingError)
        #expect(a.read(OpCode.exists, Body.watched("/x")).error == ErrorCode.noNode)
        // check alone is no operation.
        #expect(a.apply(OpCode.check, Body.versioned("/t")).error == ErrorCode.unimplemented)
        let many = [(Int32, [UInt8])](repeating: (OpCode.check, Body.versioned("/t")), count: DataTree.maxMultiParts + 1)
        #expect(a.apply(OpCode.multi, Body.multi(many)).error == ErrorCode.badArguments)
        #expect(a.apply(OpCode.multi, Body.multi(Array(many.dropLast()))).error == 0)
    }

    @Test func eventsWaitForTheLastPart() {
        let a = started()
        a.read(OpCode.getData, Body.watched("/t", watch: true))
        a.read(OpCode.getChildren, Body.watched("/t", watch: true))
        a.read(OpCode.exists, Body.watched("/t/a", watch: true))
        let parts: [(Int32, [UInt8])] = [(OpCode.setData, Body.setData("/t", [2])), (OpCode.create, Body.create("/t/a"))]
        let failed = a.apply(OpCode.multi, Body.multi(parts + [(OpCode.delete, Body.versioned("/none"))]))
        #expect(failed.events == [])
        let done = a.apply(OpCode.multi, Body.multi(parts + [(OpCode.setData, Body.setData("/t", [2]))]))
        #expect(
            done.events == [
                .init(1, EventType.nodeDataChanged, "/t"), .init(1, EventType.nodeCreated, "/t/a"),
                .init(1, EventType.nodeChildrenChanged, "/t"),
            ])
    }
}
