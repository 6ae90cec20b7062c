// Who waits for changes of which path. Watches belong to connections of this server: they are no part of the replicated state,
// nothing of them reaches a snapshot or a digest. One entry per connection and path holds a set of modes for the data and the
// child table.

import ClientProtocol
import Handlers
import Jute

package struct WatchLimits: Sendable {
    /// Watches of all connections together.
    package var total = 10_000_000
    /// Bytes of watched paths of one connection.
    package var bytesPerConnection = 64 << 20

    package init() {}
}

package enum WatchMode {
    package static let data: UInt32 = 1
    package static let dataPersistent: UInt32 = 2
    package static let dataRecursive: UInt32 = 4
    package static let child: UInt32 = 16
    package static let childPersistent: UInt32 = 32

    static let anyData = data | dataPersistent | dataRecursive
    static let anyChild = child | childPersistent
    static let oneShot = data | child
}

private struct WatchedPathRow {
    var address: UInt64
    var length: UInt32
    var first: UInt32
    var last: UInt32
    /// Entries in the data table.
    var dataWatches: UInt32

    static let path = BlobField(
        address: MemoryLayout<WatchedPathRow>.offset(of: \.address)!, length: MemoryLayout<WatchedPathRow>.offset(of: \.length)!)
}

private struct WatcherRow {
    var connection: UInt64
    var identities: UInt64
    var identitiesLength: UInt32
    var first: UInt32
    var bytes: Int64
    var dataWatches: UInt64
    static let identities = BlobField(
        address: MemoryLayout<WatcherRow>.offset(of: \.identities)!,
        length: MemoryLayout<WatcherRow>.offset(of: \.identitiesLength)!)
}

private struct WatchRow {
    var path: UInt32
    var watcher: UInt32
    var nextOfPath: UInt32
    var previousOfPath: UInt32
    var nextOfWatcher: UInt32
    var previousOfWatcher: UInt32
    var modes: UInt32
    var unused: UInt32
}

