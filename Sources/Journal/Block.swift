// Memory of whole 4 KiB blocks, aligned so that it can go past the page cache, and the little-endian fields written into it.

import CLinux

/// The unit in which flushes are aligned and files are scanned.
package let blockSize = 4_096

@inline(__always)
func roundedUpToBlock(_ n: Int) -> Int { (n + blockSize - 1) & ~(blockSize - 1) }

/// Zeroed memory of `count` bytes with one owner.
final class Block {
    let base: UnsafeMutableRawPointer
    let count: Int

    init(count: Int = blockSize) {
        precondition(count > 0 && count % blockSize == 0, "blocks come whole")
        self.count = count
        base = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: blockSize)
        clear()
    }

    deinit { base.deallocate() }

    func clear() { base.initializeMemory(as: UInt8.self, repeating: 0, count: count) }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }
    var mutableBytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: count) }

    /// A block's own checksum stands in its first four bytes and covers the rest of its 4 KiB, padding included.
    func seal(at offset: Int = 0) {
        (base + offset).store(quorate_crc32c(0, base + offset + 4, blockSize - 4), at: 0)
    }

    func isSealed(at offset: Int = 0) -> Bool {
        UnsafeRawPointer(base + offset).load(UInt32.self, at: 0) == quorate_crc32c(0, base + offset + 4, blockSize - 4)
    }
}

extension UnsafeMutableRawPointer {
    @inline(__always)
    func store<T: FixedWidthInteger>(_ value: T, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
    }
}

extension UnsafeRawPointer {
    @inline(__always)
    func load<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type, at offset: Int) -> T {
        T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}
