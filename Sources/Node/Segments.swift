// Records of handlers are applied a segment at a time, and answered one by one like all others: before the handler sees the next
// record, the client has its answer and what it had parked behind it has run.

import Batch
import ClientProtocol
import Jute
import StateMachine

extension Node {
    /// - Returns: how many records from `head` on were applied; 0 if no handler owns it.
    @inline(__always)
    static func applySegment(
        _ head: RequestHead, _ reader: inout RecordReader, _ zxid: Zxid, _ batch: SealedBatch, _ index: Int, _ state: StateMachine
    ) -> Int {
        guard head.type >= OpCode.firstOfHandlers else { return 0 }
        return state.applySegment(head, &reader, zxid: zxid, header: batch.header, limit: batch.count - index)
    }

    /// From now on this node hears of every record that a handler has applied.
    func answerSegments() {
        stateMachine.answerSegmentRecord = { [unowned self] head, zxid, error, reply in answerRecord(head, zxid, error, reply) }
    }

    private func answerRecord(_ head: RequestHead, _ zxid: Zxid, _ error: Int32, _ reply: UnsafeRawBufferPointer) {
        if let burn = settings.faults.burnPerWrite { burn() }
        guard head.origin.server == settings.serverID, head.origin.run == settings.run else { return }
        guard let entry = pending.take(head.origin.seq) else { return }
        replyScratch.removeAll()
        replyScratch.append(reply)
        if let answered = answer(entry, head, zxid, error), answered.parkedCount > 0 { runParked(answered) }
    }
}
