// A cursor over the log for learners and for replay: pieces of whole batches, each with its checksum tested, never beyond what
// is durable. It pins what it has still to read.

package import Batch

package enum LogReadError: Error, Equatable, CustomStringConvertible {
    /// The log no longer goes back that far, or the cursor fell too far behind: the learner needs a snapshot.
    case gone(Zxid)
    /// The log was cut or replaced under the cursor.
    case replaced
    /// What is on disk is not what was written there.
    case damaged(file: String, offset: Int, behind: Zxid)
    case disk(DiskError)

    package var description: String {
        switch self {
        case .gone(let zxid): "the log behind \(zxid) is no longer kept"
        case .replaced: "the log was cut under the reader"
        case .damaged(let file, let offset, let zxid):
            "\(file) is damaged at offset \(offset), behind \(zxid): replace this member's disk or data directory"
        case .disk(let error): "\(error)"
        }
    }
}

package final class LogReader {
    /// Bytes of batches in one piece, unless a single batch is larger.
    package static let pieceSize = 1 << 20

    private let disk: any Disk
    private let map: LogMap
    private let pin: LogPin
    /// Everything up to here has been read.
    package private(set) var position: Zxid
    private var walk: LogWalk?
    /// Up to where the walk's segment was durable when the walk was made.
    private var walkEnd = Zxid.zero
    private let generation: UInt64

    /// Reads from the batch behind `zxid` on, which must be the end of a batch.
    package init(disk: any Disk, map: LogMap, behind zxid: Zxid) throws(LogReadError) {
        guard let pin = map.pin(from: zxid) else { throw .gone(zxid) }
        self.disk = disk
        self.map = map
        self.pin = pin
        position = zxid
        generation = map.change { state in state.generation }
    }

    deinit { map.unpin(pin) }

    /// The next batches, none behind `limit`; empty if there are none yet.
    package func next(through limit: Zxid) throws(LogReadError) -> [SealedBatch] {
        var batches: [SealedBatch] = []
        var bytes = 0
        while position < limit, let batch = try nextBatch(through: limit) {
            batches.append(batch)
            bytes += batch.byteCount
            if bytes >= LogReader.pieceSize { break }
        }
        guard map.move(pin, to: position) else { throw .gone(position) }
        return batches
    }

    private func nextBatch(through limit: Zxid) throws(LogReadError) -> SealedBatch? {
        if walk == nil || position >= walkEnd {
            guard try openWalk() else { return nil }
        }
        do {
            while true {
                switch try walk!.next() {
                case .seal: continue
                case .end: throw LogReadError.damaged(file: walk!.window.file.name, offset: walk!.end, behind: position)
                case .batch(_, let header, let bytes):
                    // A learner may ask with a zxid inside the walked part: batches up to it were seen before.
                    if header.lastZxid <= position { continue }
                    guard header.prevZxid == position else { throw LogReadError.gone(position) }
                    if header.lastZxid > limit {
                        walk = nil
                        return nil
                    }
                    var consumed = 0
                    guard let batch = try? SealedBatch(copying: bytes.bytes, consumed: &consumed) else {
                        throw LogReadError.damaged(file: walk!.window.file.name, offset: walk!.end, behind: position)
                    }
                    position = batch.lastZxid
                    return batch
                }
            }
        } catch let error as LogReadError {
            throw judged(error)
        } catch let error as DiskError {
            throw .disk(error)
        } catch {
            preconditionFailure("an error of no known kind while reading the log")
        }
    }

    /// A segment whose pin was lost or whose log was cut may hold another use by now: what is read there then is no damage.
    private func judged(_ error: LogReadError) -> LogReadError {
        guard map.move(pin, to: position) else { return .gone(position) }
        return stillCurrent ? error : .replaced
    }

    private var stillCurrent: Bool { map.change { state in state.generation } == generation }

    /// Looks up where to go on; false if nothing durable lies behind the position.
    private func openWalk() throws(LogReadError) -> Bool {
        walk = nil
        guard let (segment, durable, generation) = map.segment(behind: position) else { throw .gone(position) }
        guard generation == self.generation else { throw .replaced }
        guard position < min(durable, segment.last) else { return false }
        do {
            let window = FileWindow(disk: disk, file: segment.file, size: try disk.size(segment.file))
            walk = LogWalk(
                window: window, use: segment.base.use, salt: map.salt, from: segment.position(notBehind: position),
                limit: segment.end)
        } catch {
            throw .disk(error)
        }
        walkEnd = min(durable, segment.last)
        return true
    }
}
