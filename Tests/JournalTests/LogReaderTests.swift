// Cursors over the log: whole batches in pieces, never beyond what is durable, kept from purging, and honest when the log was
// taken from under them.

import Batch
import Journal
import Testing

@Suite("Reading the log")
struct LogReaderTests {
    private func begin(_ disk: SimulatedDisk, _ settings: JournalSettings = smallSettings) throws -> (Journal, BackgroundWork) {
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: settings).journal
        return (journal, BackgroundWork(for: journal))
    }

    @Test("pieces hold whole batches up to a mebibyte, original bytes, from any batch's end on")
    func pieces() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        var batches: [SealedBatch] = []
        for i in 0..<60 {
            batches.append(makeBatch(behind: batches.last?.lastZxid ?? .zero, count: 1 + UInt32(i % 4), size: 70_000))
            journal.append([batches[i]])
            journal.runJobs(work)
        }
        for from in [-1, 0, 17, 58, 59] {
            let reader = try LogReader(disk: disk, map: journal.map, behind: from < 0 ? .zero : batches[from].lastZxid)
            var got: [SealedBatch] = []
            while true {
                let piece = try reader.next(through: journal.lastDurable)
                if piece.isEmpty { break }
                #expect(piece.dropLast().map(\.byteCount).reduce(0, +) < LogReader.pieceSize)
                got += piece
            }
            let expected = batches[(from + 1)...]
            #expect(got.count == expected.count)
            #expect(zip(got, expected).allSatisfy { $0.bytes.elementsEqual($1.bytes) })
        }
    }

    @Test("a cursor follows the growing log and stops at its limit")
    func following() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        let batches = makeBatches(30, size: 9_000)
        journal.append(Array(batches[..<3]))
        let reader = try LogReader(disk: disk, map: journal.map, behind: .zero)
        #expect(try reader.next(through: batches[1].lastZxid).count == 2)
        #expect(try reader.next(through: batches[1].lastZxid).isEmpty)
        #expect(try reader.next(through: batches[29].lastZxid).count == 1)
        #expect(try reader.next(through: batches[29].lastZxid).isEmpty)
        for i in 3..<30 {
            journal.append([batches[i]])
            if i == 8 { journal.runJobs(work) }
            #expect(try reader.next(through: batches[29].lastZxid).map(\.lastZxid) == [batches[i].lastZxid])
        }
    }

    @Test("a pin keeps the log from being purged; when it is gone the log goes, and a cursor behind it is told")
    func pins() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        var last = Zxid.zero
        func grow() {
            let batches = makeBatches(40, behind: last, size: 3_000)
            last = batches[39].lastZxid
            for batch in batches { journal.append([batch], committedUpTo: batch.lastZxid) }
            journal.runJobs(work)
            _ = takeSnapshot(journal, work, at: last)
            journal.runJobs(work)
        }
        grow()
        work.perform(.openLog(id: 4, behind: .zero))
        for _ in 0..<4 { grow() }
        #expect(journal.map.logStart == .zero)
        work.perform(.readLog(id: 4, through: last))
        guard case .logPiece(4, let piece, let position) = work.completions.first else { throw Unexpected.completion }
        #expect(piece.first?.prevZxid == .zero)
        #expect(piece.last?.lastZxid == position)
        work.perform(.closeStream(id: 4))
        grow()
        #expect(journal.map.logStart > .zero)
        work.completions = []
        work.perform(.openLog(id: 5, behind: .zero))
        guard case .streamGone(5, let reason) = work.completions.first else { throw Unexpected.completion }
        #expect(reason.contains("no longer kept"))
    }

    @Test("a cursor that lies too far behind loses its pin and is told")
    func lag() throws {
        let disk = SimulatedDisk()
        var settings = smallSettings
        settings.maxLag = 200 << 10
        let (journal, work) = try begin(disk, settings)
        let reader = try LogReader(disk: disk, map: journal.map, behind: .zero)
        var last = Zxid.zero
        for _ in 0..<5 {
            let batches = makeBatches(40, behind: last, size: 3_000)
            last = batches[39].lastZxid
            for batch in batches { journal.append([batch], committedUpTo: batch.lastZxid) }
            journal.runJobs(work)
            _ = takeSnapshot(journal, work, at: last)
            journal.runJobs(work)
        }
        #expect(journal.map.logStart > .zero)
        #expect(throws: LogReadError.self) { try reader.next(through: last) }
    }

    @Test("a cursor that lost its pin in the middle of a segment that is used again is told so, and not of damage")
    func lagInsideSegment() throws {
        let disk = SimulatedDisk()
        var settings = smallSettings
        // More than a reader has in its buffer, so that it meets what was written over its segment.
        settings.segmentSize = 4 << 20
        settings.maxLag = 6 << 20
        let (journal, work) = try begin(disk, settings)
        var last = Zxid.zero
        func grow(_ n: Int) {
            for batch in makeBatches(n, behind: last, size: 200_000) {
                last = batch.lastZxid
                journal.append([batch], committedUpTo: last)
                journal.runJobs(work)
            }
        }
        grow(18)
        let reader = try LogReader(disk: disk, map: journal.map, behind: .zero)
        let first = try reader.next(through: last)
        #expect(first.count < 10)
        for _ in 0..<5 {
            grow(36)
            _ = takeSnapshot(journal, work, at: last)
            journal.runJobs(work)
        }
        #expect(journal.map.logStart > Zxid(epoch: 1, counter: 18))
        #expect(throws: LogReadError.gone(first[first.count - 1].lastZxid)) {
            while try !reader.next(through: last).isEmpty {}
        }
    }

    @Test("a cursor under which the log was cut or replaced is told, and reads nothing of what came instead")
    func replaced() throws {
        let disk = SimulatedDisk()
        let (journal, _) = try begin(disk)
        let batches = makeBatches(20, size: 9_000)
        for batch in batches { journal.append([batch]) }
        let reader = try LogReader(disk: disk, map: journal.map, behind: batches[3].lastZxid)
        journal.process([.truncate(to: batches[9].lastZxid, role: 1)])
        journal.append(makeBatches(10, behind: batches[9].lastZxid, epoch: 2, size: 9_000))
        #expect(throws: LogReadError.replaced) { try reader.next(through: journal.lastDurable) }
    }

    @Test("a batch that does not read back as it was written is reported, never sent")
    func damage() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        let batches = makeBatches(3, size: 6_000)
        for batch in batches { journal.append([batch]) }
        disk.flip(bit: 8 * (8_192 + 8_192 + 3_000), of: "log-0000")
        work.perform(.openLog(id: 1, behind: .zero))
        work.perform(.readLog(id: 1, through: journal.lastDurable))
        guard case .failed(74, let reason) = work.completions.last else { throw Unexpected.completion }
        #expect(reason.contains("log-0000 is damaged"))
    }

    @Test("a learner far behind: the snapshot's bytes in pieces, then the log behind it")
    func snapshotThenLog() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        let batches = makeBatches(10, size: 500)
        journal.append(batches, committedUpTo: batches[9].lastZxid)
        _ = takeSnapshot(journal, work, at: batches[5].lastZxid)
        let info = try #require(journal.starts.last)
        work.perform(.openSnapshot(id: 8, zxid: info.zxid))
        guard case .snapshotOpened(8, let opened) = work.completions.last else { throw Unexpected.completion }
        #expect(opened == info)
        var bytes: [UInt8] = []
        while bytes.count < info.bytes {
            work.perform(.readSnapshot(id: 8))
            guard case .snapshotPiece(8, let offset, let piece, let isLast) = work.completions.last else {
                throw Unexpected.completion
            }
            #expect(offset == bytes.count)
            bytes += piece
            #expect(isLast == (bytes.count == info.bytes))
        }
        #expect(bytes == disk.bytes(of: info.name))
        work.perform(.readLog(id: 8, through: journal.lastDurable))
        guard case .logPiece(8, let piece, _) = work.completions.last else { throw Unexpected.completion }
        #expect(piece.map(\.lastZxid) == batches[6...].map(\.lastZxid))
        work.perform(.openSnapshot(id: 9, zxid: batches[4].lastZxid))
        guard case .streamGone(9, _) = work.completions.last else { throw Unexpected.completion }
    }

    /// Ten batches, and a snapshot of its own behind the sixth.
    private func withOwnStart(_ disk: SimulatedDisk) throws -> (work: BackgroundWork, start: SnapshotInfo) {
        let (journal, work) = try begin(disk)
        let batches = makeBatches(10, size: 500)
        journal.append(batches, committedUpTo: batches[9].lastZxid)
        _ = takeSnapshot(journal, work, at: batches[5].lastZxid)
        return (work, try #require(journal.starts.last))
    }

    @Test("of two snapshots of one zxid a learner gets the one that is the start, which it was told of")
    func ownAndReceived() throws {
        let disk = SimulatedDisk()
        let (work, start) = try withOwnStart(disk)
        let received = try leaderSnapshot(at: start.zxid)
        disk.place(start.name + ".received", received.bytes)
        func opened(_ digest: UInt64) -> SnapshotInfo? {
            work.perform(.openSnapshot(id: 8, zxid: start.zxid, digest: digest))
            guard case .snapshotOpened(8, let info) = work.completions.last else { return nil }
            return info
        }
        #expect(opened(start.digest)?.isReceived == false)
        #expect(opened(received.info.digest)?.isReceived == true, "the own one is not what is meant")
        #expect(opened(start.digest ^ received.info.digest) == nil, "neither is")
        #expect(opened(0) != nil)
    }

    @Test("of two snapshots of one zxid and one content a learner gets the one that can be read")
    func theOtherOneIsWhole() throws {
        for isOwnDamaged in [true, false] {
            let disk = SimulatedDisk()
            let (work, start) = try withOwnStart(disk)
            let received = start.name + ".received"
            disk.place(received, disk.bytes(of: start.name))
            disk.flip(bit: 8 * 4_120, of: isOwnDamaged ? start.name : received)
            func isRead() -> Bool {
                work.perform(.openSnapshot(id: 8, zxid: start.zxid, digest: start.digest))
                work.perform(.readSnapshot(id: 8))
                if case .snapshotPiece(8, _, _, true) = work.completions.last { return true }
                return false
            }
            #expect(isRead() != isOwnDamaged)
            for _ in 0..<3 { #expect(isRead()) }
        }
    }
}
