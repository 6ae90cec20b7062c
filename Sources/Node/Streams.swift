// How a leader's log reaches its learners: each has a cursor; behind it batches go out from the ring in memory, or, where the
// ring no longer reaches, in pieces that the background thread reads from the log. A learner far behind gets a snapshot file
// first.

import Batch
import Journal
import Jute
import PeerProtocol
import Rules
import Zab

extension Node {
    /// Bytes queued for one learner before its cursor waits for the socket.
    private static let queueLimit = 2 << 20
    private static let frameLimit = 1 << 20

    func startStream(_ connection: ConnectionNumber, _ from: Zxid, _ start: Start?, _ limit: Zxid) {
        guard let link = link(connection) else { return }
        abandonStream(link)
        lastStreamNumber += 1
        link.stream = LearnerStream(number: lastStreamNumber, cursor: from, limit: limit)
        if let start {
            link.stream?.owesStart = true
            link.stream?.isOpen = true
            if let held = link.held, held.zxid == start.zxid, held.digest == start.digest, held.offset < start.byteCount {
                link.stream?.skipsThrough = Int(clamping: held.offset)
                counters.snapshotsResumed += 1
            }
            outputs.append(.background(.openSnapshot(id: lastStreamNumber, zxid: start.zxid, digest: start.digest)))
            readSnapshot(link)
        }
    }

    func stopStream(_ connection: ConnectionNumber) {
        guard let link = link(connection) else { return }
        abandonStream(link)
    }

    func abandonStream(_ link: PeerLink) {
        if let stream = link.stream, stream.isOpen { outputs.append(.background(.closeStream(id: stream.number))) }
        link.stream = nil
    }

    /// NEWLEADER has gone out: what is live goes on, to an observer as far as it is committed.
    /// - Parameter zxid: nil for no limit but the log's end.
    func limitStream(_ connection: ConnectionNumber, _ zxid: Zxid?) {
        guard let link = link(connection) else { return }
        link.stream?.limit = zxid
        link.stream?.isLive = true
    }

    func pumpStreams() {
        for link in links where link.stream != nil {
            pump(link)
            holdLog(link)
        }
    }

    /// A cursor that waits for its socket needs the log no less than one that moves: the ring goes on without it, and so would
    /// purging.
    private func holdLog(_ link: PeerLink) {
        guard let stream = link.stream, !stream.isOpen, !stream.owesStart, stream.cursor < ring.start ?? zab.lastLogged else {
            return
        }
        openLog(link, stream)
    }

    private func openLog(_ link: PeerLink, _ stream: LearnerStream) {
        link.stream?.isOpen = true
        outputs.append(.background(.openLog(id: stream.number, behind: stream.cursor)))
    }

    private func pump(_ link: PeerLink) {
        while let stream = link.stream, !stream.owesStart, !link.isClosed, link.out.count < Node.queueLimit {
            guard stream.cursor < stream.limit ?? zab.lastLogged else { return }
            let batches = nextBatches(link)
            guard let last = batches.last else { return }
            sendProposal(link, batches)
            link.stream?.cursor = last.lastZxid
            step(.streamMoved(link.number, to: last.lastZxid))
        }
    }

    /// As many batches behind the cursor as make one frame, from memory or from what has been read; asks for a piece where
    /// neither has it.
    private func nextBatches(_ link: PeerLink) -> [SealedBatch] {
        guard let stream = link.stream else { return [] }
        var batches: [SealedBatch] = []
        var bytes = 0
        var cursor = stream.cursor
        let limit = stream.limit ?? Zxid(rawValue: .max)
        while bytes < Node.frameLimit, cursor < limit {
            #if QUORATE_MUTANTS
            if Mutant.isOn(.leavesGaps), let start = ring.start, start > cursor { cursor = start }
            #endif
            guard let batch = takePiece(link, after: cursor) ?? ring.batch(after: cursor) else { break }
            batches.append(batch)
            bytes += batch.byteCount
            cursor = batch.lastZxid
        }
        if batches.isEmpty { askForPiece(link, stream) }
        return batches
    }

    private func askForPiece(_ link: PeerLink, _ stream: LearnerStream) {
        guard !stream.isReading, stream.pieces.isEmpty else { return }
        if !stream.isOpen { openLog(link, stream) }
        link.stream?.isReading = true
        counters.logPiecesRead += 1
        outputs.append(.background(.readLog(id: stream.number, through: stream.limit ?? zab.lastDurable)))
    }

