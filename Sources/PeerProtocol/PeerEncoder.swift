// Messages to bytes. One encoder per process: it knows who speaks.

package import Batch
import CLinux
package import Jute
package import Zab

package struct PeerEncoder: Sendable {
    private let source: MemberID
    private let tag: UInt64

    package init(source: MemberID, incarnation: Incarnation) {
        self.source = source
        tag = PeerFrame.tag(incarnation)
    }

    /// Appends one whole frame. `payload` is the bulk of a FORWARD or SNAPCHUNK and empty for all others.
    package func encode(
        _ message: Message, payload: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        into buffer: inout ByteBuffer
    ) {
        let start = buffer.count
        switch message {
        case .proposal(let proposal):
            begin(.proposal, proposal.epoch, &buffer)
            proposalFields(proposal, &buffer)
            for batch in proposal.batches { buffer.append(batch.bytes) }
        case .forward(let forward):
            begin(.forward, forward.epoch, &buffer)
            buffer.append(littleEndian: forward.count)
            buffer.append(littleEndian: checksum(payload))
            buffer.append(payload)
        case .snapshotChunk(let chunk):
            begin(.snapshotChunk, chunk.epoch, &buffer)
            buffer.append(littleEndian: chunk.offset)
            buffer.append(littleEndian: UInt32(chunk.isLast ? 1 : 0))
            buffer.append(littleEndian: checksum(payload))
            buffer.append(payload)
        default: encodeSmall(message, &buffer)
        }
        finish(start, bulk: 0, &buffer)
    }

    /// Appends head and fields of a PROPOSAL; its batches' bytes, `batchBytes` in total, must follow on the wire unchanged.
    package func encodeProposalHead(
        epoch: UInt32, commit: Zxid, round: UInt64, credit: Credit, batchCount: Int, batchBytes: Int,
        into buffer: inout ByteBuffer
    ) {
        let start = buffer.count
        begin(.proposal, epoch, &buffer)
        proposalFields(epoch: epoch, commit: commit, round: round, credit: credit, batchCount: batchCount, &buffer)
        finish(start, bulk: batchBytes, &buffer)
    }

    private func checksum(_ payload: UnsafeRawBufferPointer) -> UInt32 {
        payload.isEmpty ? 0 : quorate_crc32c(0, payload.baseAddress!, payload.count)
    }

    @inline(__always)
    private func begin(_ kind: PeerFrame.Kind, _ epoch: UInt32, _ buffer: inout ByteBuffer) {
        buffer.append(littleEndian: UInt32(0))
        buffer.append(byte: kind.rawValue)
        buffer.append(byte: PeerFrame.version)
        buffer.append(littleEndian: UInt16(0))
        buffer.append(littleEndian: epoch)
        buffer.append(littleEndian: source)
        buffer.append(littleEndian: tag)
        buffer.append(littleEndian: UInt32(0))
    }

    /// Fills in length and checksums. `bulk`: bytes that will follow the frame's end in this buffer.
    private func finish(_ start: Int, bulk: Int, _ buffer: inout ByteBuffer) {
        let length = buffer.count - start + bulk
        precondition(length <= PeerFrame.maxLength, "a frame of \(length) bytes, above what any member reads")
        buffer.put(littleEndian: UInt32(length), at: start)
        buffer.put(littleEndian: PeerFrame.headCheck(buffer.bytes.baseAddress! + start), at: start + 6)
        let frame = UnsafeRawBufferPointer(rebasing: buffer.bytes[start...])
        let kind = PeerFrame.Kind(rawValue: frame[4])!
        let fieldsEnd = kind.fieldsBeforeBulk.map { PeerFrame.headSize + $0 } ?? frame.count
        let crc = PeerFrame.checksum(frame, fieldsEnd: fieldsEnd)
        buffer.put(littleEndian: crc, at: start + 24)
    }

    private func proposalFields(_ proposal: Proposal, _ buffer: inout ByteBuffer) {
        proposalFields(
            epoch: proposal.epoch, commit: proposal.commit, round: proposal.round, credit: proposal.credit,
            batchCount: proposal.batches.count, &buffer)
    }

    private func proposalFields(
        epoch: UInt32, commit: Zxid, round: UInt64, credit: Credit, batchCount: Int, _ buffer: inout ByteBuffer
    ) {
        buffer.append(littleEndian: commit.rawValue)
        buffer.append(littleEndian: round)
        append(credit, &buffer)
        buffer.append(littleEndian: UInt32(batchCount))
        buffer.append(littleEndian: UInt32(0))
    }

    private func encodeSmall(_ message: Message, _ buffer: inout ByteBuffer) {
        switch message {
        case .ack(let ack):
            begin(.ack, ack.epoch, &buffer)
            buffer.append(littleEndian: ack.last.rawValue)
            buffer.append(littleEndian: ack.round)
            buffer.append(littleEndian: ack.applied.rawValue)
            buffer.append(littleEndian: UInt32(ack.digests.count))
            for pair in ack.digests { append(pair, &buffer) }
            append(sessions: ack.touched, &buffer)
        case .heartbeat(let heartbeat):
            begin(.heartbeat, heartbeat.epoch, &buffer)
            buffer.append(littleEndian: heartbeat.commit.rawValue)
            buffer.append(littleEndian: heartbeat.round)
            buffer.append(littleEndian: heartbeat.sendTime.nanoseconds)
            append(heartbeat.credit, &buffer)
            append(heartbeat.digest, &buffer)
        case .echo(let echo):
            begin(.echo, echo.epoch, &buffer)
            buffer.append(littleEndian: echo.round)
            buffer.append(littleEndian: echo.sendTime.nanoseconds)
            buffer.append(littleEndian: echo.applied.rawValue)
            append(sessions: echo.touched, &buffer)
        case .readIndex(let read):
            begin(.readIndex, read.epoch, &buffer)
            buffer.append(littleEndian: read.nonce)
            buffer.append(byte: read.kind.rawValue)
        case .readIndexReply(let reply):
            begin(.readIndexReply, reply.epoch, &buffer)
            buffer.append(littleEndian: reply.nonce)
            buffer.append(byte: reply.index == nil ? 0 : 1)
            buffer.append(littleEndian: reply.index?.rawValue ?? 0)
        case .handover(let notice):
            begin(.handover, notice.epoch, &buffer)
            buffer.append(byte: notice.step.rawValue)
            buffer.append(littleEndian: notice.last.rawValue)
        case .forwardRefused(let epoch): begin(.forwardRefused, epoch, &buffer)
        default: encodeElection(message, &buffer)
        }
    }

    private func encodeElection(_ message: Message, _ buffer: inout ByteBuffer) {
        switch message {
        case .prevote(let prevote):
            begin(.prevote, prevote.epoch, &buffer)
            append(prevote.history, &buffer)
            buffer.append(littleEndian: prevote.configurationZxid.rawValue)
            buffer.append(littleEndian: prevote.nonce)
        case .prevoteReply(let reply):
            begin(.prevoteReply, reply.acceptedEpoch, &buffer)
            buffer.append(littleEndian: reply.nonce)
            buffer.append(byte: reply.reason.rawValue)
            buffer.append(littleEndian: reply.leaderHint)
        case .newEpoch(let newEpoch):
            begin(.newEpoch, newEpoch.epoch, &buffer)
            append(newEpoch.history, &buffer)
            buffer.append(littleEndian: newEpoch.configurationZxid.rawValue)
        case .ackEpoch(let ack):
            begin(.ackEpoch, ack.epoch, &buffer)
            buffer.append(byte: ack.counted ? 1 : 0)
            append(ack.bound, &buffer)
            buffer.append(littleEndian: ack.last.rawValue)
            buffer.append(littleEndian: ack.acceptedEpoch)
        default: encodeSession(message, &buffer)
        }
    }

    private func encodeSession(_ message: Message, _ buffer: inout ByteBuffer) {
        switch message {
        case .hello(let hello): encodeHello(hello, &buffer)
        case .join(let join): encodeJoin(join, &buffer)
        case .sync(let sync): encodeSync(sync, &buffer)
        case .snapshotHeld(let held):
            begin(.snapshotHeld, 0, &buffer)
            buffer.append(littleEndian: held.zxid.rawValue)
            buffer.append(littleEndian: held.digest)
            buffer.append(littleEndian: held.offset)
        case .newLeader(let newLeader):
            begin(.newLeader, newLeader.epoch, &buffer)
            buffer.append(littleEndian: newLeader.zSync.rawValue)
            buffer.append(littleEndian: newLeader.commit.rawValue)
            buffer.append(littleEndian: newLeader.configurationZxid.rawValue)
        case .reject(let reject):
            begin(.reject, reject.epoch, &buffer)
            buffer.append(byte: reject.reason.rawValue)
            buffer.append(littleEndian: reject.zxid.rawValue)
            buffer.append(littleEndian: reject.digest)
            append(text: reject.text, &buffer)
        default: preconditionFailure("a message without a layout")
        }
    }

    private func encodeHello(_ hello: Hello, _ buffer: inout ByteBuffer) {
        begin(.hello, 0, &buffer)
        buffer.append(littleEndian: hello.wireVersion)
        buffer.append(littleEndian: hello.clusterID)
        buffer.append(littleEndian: hello.member)
        buffer.append(littleEndian: hello.incarnation)
        buffer.append(littleEndian: hello.configurationZxid.rawValue)
        buffer.append(littleEndian: hello.configurationDigest)
        buffer.append(littleEndian: hello.frameLimit)
        append(text: hello.configurationText, &buffer)
        if hello.wireVersion >= 3 { buffer.append(littleEndian: hello.run) }
    }

    private func encodeJoin(_ join: Join, _ buffer: inout ByteBuffer) {
        precondition(join.ends.count <= Join.maxEnds, "a JOIN with more ends than a reader takes")
        begin(.join, join.epoch, &buffer)
        buffer.append(littleEndian: join.acceptedEpoch)
        append(join.history, &buffer)
        buffer.append(byte: (join.isStateBad ? 1 : 0) | (join.needsRepair ? 2 : 0))
        buffer.append(littleEndian: join.applyVersion)
        buffer.append(byte: UInt8(join.ends.count))
        for end in join.ends { append(History(epoch: end.epoch, last: end.last), &buffer) }
    }

    private func encodeSync(_ sync: Sync, _ buffer: inout ByteBuffer) {
        begin(.sync, sync.epoch, &buffer)
        buffer.append(byte: sync.mode.rawValue)
        buffer.append(littleEndian: sync.truncateTo.rawValue)
        buffer.append(littleEndian: sync.from.rawValue)
        buffer.append(littleEndian: sync.zSync.rawValue)
        buffer.append(byte: sync.start == nil ? 0 : 1)
        guard let start = sync.start else { return }
        buffer.append(littleEndian: start.zxid.rawValue)
        buffer.append(littleEndian: start.byteCount)
        buffer.append(littleEndian: start.digest)
    }

    private func append(_ history: History, _ buffer: inout ByteBuffer) {
        buffer.append(littleEndian: history.epoch)
        buffer.append(littleEndian: history.last.rawValue)
    }

    private func append(_ credit: Credit, _ buffer: inout ByteBuffer) {
        buffer.append(littleEndian: credit.requests)
        buffer.append(littleEndian: credit.bytes)
    }

    private func append(_ pair: DigestPair, _ buffer: inout ByteBuffer) {
        buffer.append(littleEndian: pair.zxid.rawValue)
        buffer.append(littleEndian: pair.digest)
    }

    private func append(sessions: [Int64], _ buffer: inout ByteBuffer) {
        buffer.append(littleEndian: UInt32(sessions.count))
        sessions.withUnsafeBytes { buffer.append($0) }
    }

    /// At most 64 KiB of it; it is for people.
    private func append(text: String, _ buffer: inout ByteBuffer) {
        let bytes = Array(text.utf8.prefix(0xffff))
        buffer.append(littleEndian: UInt16(bytes.count))
        buffer.append(bytes)
    }
}
