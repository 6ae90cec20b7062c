// Where writes gather during a turn: own clients' requests and followers' bundles, cut into chunks that each become one batch (on
// the leader) or one bundle (on a follower). Numbering and sealing are the core's and Batch's part.

import Batch
import Jute

/// One future batch or bundle: complete records, the first of which carries its whole context.
final class GatheredChunk {
    var standsAlone = false
    @exclusivity(unchecked) var openedAt = Instant(nanoseconds: 0)
    /// By how much its requests came after it was opened, all added up, in nanoseconds.
    @exclusivity(unchecked) var laterBy: UInt64 = 0
    /// The last request of this server's own clients in it; 0 without one.
    @exclusivity(unchecked) var lastOwnSeq: UInt64 = 0
    @exclusivity(unchecked) var records = ByteBuffer(capacity: 16 << 10)
    @exclusivity(unchecked) var count = 0
}

struct Gatherer {
    /// Requests and bytes at which a chunk is closed; one larger request is a chunk of its own.
    let maxRequests: Int
    let maxBytes: Int
    private var full: [GatheredChunk] = []
    private var current = GatheredChunk()
    private var spare: GatheredChunk?
    private var writer = RecordWriterBox()
    private(set) var totalCount = 0
    private(set) var totalBytes = 0

    init(maxRequests: Int, maxBytes: Int) {
        self.maxRequests = maxRequests
        self.maxBytes = maxBytes
    }

    var isEmpty: Bool { totalCount == 0 }

    /// Adds one request of this server; the copy made here is the only one until the batch is sealed.
    mutating func add(
        _ head: RequestHead, identities: UnsafeRawBufferPointer, identitiesKey: UInt64, body: UnsafeRawBufferPointer, now: Instant
    ) {
        makeRoom(count: 1, bytes: RecordLayout.headSize + body.count)
        if current.count == 0 { current.openedAt = now }
        let written = writer.writer.append(
            head, identities: identities, identitiesKey: identitiesKey, body: body, to: &current.records)
        current.laterBy += now.since(current.openedAt)
        current.lastOwnSeq = max(current.lastOwnSeq, head.origin.seq)
        current.count += 1
        totalCount += 1
        totalBytes += written
    }

    /// Adds a follower's bundle of `count` records whose bytes have been walked and found sound.
    mutating func add(bundle: UnsafeRawBufferPointer, count: Int, now: Instant) {
        makeRoom(count: count, bytes: bundle.count)
        if current.count == 0 { current.openedAt = now }
        current.records.append(bundle)
        current.laterBy += now.since(current.openedAt) * UInt64(count)
        current.count += count
        totalCount += count
        totalBytes += bundle.count
        writer.writer.restart()
    }

    /// Adds a record of the node's own. One that must be alone in its batch (the founding, a configuration) goes first of all,
    /// because the core numbers nothing else before it.
    mutating func addOwn(_ head: RequestHead, body: UnsafeRawBufferPointer, alone: Bool, now: Instant) {
        let nobody = UnsafeRawBufferPointer(start: nil, count: 0)
        guard alone else {
            add(head, identities: nobody, identitiesKey: .max, body: body, now: now)
            return
        }
        let chunk = GatheredChunk()
        var own = RecordWriter()
        chunk.standsAlone = true
        chunk.openedAt = now
        chunk.count = 1
        totalCount += 1
        totalBytes += own.append(head, identities: nobody, identitiesKey: .max, body: body, to: &chunk.records)
        full.insert(chunk, at: 0)
    }

    /// The oldest chunk, to be sealed or sent; the caller hands it back with `recycle`.
    mutating func takeChunk() -> GatheredChunk? {
        if full.isEmpty {
            guard current.count > 0 else { return nil }
            closeCurrent()
        }
        let chunk = full.removeFirst()
        totalCount -= chunk.count
        totalBytes -= chunk.records.count
        return chunk
    }

    /// Size of the chunk that `takeChunk` would return.
    var nextSize: (count: Int, bytes: Int)? {
        if let first = full.first { return (first.count, first.records.count) }
        return current.count > 0 ? (current.count, current.records.count) : nil
    }

    /// When the first request came of a chunk that `takeChunk` would return and that more could still join; nil without one.
    var openSince: Instant? { full.isEmpty && current.count > 0 ? current.openedAt : nil }

    var nextStandsAlone: Bool { full.first?.standsAlone ?? false }

    mutating func recycle(_ chunk: GatheredChunk) {
        chunk.records.removeAll()
        chunk.records.shrink(to: 2 << 20)
        chunk.count = 0
        chunk.laterBy = 0
        chunk.lastOwnSeq = 0
        chunk.standsAlone = false
        spare = chunk
    }

    /// Forgets what has not been proposed or forwarded.
    mutating func removeAll() {
        full.removeAll()
        forgetRest()
    }

    /// Forgets requests alone: a record that is the core's wish stays, or the core would wait for it and number nothing else.
    mutating func removeRequests() {
        full.removeAll { !$0.standsAlone }
        forgetRest()
        totalCount = full.count
        totalBytes = full.reduce(0) { $0 + $1.records.count }
    }

    private mutating func forgetRest() {
        current = GatheredChunk()
        writer.writer.restart()
        totalCount = 0
        totalBytes = 0
    }

    private mutating func makeRoom(count: Int, bytes: Int) {
        guard current.count > 0 else { return }
        if current.count + count > maxRequests || current.records.count + bytes > maxBytes { closeCurrent() }
    }

    private mutating func closeCurrent() {
        guard current.count > 0 else { return }
        full.append(current)
        current = spare ?? GatheredChunk()
        spare = nil
        writer.writer.restart()
    }
}

/// Holds the non-copyable writer inside a copyable value that has one owner in practice.
private final class RecordWriterBox {
    @exclusivity(unchecked) var writer = RecordWriter()
}