    private func takePiece(_ link: PeerLink, after cursor: Zxid) -> SealedBatch? {
        while let piece = link.stream?.pieces.first {
            guard piece.prevZxid <= cursor else { return nil }
            link.stream?.pieces.removeFirst()
            if piece.prevZxid == cursor { return piece }
        }
        return nil
    }

    func sendProposal(_ link: PeerLink, _ batches: [SealedBatch]) {
        let credit = credit(for: link)
        var bytes = 0
        for batch in batches { bytes += batch.byteCount }
        link.out.append {
            encoder.encodeProposalHead(
                epoch: zab.epoch, commit: zab.commit, round: zab.round, credit: credit, batchCount: batches.count,
                batchBytes: bytes, into: &$0)
        }
        for batch in batches { link.out.append(batch) }
        link.stream?.toldCommit = zab.commit
        markDirty(link)
    }

    // MARK: what the background thread has read

    private func link(streaming number: UInt64) -> PeerLink? { links.first { $0.stream?.number == number } }

    func takeLogPiece(_ number: UInt64, _ batches: [SealedBatch], _ position: Zxid) {
        if number == backlog.stream { return takeBacklogPiece(batches) }
        guard let link = link(streaming: number) else { return }
        link.stream?.isReading = false
        for batch in batches { link.stream?.pieces.append(batch) }
        // Once the ring reaches the cursor again the log is let go, so that it need not be kept for this learner.
        if batches.isEmpty || ring.batch(after: position) != nil, link.stream?.isOpen == true {
            link.stream?.isOpen = false
            outputs.append(.background(.closeStream(id: number)))
        }
        pump(link)
    }

    func takeSnapshotPiece(_ number: UInt64, _ offset: Int, _ bytes: [UInt8], isLast: Bool) {
        guard let link = link(streaming: number) else { return }
        link.stream?.isReading = false
        pace(link, bytes.count)
        // It was read to be checked; the learner has it.
        if offset + bytes.count <= link.stream?.skipsThrough ?? 0 { return step(.progressed(link.number)) }
        counters.snapshotBytesSent += UInt64(bytes.count)
        let chunk = Message.snapshotChunk(
            SnapshotChunk(epoch: zab.epoch, offset: UInt64(offset), isLast: isLast, body: 0..<0))
        bytes.withUnsafeBytes { payload in link.out.append { encoder.encode(chunk, payload: payload, into: &$0) } }
        markDirty(link)
        // The piece before was taken by the socket: the synchronization moves.
        step(.progressed(link.number))
        if isLast {
            link.stream?.owesStart = false
            link.stream?.isOpen = false
            outputs.append(.background(.closeStream(id: number)))
            step(.streamMoved(link.number, to: link.stream?.cursor ?? .zero))
            pump(link)
        }
    }

    /// The snapshot's next piece is read when the socket has taken the last ones.
    func continueSnapshots() {
        for link in links {
            guard let stream = link.stream, stream.owesStart, !stream.isReading, link.out.count < Node.queueLimit,
                stream.nextPieceAt <= now
            else {
                continue
            }
            readSnapshot(link)
        }
    }

    private func readSnapshot(_ link: PeerLink) {
        guard let stream = link.stream else { return }
        link.stream?.isReading = true
        link.stream?.askedAt = now
        outputs.append(.background(.readSnapshot(id: stream.number)))
    }

    /// Reading it takes a share of the time that the disk has, measured by how long this piece took, and no more of the network
    /// than is allowed: what clients write goes the same way.
    private func pace(_ link: PeerLink, _ bytes: Int) {
        guard let stream = link.stream else { return }
        let took = now.since(stream.askedAt)
        var rest = took * UInt64(100 - settings.snapshotSendShare) / UInt64(settings.snapshotSendShare)
        if settings.snapshotSendRate > 0 {
            let due = UInt64(bytes) * 1_000_000_000 / UInt64(settings.snapshotSendRate)
            rest = max(rest, due - min(due, took))
        }
        link.stream?.nextPieceAt = now.advanced(byNanoseconds: rest)
    }

    /// When the next piece of a snapshot may be read for a learner whose socket has room.
    var nextSnapshotPiece: Instant? {
        var earliest: Instant?
        for link in links {
            guard let stream = link.stream, stream.owesStart, !stream.isReading, link.out.count < Node.queueLimit else {
                continue
            }
            earliest = min(earliest ?? stream.nextPieceAt, stream.nextPieceAt)
        }
        return earliest
    }

    func streamGone(_ number: UInt64, _ reason: String) {
        if number == backlog.stream { return backlogStreamGone(reason) }
        guard let link = link(streaming: number) else { return }
        link.stream?.isOpen = false
        closePeer(link.id, "what it needs of the log is gone: \(reason)")
    }
}
