// Finds one batch of the log by its last zxid: what a snapshot has to record of the batch it stands behind.

import Batch

struct LogLookup {
    struct Found {
        var epoch: UInt32
        var batchCRC: UInt32
        var chain: UInt32
        var wallTime: Int64
        var logTime: UInt64
    }

    let disk: any Disk
    let map: LogMap

    func batch(endingAt zxid: Zxid) throws(DiskError) -> Found? {
        guard let segment = map.segment(endingAt: zxid) else { return nil }
        let window = FileWindow(disk: disk, file: segment.file, size: try disk.size(segment.file))
        var walk = LogWalk(
            window: window, use: segment.base.use, salt: map.salt, from: segment.position(before: zxid), limit: segment.end)
        while walk.last < zxid {
            switch try walk.next() {
            case .seal: continue
            case .end: return nil
            case .batch(_, let header, _):
                guard walk.last == zxid else { continue }
                return Found(
                    epoch: header.epoch, batchCRC: header.crc, chain: walk.chain, wallTime: header.wallTime,
                    logTime: header.logTime)
            }
        }
        return nil
    }
}
