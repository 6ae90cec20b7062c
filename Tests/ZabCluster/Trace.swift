// Messages and events as people read them, for transcripts and for failing seeds.

import Batch
import Zab

extension Cluster {
    func traceMessage(_ index: Int, _ connection: ConnectionNumber, _ message: Message) {
        guard let (place, toB) = wire(index, connection) else { return }
        let from = toB ? wires[place].b : wires[place].a
        if let text = describe(message) { note("\(members[from].id) -> \(members[index].id) \(text)") }
    }

    /// Nil for what would drown the rest: heartbeats that say nothing new.
    private func describe(_ message: Message) -> String? {
        switch message {
        case .hello, .forward, .forwardRefused: nil
        case .prevote(let prevote): "PREVOTE \(prevote.epoch) \(prevote.history)"
        case .prevoteReply(let reply): "PREVOTE_R \(reply.reason), accepted \(reply.acceptedEpoch)"
        case .newEpoch(let asked): "NEWEPOCH \(asked.epoch) \(asked.history)"
        case .ackEpoch(let ack): "ACKEPOCH \(ack.epoch) \(ack.counted ? "counted" : "not counted") \(ack.bound)"
        case .join(let join): "JOIN \(join.epoch) \(join.history)\(join.isStateBad ? ", state bad" : "")"
        case .sync(let sync): describe(sync)
        case .snapshotChunk: "SNAPCHUNK"
        case .snapshotHeld(let held): "SNAPHELD \(held.zxid) to \(held.offset)"
        case .proposal(let proposal):
            "PROPOSAL \(proposal.batches.map { "\($0.lastZxid)" }.joined(separator: " ")), commit \(proposal.commit)"
        case .newLeader(let newLeader): "NEWLEADER \(newLeader.epoch) to \(newLeader.zSync)"
        case .ack(let ack): "ACK \(ack.epoch) \(ack.last)"
        case .heartbeat(let heartbeat):
            tracesHeartbeats ? "COMMIT \(heartbeat.epoch) \(heartbeat.commit), round \(heartbeat.round)" : nil
        case .readIndex(let read): "READINDEX \(read.kind)"
        case .readIndexReply(let reply): "READINDEX_R \(reply.index.map { "\($0)" } ?? "fail")"
        case .handover(let notice): "HANDOVER \(notice.step) \(notice.epoch) at \(notice.last)"
        case .reject(let reject): "REJECT \(reject.reason), accepted \(reject.epoch)"
        case .echo(let echo): tracesHeartbeats ? "ECHO \(echo.epoch), round \(echo.round)" : nil
        }
    }

    private func describe(_ sync: Sync) -> String {
        switch sync.mode {
        case .diff: "SYNC \(sync.epoch) DIFF from \(sync.from) to \(sync.zSync)"
        case .truncateDiff: "SYNC \(sync.epoch) TRUNC to \(sync.truncateTo), DIFF to \(sync.zSync)"
        case .snapshot: "SYNC \(sync.epoch) SNAP \(sync.start!.zxid), DIFF from \(sync.from) to \(sync.zSync)"
        }
    }

    package func takeTrace() -> [String] {
        defer { trace = [] }
        return trace
    }
}
