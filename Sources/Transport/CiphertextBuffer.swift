// Sealed records that wait for the socket. libssl appends from inside its own calls, so the memory is the buffer's own.

import Glibc

struct CiphertextBuffer {
    private var block: UnsafeMutableRawPointer?
    private var capacity = 0
    private var head = 0
    private var tail = 0

    /// An empty buffer keeps a block up to this size for the next records.
    private static let keptMax = 128 << 10

    var count: Int { tail - head }
    var bytes: UnsafeRawBufferPointer {
        guard let block else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: block + head, count: tail - head)
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        if capacity - tail < bytes.count { makeRoom(bytes.count) }
        memcpy(block! + tail, source, bytes.count)
        tail += bytes.count
    }

    private mutating func makeRoom(_ needed: Int) {
        let length = count
        if head >= length && capacity - length >= needed {
            memcpy(block!, block! + head, length)
        } else {
            let larger = BufferPool.capacity(holding: max(length + needed, 2 * length))
            let place = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 64)
            if let block {
                memcpy(place, block + head, length)
                block.deallocate()
            }
            block = place
            capacity = larger
        }
        head = 0
        tail = length
    }

    mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "\(count) bytes sent of \(self.count)")
        head += count
        guard head == tail else { return }
        head = 0
        tail = 0
        if capacity > Self.keptMax { deallocate() }
    }

    mutating func deallocate() {
        block?.deallocate()
        self = CiphertextBuffer()
    }
}
