// Applies and reads every kind of operation over many znodes in random order. With QUORATE_MEASURE in the environment there are
// 100,000 of them and the nanoseconds of each kind are printed; otherwise fewer, and only the answers are checked, because a
// figure proves nothing on a busy machine.

import ApplyHarness
import Batch
import ClientProtocol
import Glibc
import Handlers
import Jute
import StateMachine
import Testing

private let isMeasuring = getenv("QUORATE_MEASURE") != nil

@Suite struct SpeedTests {
    private final class Road {
        let machine = StateMachine()
        var reply = ByteBuffer()
        var effects = Effects()
        var counter: UInt32 = 0

        @inline(never)
        func run(_ type: Int32, _ bodies: [UInt8], _ ranges: [Range<Int>], _ order: [Int], isRead: Bool = false) -> Int {
            var errors = 0
            bodies.withUnsafeBytes { all in
                for i in order {
                    // Bodies stand in the order of use, as they do in a batch; it is the paths that come at random.
                    let body = UnsafeRawBufferPointer(rebasing: all[ranges[i]]).bytes
                    reply.removeAll()
                    effects.removeAll()
                    if isRead {
                        if machine.read(
                            type: type, connection: 1, session: 1, identities: RawSpan(), body: body, reply: &reply,
                            effects: &effects) != 0
                        {
                            errors += 1
                        }
                        continue
                    }
                    counter += 1
                    let head = RequestHead(
                        type: type, xid: 1, session: 1, origin: Origin(server: 1, run: 7, seq: UInt64(counter)))
                    let context = ApplyContext(
                        zxid: Zxid(epoch: 1, counter: counter), wallTime: 1, logTime: 1, version: 1, head: head, isOwn: true)
                    if machine.apply(context, identities: RawSpan(), body: body, reply: &reply, effects: &effects).error != 0 {
                        errors += 1
                    }
                }
            }
            return errors
        }
    }

    /// Nanoseconds of this thread on a processor, which other programs do not lengthen much.
    private func processorTime() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    @Test func operations() {
        let count = isMeasuring ? 100_000 : 5_000
        let road = Road()
        var chance = Chance(seed: 3)
        let order = (0..<count).shuffled(using: &chance)
        func bodies(_ make: (Int) -> [UInt8]) -> ([UInt8], [Range<Int>]) {
            var all: [UInt8] = []
            var ranges: [Range<Int>] = []
            for i in order {
                let one = make(i)
                ranges.append(all.count..<all.count + one.count)
                all += one
            }
            return (all, ranges)
        }
        func measure(_ name: String, _ type: Int32, _ made: ([UInt8], [Range<Int>]), isRead: Bool = false) {
            let start = processorTime()
            let errors = road.run(type, made.0, made.1, Array(0..<count), isRead: isRead)
            if isMeasuring { print("\(name): \((processorTime() - start) / count) ns") }
            #expect(errors == 0)
        }
        let data = [UInt8](repeating: 65, count: 100)
        let session = Body.timeout(10_000)
        _ = road.run(OpCode.createSession, session, [0..<session.count], [0])
        for dir in 0..<100 {
            let body = Body.create("/d\(dir)")
            _ = road.run(OpCode.create, body, [0..<body.count], [0])
        }
        func path(_ i: Int) -> String { "/d\(i % 100)/node-000000\(100_000 + i)" }
        measure("create 100 B", OpCode.create, bodies { Body.create(path($0), data) })
        for _ in 0..<3 {
            measure("setData 100 B", OpCode.setData, bodies { Body.setData(path($0), data) })
            measure("getData 100 B", OpCode.getData, bodies { Body.watched(path($0)) }, isRead: true)
            measure("exists", OpCode.exists, bodies { Body.watched(path($0)) }, isRead: true)
        }
        measure("getData and watch", OpCode.getData, bodies { Body.watched(path($0), watch: true) }, isRead: true)
        measure("setData, fires one watch", OpCode.setData, bodies { Body.setData(path($0), data) })
        measure("delete", OpCode.delete, bodies { Body.versioned(path($0)) })
        measure("create again", OpCode.create, bodies { Body.create(path($0), data) })
    }
}
