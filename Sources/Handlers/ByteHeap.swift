// Memory for byte strings of any length that tables own: size classes with free lists, carved from larger chunks. A string that
// is replaced by one of the same class keeps its place, so rewriting a small value costs one copy and nothing else.

/// The owner of all byte strings of one table space. Who holds a pointer also holds the length it was allocated with.
package final class ByteHeap {
    /// Longer strings come straight from the system's allocator.
    private static let largestClass = 4096
    private static let classCount = 28
    private static let chunkSize = 256 << 10

    private let free: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    @exclusivity(unchecked) private var chunks: [UnsafeMutableRawPointer] = []
    @exclusivity(unchecked) private var chunkPlace: UnsafeMutableRawPointer
    @exclusivity(unchecked) private var chunkLeft = 0
    /// Bytes handed out, rounded up to their classes.
    @exclusivity(unchecked) package private(set) var bytesInUse = 0

    package init() {
        free = .allocate(capacity: ByteHeap.classCount)
        free.initialize(repeating: nil, count: ByteHeap.classCount)
        chunkPlace = UnsafeMutableRawPointer(free)
    }

    /// Large strings must have been freed by their owners; chunks go here.
    deinit {
        for chunk in chunks { chunk.deallocate() }
        free.deallocate()
    }

    /// Class number and capacity for `n` bytes, 1 ≤ n ≤ largestClass: steps of 16 up to 128, then four steps per doubling.
    @inline(__always)
    private static func sizeClass(_ n: Int) -> (number: Int, capacity: Int) {
        if n <= 128 {
            let number = (n - 1) >> 4
            return (number, (number + 1) << 4)
        }
        let exponent = 63 - (n - 1).leadingZeroBitCount
        let step = ((n - 1) >> (exponent - 2)) & 3
        return (8 + (exponent - 7) * 4 + step, (5 + step) << (exponent - 2))
    }

    /// Bytes that a string of length `n` may take without moving.
    @inline(__always)
    package static func capacity(for n: Int) -> Int {
        if n == 0 { return 0 }
        return n <= largestClass ? sizeClass(n).capacity : n
    }

    package func allocate(_ n: Int) -> UnsafeMutableRawPointer {
        precondition(n > 0, "an empty byte string needs no memory")
        guard n <= ByteHeap.largestClass else {
            bytesInUse &+= n
            return UnsafeMutableRawPointer.allocate(byteCount: n, alignment: 16)
        }
        let (number, capacity) = ByteHeap.sizeClass(n)
        bytesInUse &+= capacity
        if let place = free[number] {
            free[number] = place.load(as: UnsafeMutableRawPointer?.self)
            return place
        }
        if chunkLeft < capacity { newChunk() }
        let place = chunkPlace
        chunkPlace += capacity
        chunkLeft -= capacity
        return place
    }

    package func release(_ place: UnsafeMutableRawPointer, _ n: Int) {
        guard n <= ByteHeap.largestClass else {
            bytesInUse &-= n
            place.deallocate()
            return
        }
        let (number, capacity) = ByteHeap.sizeClass(n)
        bytesInUse &-= capacity
        place.storeBytes(of: free[number], as: UnsafeMutableRawPointer?.self)
        free[number] = place
    }

    /// What is left of the old chunk goes to the free lists, so that nothing is lost.
    private func newChunk() {
        var size = ByteHeap.largestClass
        while chunkLeft >= 16 {
            while size > chunkLeft { size = size > 128 ? size / 2 : size - 16 }
            let (number, capacity) = ByteHeap.sizeClass(size)
            chunkPlace.storeBytes(of: free[number], as: UnsafeMutableRawPointer?.self)
            free[number] = chunkPlace
            chunkPlace += capacity
            chunkLeft -= capacity
        }
        chunkPlace = UnsafeMutableRawPointer.allocate(byteCount: ByteHeap.chunkSize, alignment: 16)
        chunkLeft = ByteHeap.chunkSize
        chunks.append(chunkPlace)
    }
}
