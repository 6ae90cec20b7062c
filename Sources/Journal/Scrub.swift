// Rule F5: everything that is stored is read again from time to time, slowly, so that damage is met while other copies are whole
// and not when they are needed. This walks the log's closed segments; starts are read back as those of an earlier process are.

import Batch

final class Scrub {
    /// What a step found.
    enum Finding: Equatable {
        case nothing
        case damage(use: UInt64, place: String)
    }

    /// Bytes of one step, and how fast it is read at most: a disk's other work does not feel it.
    static let step = 256 << 10
    static let nanosecondsPerStep: UInt64 = 62_500_000

    private let disk: any Disk
    private let map: LogMap
    private var segments: [Segment]
    private var walk: LogWalk?
    private var pin: LogPin?
    private(set) var bytes: UInt64 = 0

    /// All segments but the one in use, whose end still moves.
    init(_ disk: any Disk, _ map: LogMap) {
        self.disk = disk
        self.map = map
        segments = map.change { state in Array(state.segments.dropLast()) }.reversed()
    }

    deinit { letGo() }

    var isOver: Bool { segments.isEmpty }

    func next() throws(DiskError) -> Finding {
        guard let segment = segments.last else { return .nothing }
        if walk == nil {
            // What has been purged meanwhile needs no reading; what is read stays until it has been.
            pin = map.pin(from: segment.base.zxid)
            guard pin != nil, isCurrent(segment) else { return done() }
            disk.forgetCached(segment.file)
            let window = FileWindow(disk: disk, file: segment.file, size: try disk.size(segment.file), step: Scrub.step)
            walk = LogWalk(
                window: window, use: segment.base.use, salt: map.salt, from: segment.position(notBehind: segment.base.zxid),
                limit: segment.end)
        }
        guard let objection = try readOn(segment) else { return walk!.last < segment.last ? .nothing : done() }
        // What was purged or cut meanwhile may hold something else by now.
        let isLost = isCurrent(segment)
        _ = done()
        return isLost ? .damage(use: segment.base.use, place: "\(segment.file.name), \(objection)") : .nothing
    }

    /// - Returns: what is wrong, if something is.
    private func readOn(_ segment: Segment) throws(DiskError) -> String? {
        var read = 0
        while read < Scrub.step, walk!.last < segment.last {
            do throws(DiskError) {
                switch try walk!.next() {
                case .batch(_, _, let batch): read += batch.count
                case .seal: read += blockSize
                case .end(let suspect):
                    return "offset \(suspect?.offset ?? walk!.offset): \(suspect?.reason ?? "there is no record")"
                }
            } catch {
                guard error.isUnreadable else { throw error }
                return "offset \(walk!.offset): \(error)"
            }
        }
        bytes &+= UInt64(read)
        return nil
    }

    private func done() -> Finding {
        letGo()
        walk = nil
        segments.removeLast()
        return .nothing
    }

    private func letGo() {
        if let pin { map.unpin(pin) }
        pin = nil
    }

    /// Whether the log still has this use of the file, as far as it had.
    private func isCurrent(_ segment: Segment) -> Bool {
        map.change { state in state.segments.contains { $0.base == segment.base && $0.last >= segment.last } }
    }
}
