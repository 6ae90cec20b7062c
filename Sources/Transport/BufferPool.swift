// Memory for input: blocks in powers of two from 16 KiB up, lent to connections while they hold unconsumed input.
//
// Most connections are idle at any moment and hold no block at all; a busy one gets the block that the last one gave back,
// which is still in the cache. Blocks above 1 MiB and whatever exceeds the pool's bound go back to the system.

struct BufferPool {
    static let smallestShift = 14
    static let largestShift = 20
    /// Bytes that the pool keeps for later.
    static let keptMax = 8 << 20

    private var free: [[UnsafeMutableRawPointer]] = Array(repeating: [], count: largestShift - smallestShift + 1)
    private(set) var keptBytes = 0
    private(set) var lentBytes = 0

    static func capacity(holding count: Int) -> Int {
        precondition(count >= 0 && count <= 1 << 40, "no buffer holds \(count) bytes")
        var shift = smallestShift
        while 1 << shift < count { shift += 1 }
        return 1 << shift
    }

    /// A block of exactly `capacity` bytes, which must come from `capacity(holding:)`.
    mutating func take(_ capacity: Int) -> UnsafeMutableRawPointer {
        lentBytes += capacity
        let kind = capacity.trailingZeroBitCount - Self.smallestShift
        if kind < free.count, let block = free[kind].popLast() {
            keptBytes -= capacity
            return block
        }
        return UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
    }

    mutating func give(_ block: UnsafeMutableRawPointer, _ capacity: Int) {
        lentBytes -= capacity
        let kind = capacity.trailingZeroBitCount - Self.smallestShift
        if kind < free.count && keptBytes + capacity <= Self.keptMax {
            keptBytes += capacity
            free[kind].append(block)
        } else {
            block.deallocate()
        }
    }

    mutating func releaseAll() {
        for kind in free.indices {
            for block in free[kind] { block.deallocate() }
            free[kind] = []
        }
        keptBytes = 0
    }
}
