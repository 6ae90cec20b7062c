// The bytes that a connection has received and its owner has not consumed yet, in one pooled block.
//
// It grows to the connection's limit as a long frame arrives, and gives its block back as soon as it is empty. The limit is
// the largest frame of the protocol: a full buffer therefore always holds a whole frame or one that must be refused.

import Glibc

struct InputBuffer {
    private var block: UnsafeMutableRawPointer?
    private(set) var capacity = 0
    private var head = 0
    private var tail = 0

    var count: Int { tail - head }
    var isEmpty: Bool { head == tail }

    var bytes: UnsafeRawBufferPointer {
        guard let block else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: block + head, count: tail - head)
    }

    /// Room behind the content of at least `minimum` bytes and at most `maximum`.
    mutating func room(minimum: Int, maximum: Int, pool: inout BufferPool) -> UnsafeMutableRawBufferPointer {
        precondition(minimum > 0 && minimum <= maximum, "room for \(minimum) to \(maximum) bytes makes no sense")
        if block == nil {
            capacity = BufferPool.capacity(holding: minimum)
            block = pool.take(capacity)
        } else if capacity - tail < minimum {
            makeRoom(minimum, pool: &pool)
        }
        return UnsafeMutableRawBufferPointer(start: block! + tail, count: min(maximum, capacity - tail))
    }

    private mutating func makeRoom(_ minimum: Int, pool: inout BufferPool) {
        let length = count
        // Moving pays only while at least as much was consumed as has to be moved.
        if head >= length && capacity - length >= minimum {
            memmove(block!, block! + head, length)
        } else {
            let larger = BufferPool.capacity(holding: max(length + minimum, 2 * length))
            let place = pool.take(larger)
            memcpy(place, block! + head, length)
            pool.give(block!, capacity)
            block = place
            capacity = larger
        }
        head = 0
        tail = length
    }

    mutating func filled(_ count: Int) {
        precondition(count >= 0 && count <= capacity - tail, "more was received than there was room for")
        tail += count
    }

    mutating func consume(_ count: Int, pool: inout BufferPool) {
        precondition(count >= 0 && count <= self.count, "\(count) bytes consumed of \(self.count)")
        head += count
        if head == tail { release(to: &pool) }
    }

    mutating func release(to pool: inout BufferPool) {
        if let block { pool.give(block, capacity) }
        self = InputBuffer()
    }
}
