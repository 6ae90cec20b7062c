// The stream of a state's rows, as a snapshot file or a leader's snapshot brings it. A state that is taken can be walked whole
// and answers.

import ApplyHarness
import Batch
import ClientProtocol
import Handlers
import Jute
import StateMachine

final class Snapshots: FuzzTarget {
    let name = "snapshots"
    let corpus: [[UInt8]]
    let bound = AllocationBound(base: 4 << 20, perByte: 64)

    init() { corpus = [Snapshots.stream(requests: 0), Snapshots.stream(requests: 40), Snapshots.stream(requests: 200)] }

    /// The snapshot of a state behind some of everything.
    private static func stream(requests: Int) -> [UInt8] {
        let applier = Applier()
        applier.apply(OpCode.founding, session: 0, Body.founding())
        for session in 1...3 { applier.openSession(Int64(session)) }
        for number in 0..<requests {
            let (type, body) = ClientRecordings.bodies[number % ClientRecordings.bodies.count]
            applier.apply(type, session: Int64(1 + number % 3), body)
            applier.apply(
                OpCode.create, Body.create("/n-\(number)", [UInt8](repeating: 1, count: number), flags: Int32(number % 2)))
            if number % 3 == 0 { applier.apply(OpCode.delete, Body.versioned("/n-\(number / 2)")) }
        }
        var buffer = ByteBuffer()
        applier.machine.beginSnapshot()
        while !applier.machine.encodeSnapshotRows(budgetBytes: 1 << 16, into: &buffer) {}
        return Array(buffer.bytes)
    }

    func change(_ input: inout [UInt8], _ mutator: inout Mutator) {
        var items = Snapshots.items(input)
        guard items.count > 2 else { return mutator.change(&input) }
        for _ in 0...mutator.chance.below(3) {
            let index = mutator.chance.below(items.count)
            switch mutator.chance.below(12) {
            case 0: items.remove(at: index)
            case 1: items.insert(items[mutator.chance.below(items.count)], at: index)
            case 2: items.swapAt(index, mutator.chance.below(items.count))
            default: mutator.changeOnce(&items[index])
            }
            if items.isEmpty { items = [[0]] }
        }
        if !mutator.chance.oneIn(8) { Snapshots.mend(&items) }
        input = items.flatMap { item in withUnsafeBytes(of: UInt32(item.count).littleEndian) { Array($0) } + item }
        if mutator.chance.oneIn(20) { mutator.changeOnce(&input) }
    }

    private static func items(_ stream: [UInt8]) -> [[UInt8]] {
        var items: [[UInt8]] = []
        var place = 0
        while place + 4 <= stream.count {
            let length = Int(stream.little(UInt32.self, at: place))
            guard length <= stream.count - place - 4 else { break }
            items.append(Array(stream[place + 4..<place + 4 + length]))
            place += 4 + length
        }
        return items
    }

    /// The sum of all items in the last.
    private static func mend(_ items: inout [[UInt8]]) {
        var (sum, count) = (UInt64(0), UInt64(0))
        for item in items.dropFirst().dropLast() {
            sum &+= item.withUnsafeBytes { Mix.bytes($0, seed: 1) }
            count &+= 1
        }
        items[items.count - 1].put(little: sum, at: 8)
        items[items.count - 1].put(little: count, at: 16)
    }

    func run(_ input: [UInt8]) {
        let machine = StateMachine()
        machine.restoreBegin(bytes: input.count)
        let whole = input.span.bytes
        let half = input.count / 2
        do throws(SnapshotError) {
            try machine.restore(chunk: whole.extracting(0..<half))
            try machine.restore(chunk: whole.extracting(half..<whole.byteCount))
            try machine.restoreEnd()
        } catch {
            return
        }
        _ = machine.wholeDigest()
        var reply = ByteBuffer()
        var effects = Effects()
        for (type, body) in [(OpCode.getData, Body.watched("/a")), (OpCode.exists, Body.watched("/n-7"))] {
            _ = machine.read(
                type: type, connection: 1, session: 1, identities: [UInt8]().span.bytes, body: body.span.bytes, reply: &reply,
                effects: &effects)
        }
        var sessions = 0
        machine.forEachSession { _, _, _, _ in sessions += 1 }
        expect(sessions == machine.sessionCount, "\(sessions) sessions are there and \(machine.sessionCount) counted")
    }
}
