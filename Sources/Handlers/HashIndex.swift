// From a 32-bit hash to row numbers, growing one bucket at a time: no insertion ever copies the index. Buckets are one cache line
// of seven entries and a link. The order of anything in here depends on a random key and must never decide a result.

import CLinux

/// Linear hashing: with 2^level + split buckets, bucket `split` is divided next.
package final class HashIndex {
    private static let bucketSize = 64
    private static let bucketsPerPage = 1024
    private static let entries = 7
    private static let linkOffset = 28
    private static let indexOffset = 32
    private static let countOffset = 60
    /// Entries per bucket, on average, above which one more bucket is made.
    private static let fill = 4

    @exclusivity(unchecked) private var pages: [UnsafeMutableRawPointer] = []
    @exclusivity(unchecked) private var overflowPages: [UnsafeMutableRawPointer] = []
    @exclusivity(unchecked) private var overflowLimit: UInt32 = 1
    @exclusivity(unchecked) private var overflowFree: UInt32 = 0
    @exclusivity(unchecked) private var mask: UInt32 = 0
    @exclusivity(unchecked) private var split: UInt32 = 0
    @exclusivity(unchecked) package private(set) var count = 0
    @exclusivity(unchecked) private var moving: [UInt64] = []

    package init() { pages.append(HashIndex.newPage()) }

    deinit {
        for page in pages { page.deallocate() }
        for page in overflowPages { page.deallocate() }
    }

    private static func newPage() -> UnsafeMutableRawPointer {
        let size = bucketSize * bucketsPerPage
        let page = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        page.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        return page
    }

    @inline(__always)
    private func bucket(for hash: UInt32) -> UnsafeMutableRawPointer {
        var number = hash & mask
        if number < split { number = hash & (mask << 1 | 1) }
        return bucket(number)
    }

    @inline(__always)
    private func bucket(_ number: UInt32) -> UnsafeMutableRawPointer {
        pages[Int(number >> 10)] + Int(number & 1023) * HashIndex.bucketSize
    }

    @inline(__always)
    private func overflow(_ number: UInt32) -> UnsafeMutableRawPointer {
        overflowPages[Int(number >> 10)] + Int(number & 1023) * HashIndex.bucketSize
    }

    @inline(__always)
    private func link(_ bucket: UnsafeMutableRawPointer) -> UInt32 {
        bucket.load(fromByteOffset: HashIndex.linkOffset, as: UInt32.self)
    }

    @inline(__always)
    private func filled(_ bucket: UnsafeMutableRawPointer) -> Int {
        Int(bucket.load(fromByteOffset: HashIndex.countOffset, as: UInt32.self))
    }

    private func setFilled(_ bucket: UnsafeMutableRawPointer, _ n: Int) {
        bucket.storeBytes(of: UInt32(n), toByteOffset: HashIndex.countOffset, as: UInt32.self)
    }

    private func setLink(_ bucket: UnsafeMutableRawPointer, _ number: UInt32) {
        bucket.storeBytes(of: number, toByteOffset: HashIndex.linkOffset, as: UInt32.self)
    }

    @inline(__always)
    private func tag(_ bucket: UnsafeMutableRawPointer, _ i: Int) -> UInt32 {
        bucket.load(fromByteOffset: i << 2, as: UInt32.self)
    }

    @inline(__always)
    private func row(_ bucket: UnsafeMutableRawPointer, _ i: Int) -> UInt32 {
        bucket.load(fromByteOffset: HashIndex.indexOffset + i << 2, as: UInt32.self)
    }

    private func store(_ bucket: UnsafeMutableRawPointer, _ i: Int, _ hash: UInt32, _ row: UInt32) {
        bucket.storeBytes(of: hash, toByteOffset: i << 2, as: UInt32.self)
        bucket.storeBytes(of: row, toByteOffset: HashIndex.indexOffset + i << 2, as: UInt32.self)
    }

    /// Walks the rows filed under one hash.
    package struct Candidates {
        private let index: Unmanaged<HashIndex>
        private var bucket: UnsafeMutableRawPointer
        private let hash: UInt32
        private var i = 0

        fileprivate init(_ index: HashIndex, _ hash: UInt32) {
            self.index = Unmanaged.passUnretained(index)
            self.hash = hash
            bucket = index.bucket(for: hash)
        }

        /// The next row, or 0.
        @inline(__always)
        package mutating func next() -> UInt32 {
            index._withUnsafeGuaranteedRef { index in
                while true {
                    let n = index.filled(bucket)
                    while i < n {
                        i += 1
                        if index.tag(bucket, i - 1) == hash { return index.row(bucket, i - 1) }
                    }
                    let link = index.link(bucket)
                    if link == 0 { return 0 }
                    bucket = index.overflow(link)
                    i = 0
                }
            }
        }
    }

    @inline(__always)
    package func candidates(_ hash: UInt32) -> Candidates { Candidates(self, hash) }

    /// Has the home bucket of a hash ready soon.
    @inline(__always)
    func prefetch(_ hash: UInt32) { quorate_prefetch(bucket(for: hash)) }

    package func insert(_ hash: UInt32, _ row: UInt32) {
        precondition(row != 0, "row 0 stands for none")
        place(bucket(for: hash), hash, row)
        count += 1
        if count > Int(mask + 1 + split) * HashIndex.fill { divide() }
    }

    private func place(_ home: UnsafeMutableRawPointer, _ hash: UInt32, _ row: UInt32) {
        var bucket = home
        while true {
            let n = filled(bucket)
            if n < HashIndex.entries {
                store(bucket, n, hash, row)
                setFilled(bucket, n + 1)
                return
            }
            var next = link(bucket)
            if next == 0 {
                next = newOverflow()
                setLink(bucket, next)
            }
            bucket = overflow(next)
        }
    }

    private func newOverflow() -> UInt32 {
        if overflowFree != 0 {
            let number = overflowFree
            overflowFree = link(overflow(number))
            setLink(overflow(number), 0)
            return number
        }
        let number = overflowLimit
        overflowLimit += 1
        if Int(number >> 10) >= overflowPages.count { overflowPages.append(HashIndex.newPage()) }
        return number
    }

    /// Takes one entry out; what stands last in the chain fills its place.
    package func remove(_ hash: UInt32, _ row: UInt32) {
        let home = bucket(for: hash)
        var bucket = home
        while true {
            let n = filled(bucket)
            for i in 0..<n where tag(bucket, i) == hash && self.row(bucket, i) == row {
                fill(bucket, i, home: home)
                count -= 1
                return
            }
            let next = link(bucket)
            precondition(next != 0, "a row that is not in the index was to be taken out of it")
            bucket = overflow(next)
        }
    }

    /// The walk begins at the chain's home, so that an overflow bucket that becomes empty is always found with the one before it.
    private func fill(_ bucket: UnsafeMutableRawPointer, _ hole: Int, home: UnsafeMutableRawPointer) {
        var last = home
        var before: UnsafeMutableRawPointer? = nil
        while link(last) != 0 {
            before = last
            last = overflow(link(last))
        }
        let n = filled(last) - 1
        store(bucket, hole, tag(last, n), row(last, n))
        setFilled(last, n)
        guard n == 0, let before else { return }
        let number = link(before)
        setLink(before, 0)
        setLink(last, overflowFree)
        overflowFree = number
    }

    /// Spreads bucket `split` over itself and one new bucket.
    private func divide() {
        let number = split
        let made = mask + 1 + split
        if Int(made >> 10) >= pages.count { pages.append(HashIndex.newPage()) }
        moving.removeAll(keepingCapacity: true)
        let home = bucket(number)
        collect(home)
        split += 1
        if split > mask {
            mask = mask << 1 | 1
            split = 0
        }
        for entry in moving {
            let hash = UInt32(truncatingIfNeeded: entry >> 32)
            place(bucket(for: hash), hash, UInt32(truncatingIfNeeded: entry))
        }
    }

    /// Empties a chain into `moving` and gives its overflow buckets back.
    private func collect(_ home: UnsafeMutableRawPointer) {
        var bucket = home
        var number: UInt32 = 0
        while true {
            for i in 0..<filled(bucket) { moving.append(UInt64(tag(bucket, i)) << 32 | UInt64(row(bucket, i))) }
            setFilled(bucket, 0)
            let next = link(bucket)
            setLink(bucket, number == 0 ? 0 : overflowFree)
            if number != 0 { overflowFree = number }
            if next == 0 { return }
            number = next
            bucket = overflow(next)
        }
    }
}
