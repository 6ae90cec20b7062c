// What waits to be written to one peer, in order: small frames collected in a buffer, large batches by reference, so that no
// learner costs a copy of them. The server offers the bytes to its socket and reports how many went.

import Batch
import Jute

package struct OutputQueue {
    /// Below this a batch is copied behind its frame, which makes fewer and fuller TLS records.
    private static let copyLimit = 64 << 10

    private enum Piece {
        case buffered(Int)
        case batch(SealedBatch)
    }

    private var pieces: [Piece] = []
    private var first = 0
    /// Bytes of the first piece that have gone already.
    private var sent = 0
    package private(set) var count = 0
    private let buffer = BufferBox()

    /// Room for frames: whatever `body` appends is queued.
    mutating func append(_ body: (inout ByteBuffer) -> Void) {
        let before = buffer.bytes.count
        body(&buffer.bytes)
        let added = buffer.bytes.count - before
        guard added > 0 else { return }
        if case .buffered(let n)? = pieces.last, pieces.count > first {
            pieces[pieces.count - 1] = .buffered(n + added)
        } else {
            pieces.append(.buffered(added))
        }
        count += added
    }

    mutating func append(_ batch: SealedBatch) {
        if batch.byteCount <= OutputQueue.copyLimit {
            append { $0.append(batch.bytes) }
        } else {
            pieces.append(.batch(batch))
            count += batch.byteCount
        }
    }

    /// Offers the queued bytes, piece by piece, until `write` takes fewer than it was offered.
    package mutating func drain(_ write: (UnsafeRawBufferPointer, _ more: Bool) -> Int) {
        while first < pieces.count {
            let more = first + 1 < pieces.count
            let size: Int
            let taken: Int
            switch pieces[first] {
            case .buffered(let n):
                size = n - sent
                taken = write(UnsafeRawBufferPointer(rebasing: buffer.bytes.bytes.prefix(size)), more)
                buffer.bytes.consume(taken)
            case .batch(let batch):
                size = batch.byteCount - sent
                taken = write(UnsafeRawBufferPointer(rebasing: batch.bytes.dropFirst(sent)), more)
            }
            count -= taken
            guard taken == size else {
                sent += taken
                return
            }
            sent = 0
            first += 1
        }
        pieces.removeAll(keepingCapacity: true)
        first = 0
        buffer.bytes.shrink(to: 256 << 10)
    }
}

/// Gives the non-copyable buffer a place inside a queue that arrays can hold.
private final class BufferBox {
    var bytes = ByteBuffer(capacity: 4 << 10)
}