package final class Watches {
    private let space = TableSpace()
    private let paths: PagedTable
    private let watchers: PagedTable
    private let rows: PagedTable
    @exclusivity(unchecked) package var limits = WatchLimits()
    /// Watches in the data table and in both tables.
    @exclusivity(unchecked) package private(set) var dataCount = 0
    @exclusivity(unchecked) package private(set) var childCount = 0
    /// Paths and connections that have entries in the data table.
    @exclusivity(unchecked) package private(set) var dataPathCount = 0
    @exclusivity(unchecked) package private(set) var dataConnectionCount = 0
    @exclusivity(unchecked) private var recursiveCount = 0

    init() {
        paths = space.makeTable(stride: MemoryLayout<WatchedPathRow>.stride, blobs: [WatchedPathRow.path], key: .blob)
        watchers = space.makeTable(
            stride: MemoryLayout<WatcherRow>.stride, blobs: [WatcherRow.identities], key: .word(0))
        rows = space.makeTable(stride: MemoryLayout<WatchRow>.stride, key: .word(0))
    }

    package var pathCount: Int { paths.count }
    package var connectionCount: Int { watchers.count }
    package var isEmpty: Bool { rows.count == 0 }

    @inline(__always)
    private func path(_ n: UInt32) -> UnsafeMutablePointer<WatchedPathRow> {
        paths.change(n).assumingMemoryBound(to: WatchedPathRow.self)
    }

    @inline(__always)
    private func watcher(_ n: UInt32) -> UnsafeMutablePointer<WatcherRow> {
        watchers.change(n).assumingMemoryBound(to: WatcherRow.self)
    }

    @inline(__always)
    private func watch(_ n: UInt32) -> UnsafeMutablePointer<WatchRow> { rows.change(n).assumingMemoryBound(to: WatchRow.self) }

    private static func key(path: UInt32, watcher: UInt32) -> UInt64 {
        // As the two fields lie in a row on a little-endian machine.
        UInt64(watcher) << 32 | UInt64(path)
    }

    /// The identities by which events to this connection are judged.
    func setIdentities(connection: UInt64, _ identities: RawSpan) {
        let number = watchers.find(word: connection)
        if number != 0 { remember(number, identities) }
    }

    private func remember(_ number: UInt32, _ identities: RawSpan) {
        identities.withUnsafeBytes { identities in
            if !equalBytes(watchers.blob(number, WatcherRow.identities), identities) {
                watchers.setBlob(number, WatcherRow.identities, identities)
            }
        }
    }

    /// Adds modes to the entry of this connection and path. False if a cap forbids it.
    func add(_ modes: UInt32, connection: UInt64, identities: RawSpan, path text: RawSpan) -> Bool {
        var who = watchers.find(word: connection)
        if who == 0 {
            who = watchers.allocate()
            watcher(who).pointee.connection = connection
            watchers.enter(who)
        }
        remember(who, identities)
        var number: UInt32 = 0
        let place = text.withUnsafeBytes { text in
            let hash = paths.hash(text)
            var place = paths.find(text, hash: hash)
            if place != 0 { number = rows.find(word: Watches.key(path: place, watcher: who)) }
            if number == 0 {
                guard rows.count < limits.total,
                    watcher(who).pointee.bytes + Int64(text.count) <= Int64(limits.bytesPerConnection)
                else {
                    return UInt32(0)
                }
                if place == 0 {
                    place = paths.allocate()
                    paths.setBlob(place, WatchedPathRow.path, text)
                    paths.enter(place, hash: hash)
                }
            }
            return place
        }
        if place == 0 {
            forgetIfIdle(who)
            return false
        }
        if number == 0 { number = link(place, who) }
        setModes(number, watch(number).pointee.modes | modes)
        return true
    }

    private func link(_ place: UInt32, _ who: UInt32) -> UInt32 {
        let number = rows.allocate()
        let row = watch(number)
        row.pointee.path = place
        row.pointee.watcher = who
        let last = path(place).pointee.last
        row.pointee.previousOfPath = last
        if last != 0 { watch(last).pointee.nextOfPath = number } else { path(place).pointee.first = number }
        path(place).pointee.last = number
        let first = watcher(who).pointee.first
        row.pointee.nextOfWatcher = first
        if first != 0 { watch(first).pointee.previousOfWatcher = number }
        watcher(who).pointee.first = number
        watcher(who).pointee.bytes += Int64(path(place).pointee.length)
        rows.enter(number)
        return number
    }

    private func setModes(_ number: UInt32, _ modes: UInt32) {
        let row = watch(number)
        count(row.pointee.modes, -1)
        noteData(row.pointee, hasNow: modes & WatchMode.anyData != 0)
        row.pointee.modes = modes
        count(modes, 1)
        if modes == 0 { unlink(number) }
    }

    private func count(_ modes: UInt32, _ n: Int) {
        if modes & WatchMode.anyData != 0 { dataCount += n }
        if modes & WatchMode.anyChild != 0 { childCount += n }
        if modes & WatchMode.dataRecursive != 0 { recursiveCount += n }
    }

    /// Counts what has entries in the data table, as an entry comes into it or leaves it.
    private func noteData(_ row: WatchRow, hasNow: Bool) {
        guard hasNow != (row.modes & WatchMode.anyData != 0) else { return }
        let (place, who) = (path(row.path), watcher(row.watcher))
        if hasNow {
            if place.pointee.dataWatches == 0 { dataPathCount += 1 }
            if who.pointee.dataWatches == 0 { dataConnectionCount += 1 }
            place.pointee.dataWatches += 1
            who.pointee.dataWatches += 1
        } else {
            place.pointee.dataWatches -= 1
            who.pointee.dataWatches -= 1
            if place.pointee.dataWatches == 0 { dataPathCount -= 1 }
            if who.pointee.dataWatches == 0 { dataConnectionCount -= 1 }
        }
    }

    private func unlink(_ number: UInt32) {
        rows.leave(number)
        let row = watch(number).pointee
        if row.nextOfPath != 0 {
            watch(row.nextOfPath).pointee.previousOfPath = row.previousOfPath
        } else {
            path(row.path).pointee.last = row.previousOfPath
        }
        if row.previousOfPath != 0 {
            watch(row.previousOfPath).pointee.nextOfPath = row.nextOfPath
        } else {
            path(row.path).pointee.first = row.nextOfPath
        }
        if row.nextOfWatcher != 0 { watch(row.nextOfWatcher).pointee.previousOfWatcher = row.previousOfWatcher }
        if row.previousOfWatcher != 0 {
            watch(row.previousOfWatcher).pointee.nextOfWatcher = row.nextOfWatcher
        } else {
            watcher(row.watcher).pointee.first = row.nextOfWatcher
        }
        watcher(row.watcher).pointee.bytes -= Int64(path(row.path).pointee.length)
        rows.free(number)
        if path(row.path).pointee.first == 0 {
            paths.leave(row.path)
            paths.free(row.path)
        }
        forgetIfIdle(row.watcher)
    }

    private func forgetIfIdle(_ who: UInt32) {
        guard watcher(who).pointee.first == 0 else { return }
        watchers.leave(who)
        watchers.free(who)
    }

    /// All watches of a connection go, or as many as `budget` allows; it is taken down by as many.
    /// - Returns: whether some are left.
    func drop(connection: UInt64, budget: inout Int) -> Bool {
        let who = watchers.find(word: connection)
        guard who != 0 else { return false }
        while budget > 0 {
            budget -= 1
            let number = watcher(who).pointee.first
            let isLast = watch(number).pointee.nextOfWatcher == 0
            setModes(number, 0)
            if isLast { return false }
        }
        return true
    }

    /// The modes that this connection has on `path`.
    func modes(connection: UInt64, path text: RawSpan) -> UInt32 {
        let number = find(connection, text)
        return number == 0 ? 0 : watch(number).pointee.modes
    }

    /// Takes modes away. False if none of them was there.
    func remove(_ modes: UInt32, connection: UInt64, path text: RawSpan) -> Bool {
        let number = find(connection, text)
        guard number != 0, watch(number).pointee.modes & modes != 0 else { return false }
        setModes(number, watch(number).pointee.modes & ~modes)
        return true
    }

    private func find(_ connection: UInt64, _ text: RawSpan) -> UInt32 {
        let who = watchers.find(word: connection)
        guard who != 0 else { return 0 }
        let place = text.withUnsafeBytes { paths.find($0, hash: paths.hash($0)) }
        guard place != 0 else { return 0 }
        return rows.find(word: Watches.key(path: place, watcher: who))
    }

    // MARK: Firing

    /// Fires what one change concerns. `acl` is that of the changed znode (for children: of the parent), which decides who may
    /// know.
    func fire(_ type: Int32, at text: UnsafeRawBufferPointer, acl: UInt32, lists: borrowing AccessLists, effects: inout Effects) {
        guard !isEmpty else { return }
        let place = paths.find(text, hash: paths.hash(text))
        if recursiveCount > 0, type != EventType.nodeChildrenChanged { fireAncestors(type, text, place, acl, lists, &effects) }
        guard place != 0 else { return }
        switch type {
        case EventType.nodeChildrenChanged: fire(type, place, WatchMode.anyChild, but: 0, text, acl, lists, &effects)
        case EventType.nodeDeleted:
            // Who hears of it through the data table does not hear of it again through the child table.
            let gone = fire(type, place, WatchMode.anyData, but: 0, text, acl, lists, &effects, consuming: WatchMode.oneShot)
            if !gone { fire(type, place, WatchMode.anyChild, but: WatchMode.anyData, text, acl, lists, &effects) }
        default: fire(type, place, WatchMode.anyData, but: 0, text, acl, lists, &effects)
        }
    }

    /// Fires the entries of a path that have one of `modes` and none of `excluded`; one-shot modes of the table are used up,
    /// those in `consuming` too. True if the path has no entries any more.
    @discardableResult
    private func fire(
        _ type: Int32, _ place: UInt32, _ modes: UInt32, but excluded: UInt32, _ text: UnsafeRawBufferPointer, _ acl: UInt32,
        _ lists: borrowing AccessLists, _ effects: inout Effects, consuming: UInt32 = 0
    ) -> Bool {
        var range: Range<Int>?
        var number = path(place).pointee.first
        while number != 0 {
            let row = watch(number).pointee
            if row.modes & modes != 0, row.modes & excluded == 0 {
                emit(type, row.watcher, text, acl, lists, &effects, &range)
                let left = row.modes & ~(modes & WatchMode.oneShot | consuming)
                if left != row.modes {
                    let isLast = left == 0 && row.nextOfPath == 0 && row.previousOfPath == 0
                    setModes(number, left)
                    if isLast { return true }
                }
            }
            number = row.nextOfPath
        }
        return false
    }

    /// Recursive watches on ancestors; one event per connection, even where the path itself is watched.
    private func fireAncestors(
        _ type: Int32, _ text: UnsafeRawBufferPointer, _ own: UInt32, _ acl: UInt32, _ lists: borrowing AccessLists,
        _ effects: inout Effects
    ) {
        var range: Range<Int>?
        var told: [UInt32] = []
        var end = text.count
        while end > 1 {
            repeat { end -= 1 } while end > 0 && text[end] != UInt8(ascii: "/")
            let ancestor = UnsafeRawBufferPointer(rebasing: text[0..<max(end, 1)])
            let place = paths.find(ancestor, hash: paths.hash(ancestor))
            guard place != 0 else { continue }
            var number = path(place).pointee.first
            while number != 0 {
                let row = watch(number).pointee
                number = row.nextOfPath
                guard row.modes & WatchMode.dataRecursive != 0, !told.contains(row.watcher), !hears(row.watcher, own) else {
                    continue
                }
                told.append(row.watcher)
                emit(type, row.watcher, text, acl, lists, &effects, &range)
            }
        }
    }

    private func hears(_ who: UInt32, _ own: UInt32) -> Bool {
        guard own != 0 else { return false }
        let number = rows.find(word: Watches.key(path: own, watcher: who))
        return number != 0 && watch(number).pointee.modes & WatchMode.anyData != 0
    }

    private func emit(
        _ type: Int32, _ who: UInt32, _ text: UnsafeRawBufferPointer, _ acl: UInt32, _ lists: borrowing AccessLists,
        _ effects: inout Effects, _ range: inout Range<Int>?
    ) {
        let identities = watchers.blob(who, WatcherRow.identities)
        guard lists.permits(acl, Permission.read, identities.bytes) else { return }
        let place = range ?? effects.keep(path: text)
        range = place
        effects.watchEvents.append(WatchEvent(connection: watcher(who).pointee.connection, type: type, path: place))
    }

    // MARK: Walks

    /// Connection and path of every entry in the data table.
    package func forEachDataWatch(_ body: (UInt64, UnsafeRawBufferPointer) -> Void) {
        for place in 1..<max(paths.limit, 1) where paths.isLive(place) {
            var number = path(place).pointee.first
            while number != 0 {
                let row = watch(number).pointee
                if row.modes & WatchMode.anyData != 0 {
                    body(watcher(row.watcher).pointee.connection, paths.blob(place, WatchedPathRow.path))
                }
                number = row.nextOfPath
            }
        }
    }
}
