// setWatches: a client that comes back names what it watches and how far it had seen; what changed meanwhile is told at once, the
// rest is watched again. A request may name 100,000 paths, so it is worked off in pieces: each path is judged by the state of its
// own moment, which tells of everything that came before.

import ClientProtocol
package import Handlers
import Jute

/// How far one setWatches has come.
package struct SetWatchesProgress {
    /// Of the lists data, exist, child; the next path stands at `offset` of the body.
    fileprivate var list = 0
    fileprivate var left = -1
    fileprivate var offset = 0
    fileprivate var seen: Int64 = 0

    package init() {}
}

extension DataTree {
    /// Works off up to `limit` paths more.
    /// - Returns: the error code for the reply's header, or nil if paths are left.
    package func setWatches(
        _ body: RawSpan, _ progress: inout SetWatchesProgress, limit: Int, by reader: borrowing Reader, effects: inout Effects
    ) -> Int32? {
        do throws(JuteError) {
            if progress.offset == 0 { try begin(body, &progress) }
            var input = JuteReader(body.extracting(progress.offset..<body.byteCount))
            var budget = limit
            while progress.list < 3 {
                if progress.left < 0 { progress.left = max(try input.vectorCount(itemSize: 4), 0) }
                while progress.left > 0 {
                    guard budget > 0 else {
                        progress.offset += input.offset
                        return nil
                    }
                    let path = try input.text()
                    budget -= 1
                    progress.left -= 1
                    let error = set(progress.list, path, progress.seen, reader, &effects)
                    guard error == ErrorCode.ok else { return error }
                }
                progress.left = -1
                progress.list += 1
            }
            return ErrorCode.ok
        } catch {
            return ErrorCode.marshallingError
        }
    }

    /// The whole request is decoded once, so that a damaged one does nothing.
    private func begin(_ body: RawSpan, _ progress: inout SetWatchesProgress) throws(JuteError) {
        var whole = JuteReader(body)
        _ = try SetWatchesRequest(reading: &whole, isSecond: false)
        var head = JuteReader(body)
        progress.seen = try head.long()
        progress.offset = head.offset
    }

    private func set(
        _ list: Int, _ path: RawSpan, _ seen: Int64, _ reader: borrowing Reader, _ effects: inout Effects
    ) -> Int32 {
        let number = find(path)
        switch list {
        case 0:
            if number == 0 { return tell(EventType.nodeDeleted, path, reader, &effects) }
            if nodes.node(number).pointee.mzxid > seen { return tell(EventType.nodeDataChanged, path, reader, &effects) }
            return watch(WatchMode.data, path, reader, &effects)
        case 1:
            if number != 0 { return tell(EventType.nodeCreated, path, reader, &effects) }
            return watch(WatchMode.data, path, reader, &effects)
        default:
            if number == 0 { return tell(EventType.nodeDeleted, path, reader, &effects) }
            if nodes.node(number).pointee.pzxid > seen { return tell(EventType.nodeChildrenChanged, path, reader, &effects) }
            return watch(WatchMode.child, path, reader, &effects)
        }
    }

    private func tell(_ type: Int32, _ path: RawSpan, _ reader: borrowing Reader, _ effects: inout Effects) -> Int32 {
        path.withUnsafeBytes { effects.addEvent(type, connection: reader.connection, path: $0) }
        return ErrorCode.ok
    }
}
