// Appending: batches are staged with their place in the log judged, then written as one group of frames with one call and
// flushed with another. Also the seal that marks the end of an idle log.

import Batch
import Glibc
import Rules

extension Journal {
    func stage(_ batch: SealedBatch) {
        // Rule L1: the log is contiguous.
        demand(
            batch.prevZxid == lastLogged,
            "Rule L1: a batch behind \(batch.prevZxid) was appended to a log that ends at \(lastLogged)")
        pending.append(batch)
        lastLogged = batch.lastZxid
        lastEpoch = batch.header.epoch
        counters.records &+= UInt64(batch.count)
    }

    /// Writes everything staged in one go and flushes it once; only then it is durable (rule D4).
    func flushPending(_ completions: inout [JournalCompletion]) throws(JournalError) {
        if pending.isEmpty { return }
        try unmarkEnd()
        var length = 0
        for batch in pending { length += Frame.headSize + batch.byteCount }
        makeRoom(for: roundedUpToBlock(length))
        // Rules D6, D7, D11: frames go only into a use that the epoch file has named, in the generation that it names.
        demand(use <= epochs.newestUse && use >= epochs.oldestUse, "Rule D11: use \(use) is not in the epoch file")
        let start = disk.now
        let first = LogPosition(before: pending[0].prevZxid, chain: chain, offset: end)
        let written = writeGroup(length: length)
        try storing { () throws(DiskError) in
            let place = unwrittenBase == nil ? end : blockSize
            #if QUORATE_MUTANTS
            if Mutant.isOn(.nothingElse) { _ = try disk.size(file) }
            if Mutant.isOn(.retriesFlush) { return try flushTwice(behind: written, at: place) }
            #endif
            try disk.writeThrough(file, at: place, written)
        }
        let done = disk.now
        finishGroup(first: first, bytes: roundedUpToBlock(length))
        let took = done.since(start)
        counters.recordFlush(bytes: roundedUpToBlock(length), batches: pending.count, nanoseconds: took)
        pace.record(nanoseconds: took, at: done)
        pending.removeAll(keepingCapacity: true)
        // Rule D4: what is reported is exactly what the flush that just returned covers, with everything before it.
        demand(lastDurable == lastLogged, "Rule D4: the flush covers \(lastDurable), not \(lastLogged)")
        let event = JournalCompletion.Event.durable(through: lastLogged, role: pendingRole)
        completions.append(JournalCompletion(event, at: done, flushNanoseconds: took))
        requestSpare()
    }

    /// A group stays within one segment. If it does not fit into what was filled before, the next segment takes it; and if none
    /// is ready, the file grows: the log never waits.
    private func makeRoom(for bytes: Int) {
        if end + bytes <= filled { return }
        guard let next = spare else {
            counters.spareMisses &+= 1
            return
        }
        spare = nil
        // Rule D11: name, identity and the epoch file's word for this use were durable before it became the spare.
        demand(epochs.newestUse == next.identity.use, "Rule D11: the epoch file does not name the spare")
        file = next.file
        use = next.identity.use
        end = Segment.headSize
        filled = next.size
        let zxid = pending[0].prevZxid
        unwrittenBase = SegmentBase(use: use, generation: epochs.generation, zxid: zxid, epoch: epochOf(zxid), chain: chain)
        counters.segmentUses &+= 1
    }

    /// The epoch of a place in the log is that of its zxid; a log based on nothing has epoch 0.
    func epochOf(_ zxid: Zxid) -> UInt32 { zxid.epoch }

    /// Encodes heads for the staged batches and lays out what goes to the disk.
    private func writeGroup(length: Int) -> UnsafeMutableBufferPointer<iovec> {
        reserve(pending.count)
        var n = 0
        func add(_ base: UnsafeRawPointer, _ count: Int) {
            pieces[n] = iovec(iov_base: UnsafeMutableRawPointer(mutating: base), iov_len: count)
            n += 1
        }
        if let base = unwrittenBase {
            base.encode(into: blocks, at: 0)
            add(blocks.base, blockSize)
        }
        let known = min(committed, lastLogged)
        var head = heads
        for batch in pending {
            let frame = Frame(
                use: use, length: batch.byteCount, chainBefore: chain, syncedUpTo: lastDurable, committedUpTo: known,
                lastZxid: batch.lastZxid)
            frame.encode(to: head, salt: salt)
            chain = Frame.chain(head: head, batchCRC: batch.header.crc)
            add(head, Frame.headSize)
            add(batch.bytes.baseAddress!, batch.byteCount)
            head += Frame.headSize
        }
        let gap = roundedUpToBlock(length) - length
        if gap > 0 { add(padding.base, gap) }
        return UnsafeMutableBufferPointer(rebasing: pieces[0..<n])
    }

    private func reserve(_ n: Int) {
        if n <= headCapacity { return }
        headCapacity = max(n, 2 * headCapacity)
        heads.deallocate()
        pieces.deallocate()
        heads = UnsafeMutableRawPointer.allocate(byteCount: headCapacity * Frame.headSize, alignment: 8)
        pieces = .allocate(capacity: 2 * headCapacity + 2)
    }

    private func finishGroup(first: LogPosition, bytes: Int) {
        end += bytes
        lastDurable = lastLogged
        durableCommit = max(durableCommit, min(committed, lastLogged))
        isSealed = false
        let newBase = unwrittenBase
        unwrittenBase = nil
        let (file, filled, last, end) = (file, filled, lastLogged, end)
        map.change { state in
            if let newBase { state.segments.append(Segment(file: file, base: newBase, filled: filled)) }
            let i = state.segments.count - 1
            state.segments[i].last = last
            state.segments[i].end = end
            state.segments[i].noteFrame(at: first)
            state.durable = last
        }
    }

    /// Frames carry along how far is known committed; where none may follow for long, a seal does, with a flush of its own.
    func recordCommit() throws(DiskError) {
        guard min(committed, lastLogged) > durableCommit else { return }
        isSealed = false
        try writeSeal(flushed: true)
    }

    /// One block that says how far the log is durable and committed, so that a later loss of what lies before is known for
    /// damage.
    func writeSeal(flushed: Bool) throws(DiskError) {
        if isSealed || lastDurable == .zero || unwrittenBase != nil {
            if flushed { try disk.flush(file) }
            return
        }
        let frame = Frame(
            use: use, length: 0, chainBefore: chain, syncedUpTo: lastDurable, committedUpTo: min(committed, lastLogged),
            lastZxid: lastLogged)
        blocks.clear()
        frame.encode(to: blocks.base, salt: salt)
        try disk.writeAll(file, at: end, UnsafeRawBufferPointer(start: blocks.base, count: blockSize))
        if flushed {
            try disk.flush(file)
            durableCommit = max(durableCommit, frame.committedUpTo)
        }
        end += blockSize
        isSealed = true
        counters.seals &+= 1
        let end = end
        map.change { state in state.segments[state.segments.count - 1].end = end }
    }
}
