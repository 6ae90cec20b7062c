// Whether replies hold what they should: a Stat that fits those seen before, data that somebody wrote, names that were asked for.

internal import Glibc

extension LoadClient {
    /// A set's reply holds the znode's Stat: its size is ours, and so is its zxid, which stands in the reply's head, too.
    @inline(__always) func checkSetReply(_ request: InFlight, _ body: UnsafeRawBufferPointer, _ run: LoadDriver) {
        guard body.count == ZnodeStat.byteCount else {
            run.anomalies.wrongContent += 1
            return
        }
        let stat = ZnodeStat(body, at: 0)
        let isOurs = stat.size == Int32(truncatingIfNeeded: request.detail) && (replyZxid == 0 || stat.modified == replyZxid)
        if !isOurs || !run.statBook.isCredible(stat, of: Int(request.place)) { run.anomalies.wrongContent += 1 }
        // where they differ it is not known which is right: the next reply need reach the lower one only
        zxidFloor = min(zxidFloor, stat.modified)
        if run.verifiesSets {
            run.setLedger.acknowledged(znode: Int(request.place), zxid: stat.modified, version: stat.version)
        }
    }

    /// A reply to a get, an exists or a list.
    @inline(__always) func checkReadReply(_ request: InFlight, _ body: UnsafeRawBufferPointer, _ run: LoadDriver) {
        let isRight =
            switch request.kind {
            case .get: isGetRight(request, body, run)
            case .exists: isStatRight(body, of: Int(request.place), run)
            default: areNamesWhole(body)
            }
        if !isRight { run.anomalies.wrongContent += 1 }
    }

    /// All data of the load is cut from one filler, so what a get returns is known but for its length; where a pool was laid out
    /// without data it may hold what others have left there.
    @inline(__always)
    private func isGetRight(_ request: InFlight, _ body: UnsafeRawBufferPointer, _ run: LoadDriver) -> Bool {
        guard let size = dataSize(body) else { return false }
        let data = UnsafeRawBufferPointer(rebasing: body[4..<(4 + size)])
        if request.detail == knownData, !isFiller(data, from: 0, run) { return false }
        let stat = ZnodeStat(body, at: 4 + size)
        return stat.size == size && run.statBook.isCredible(stat, of: Int(request.place), upTo: zxidLimit)
    }

    @inline(__always) func isStatRight(_ body: UnsafeRawBufferPointer, of znode: Int, _ run: LoadDriver) -> Bool {
        body.count == ZnodeStat.byteCount && run.statBook.isCredible(ZnodeStat(body, at: 0), of: znode, upTo: zxidLimit)
    }

    /// Bytes of data in a reply to a get, if the reply has room for just that and a Stat.
    @inline(__always) func dataSize(_ body: UnsafeRawBufferPointer) -> Int? {
        guard body.count >= 4 + ZnodeStat.byteCount else { return nil }
        // no data at all is written as -1
        let size = max(0, Int(body.int32(at: 0)))
        return body.int32(at: 0) >= -1 && body.count == 4 + size + ZnodeStat.byteCount ? size : nil
    }

    @inline(__always) func isFiller(_ data: UnsafeRawBufferPointer, from start: Int, _ run: LoadDriver) -> Bool {
        guard data.count >= start, data.count <= run.store.filler.count else { return false }
        guard data.count > start else { return true }
        return run.store.filler.withUnsafeBytes {
            memcmp(data.baseAddress! + start, $0.baseAddress! + start, data.count - start) == 0
        }
    }

    private func areNamesWhole(_ body: UnsafeRawBufferPointer) -> Bool {
        var names = ChildNames(body)
        while let name = names.next() { if name.isEmpty { return false } }
        return !names.isMalformed
    }
}

/// In the detail of a get: the znode holds data of the load and nothing else.
let knownData: Int64 = 1
