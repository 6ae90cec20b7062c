// What a step costs: the commit path of a leader and of a follower, without any allocation that lasts.

import Batch
import Foundation
import Testing
import Zab

@Suite struct StepCostTests {
    /// A bound far above the measured value (about 0.1 microseconds a step), for slow and busy machines.
    @Test func aStepOfTheCommitPathIsCheap() {
        let leader = Dialogue.leader(size: 5, with: [2, 3, 4, 5])
        let batches = 20_000
        var outputs: [Output] = []
        outputs.reserveCapacity(64)
        var counter: UInt32 = 0
        var steps = 0
        let start = ContinuousClock.now
        for _ in 0..<batches {
            counter += 1
            leader.zab.step(.propose(count: 1, bytes: 8, isConfiguration: false), now: leader.now, outputs: &outputs)
            let zxid = Zxid(epoch: 2, counter: counter)
            outputs.removeAll(keepingCapacity: true)
            let prev = counter == 1 ? Zxid(epoch: 1, counter: 5) : Zxid(epoch: 2, counter: counter - 1)
            leader.zab.step(.sealed(Dialogue.batch(zxid, prev: prev)), now: leader.now, outputs: &outputs)
            for peer in MemberID(2)...5 {
                leader.zab.step(
                    .received(leader.data[peer]!, .ack(Ack(epoch: 2, last: zxid, round: 0, applied: .zero))), now: leader.now,
                    outputs: &outputs)
            }
            leader.zab.step(.durable(log: zxid, role: leader.zab.roleNumber), now: leader.now, outputs: &outputs)
            outputs.removeAll(keepingCapacity: true)
            steps += 7
        }
        let taken = ContinuousClock.now - start
        let nanoseconds =
            Double(taken.components.attoseconds) / 1e9 / Double(steps) + Double(taken.components.seconds) * 1e9 / Double(steps)
        print("step: \(Int(nanoseconds)) ns, \(steps) steps, sealing included; Output \(MemoryLayout<Output>.size) bytes")
        #expect(leader.zab.commit == Zxid(epoch: 2, counter: counter))
        #expect(nanoseconds < 20_000)
    }

    @Test func outputsAndInputsStaySmall() {
        #expect(MemoryLayout<Output>.size <= 96)
        #expect(MemoryLayout<Input>.size <= 96)
        #expect(MemoryLayout<Message>.size <= 80)
    }
}
