// A growable byte buffer with one owner: bytes are appended at the tail and consumed at the head.
// It is what replies, peer messages and batches are written into; reading borrowed bytes is JuteReader's business.

/// Owned, contiguous, growable bytes. Appending never fails; memory is given back by `shrink(to:)` or at the end of life.
public struct ByteBuffer: ~Copyable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var room: Int
    @usableFromInline var head = 0
    @usableFromInline var tail = 0

    @inlinable public init(capacity: Int = 256) {
        room = max(capacity, 16)
        base = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 16)
    }

    deinit { base.deallocate() }

    /// Bytes that fit without another allocation.
    @inlinable public var capacity: Int { room }
    @inlinable public var count: Int { tail - head }
    @inlinable public var isEmpty: Bool { tail == head }

    /// All unconsumed bytes, borrowed until the next mutation.
    @inlinable public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + head, count: count) }

    @inlinable public var span: RawSpan {
        @_lifetime(borrow self) get { _overrideLifetime(bytes.bytes, borrowing: self) }
    }

    @inlinable public mutating func removeAll() {
        head = 0
        tail = 0
    }

    /// Drops `n` bytes at the head, as after they were sent.
    @inlinable public mutating func consume(_ n: Int) {
        precondition(n >= 0 && n <= count, "consumed more than the buffer holds")
        head += n
        if head == tail { removeAll() }
    }

    /// Drops what was appended behind the first `n` unconsumed bytes.
    @inlinable public mutating func truncate(to n: Int) {
        precondition(n >= 0 && n <= count, "truncated beyond the end")
        tail = head + n
    }

    /// Gives memory back when an idle buffer has grown beyond `limit` bytes.
    @inlinable public mutating func shrink(to limit: Int) {
        guard isEmpty, room > limit else { return }
        base.deallocate()
        room = max(limit, 16)
        base = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 16)
        removeAll()
    }

    /// Makes room for `n` more bytes at the tail.
    @inlinable @inline(__always)
    public mutating func reserve(_ n: Int) {
        if room - tail < n { grow(n) }
    }

    @inline(never) @usableFromInline
    mutating func grow(_ n: Int) {
        let used = count
        if head > 0, used + n <= room, head >= room / 2 {
            base.copyMemory(from: base + head, byteCount: used)
        } else {
            let wanted = max(used + n, room * 2)
            let larger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
            larger.copyMemory(from: base + head, byteCount: used)
            base.deallocate()
            base = larger
            room = wanted
        }
        head = 0
        tail = used
    }

    /// Appends `n` bytes whose content the caller writes at once through the pointer.
    @inlinable @inline(__always)
    public mutating func appendUninitialized(_ n: Int) -> UnsafeMutableRawPointer {
        reserve(n)
        let place = base + tail
        tail += n
        return place
    }

    @inlinable @inline(__always)
    public mutating func append(_ source: UnsafeRawBufferPointer) {
        guard source.count > 0, let from = source.baseAddress else { return }
        appendUninitialized(source.count).copyMemory(from: from, byteCount: source.count)
    }

    @inlinable @inline(__always)
    public mutating func append(_ source: RawSpan) {
        source.withUnsafeBytes { append($0) }
    }

    @inlinable public mutating func append(_ source: [UInt8]) {
        source.withUnsafeBytes { append($0) }
    }

    @inlinable public mutating func appendZeros(_ n: Int) {
        guard n > 0 else { return }
        appendUninitialized(n).initializeMemory(as: UInt8.self, repeating: 0, count: n)
    }

    @inlinable @inline(__always)
    public mutating func append(byte: UInt8) {
        appendUninitialized(1).storeBytes(of: byte, as: UInt8.self)
    }

    /// Appends an integer in little-endian order (the order of batches, peer messages and files).
    @inlinable @inline(__always)
    public mutating func append<T: FixedWidthInteger>(littleEndian value: T) {
        appendUninitialized(MemoryLayout<T>.size).storeBytes(of: value.littleEndian, as: T.self)
    }

    /// Appends an integer in big-endian order (the order of the client protocol).
    @inlinable @inline(__always)
    public mutating func append<T: FixedWidthInteger>(bigEndian value: T) {
        appendUninitialized(MemoryLayout<T>.size).storeBytes(of: value.bigEndian, as: T.self)
    }

    /// Overwrites an integer at `offset` from the head, in little-endian order.
    @inlinable @inline(__always)
    public mutating func put<T: FixedWidthInteger>(littleEndian value: T, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<T>.size <= count, "wrote outside the buffer")
        (base + head + offset).storeBytes(of: value.littleEndian, as: T.self)
    }

    /// Overwrites an integer at `offset` from the head, in big-endian order.
    @inlinable @inline(__always)
    public mutating func put<T: FixedWidthInteger>(bigEndian value: T, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<T>.size <= count, "wrote outside the buffer")
        (base + head + offset).storeBytes(of: value.bigEndian, as: T.self)
    }
}
