// A growable byte buffer with one owner: bytes are appended at the tail and consumed at the head.
// It is what replies, peer messages and batches are written into; reading borrowed bytes is JuteReader's business.

/// Owned, contiguous, growable bytes. Appending never fails; memory is given back by `shrink(to:)` or at the end of life.
package struct ByteBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer
    package private(set) var capacity: Int
    private var head = 0
    private var tail = 0

    package init(capacity: Int = 256) {
        self.capacity = max(capacity, 16)
        base = UnsafeMutableRawPointer.allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    package var count: Int { tail - head }
    package var isEmpty: Bool { tail == head }

    /// All unconsumed bytes, borrowed until the next mutation.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + head, count: count) }

    package var span: RawSpan {
        @_lifetime(borrow self) get { _overrideLifetime(bytes.bytes, borrowing: self) }
    }

    package mutating func removeAll() {
        head = 0
        tail = 0
    }

    /// Drops `n` bytes at the head, as after they were sent.
    package mutating func consume(_ n: Int) {
        precondition(n >= 0 && n <= count, "consumed more than the buffer holds")
        head += n
        if head == tail { removeAll() }
    }

    /// Drops what was appended behind the first `n` unconsumed bytes.
    package mutating func truncate(to n: Int) {
        precondition(n >= 0 && n <= count, "truncated beyond the end")
        tail = head + n
    }

    /// Gives memory back when an idle buffer has grown beyond `limit` bytes.
    package mutating func shrink(to limit: Int) {
        guard isEmpty, capacity > limit else { return }
        base.deallocate()
        capacity = max(limit, 16)
        base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        removeAll()
    }

    /// Makes room for `n` more bytes at the tail.
    @inline(__always)
    package mutating func reserve(_ n: Int) {
        if capacity - tail < n { grow(n) }
    }

    @inline(never)
    private mutating func grow(_ n: Int) {
        let used = count
        if head > 0, used + n <= capacity, head >= capacity / 2 {
            base.copyMemory(from: base + head, byteCount: used)
        } else {
            let wanted = max(used + n, capacity * 2)
            let larger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
            larger.copyMemory(from: base + head, byteCount: used)
            base.deallocate()
            base = larger
            capacity = wanted
        }
        head = 0
        tail = used
    }

    /// Appends `n` bytes whose content the caller writes at once through the pointer.
    @inline(__always)
    package mutating func appendUninitialized(_ n: Int) -> UnsafeMutableRawPointer {
        reserve(n)
        let place = base + tail
        tail += n
        return place
    }

    @inline(__always)
    package mutating func append(_ source: UnsafeRawBufferPointer) {
        guard source.count > 0, let from = source.baseAddress else { return }
        appendUninitialized(source.count).copyMemory(from: from, byteCount: source.count)
    }

    @inline(__always)
    package mutating func append(_ source: RawSpan) {
        source.withUnsafeBytes { append($0) }
    }

    package mutating func append(_ source: [UInt8]) {
        source.withUnsafeBytes { append($0) }
    }

    package mutating func appendZeros(_ n: Int) {
        guard n > 0 else { return }
        appendUninitialized(n).initializeMemory(as: UInt8.self, repeating: 0, count: n)
    }

    @inline(__always)
    package mutating func append(byte: UInt8) {
        appendUninitialized(1).storeBytes(of: byte, as: UInt8.self)
    }

    /// Appends an integer in little-endian order (the order of batches, peer messages and files).
    @inline(__always)
    package mutating func append<T: FixedWidthInteger>(littleEndian value: T) {
        appendUninitialized(MemoryLayout<T>.size).storeBytes(of: value.littleEndian, as: T.self)
    }

    /// Appends an integer in big-endian order (the order of the client protocol).
    @inline(__always)
    package mutating func append<T: FixedWidthInteger>(bigEndian value: T) {
        appendUninitialized(MemoryLayout<T>.size).storeBytes(of: value.bigEndian, as: T.self)
    }

    /// Overwrites an integer at `offset` from the head, in little-endian order.
    @inline(__always)
    package mutating func put<T: FixedWidthInteger>(littleEndian value: T, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<T>.size <= count, "wrote outside the buffer")
        (base + head + offset).storeBytes(of: value.littleEndian, as: T.self)
    }

    /// Overwrites an integer at `offset` from the head, in big-endian order.
    @inline(__always)
    package mutating func put<T: FixedWidthInteger>(bigEndian value: T, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<T>.size <= count, "wrote outside the buffer")
        (base + head + offset).storeBytes(of: value.bigEndian, as: T.self)
    }
}
