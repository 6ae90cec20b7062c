// Bytes that wait for their connection: appended frame by frame during a turn, handed to the loop once at its end.

/// A growing byte queue. Its memory is reused from turn to turn.
struct OutputBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private var start = 0
    private var end = 0
    /// Bytes at the end that `takeUnseen` has not returned yet.
    private var unseen = 0

    init(capacity: Int = 16_384) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        base.deallocate()
    }

    var isEmpty: Bool { start == end }

    /// What has not been taken over yet; valid until the next change.
    var pending: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + start, count: end - start)
    }

    /// Appends a copy and returns where it stands, so that the caller can fill in what differs.
    @inline(__always) mutating func append(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer {
        if capacity - end < bytes.count { makeRoom(bytes.count) }
        let place = base + end
        place.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
        end += bytes.count
        unseen += bytes.count
        return place
    }

    /// What was appended since this was asked last, for whoever keeps a record of it; valid until the next change.
    mutating func takeUnseen() -> UnsafeRawBufferPointer {
        defer { unseen = 0 }
        return UnsafeRawBufferPointer(start: base + (end - min(unseen, end - start)), count: min(unseen, end - start))
    }

    /// Makes room for so many bytes, so that places of what is appended meanwhile stay where they are.
    @inline(__always) mutating func reserve(_ count: Int) {
        if capacity - end < count { makeRoom(count) }
    }

    mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { _ = append($0) }
    }

    mutating func removeFirst(_ count: Int) {
        precondition(count >= 0 && count <= end - start, "no more is taken over than was offered")
        start += count
        if start == end {
            start = 0
            end = 0
        }
    }

    mutating func removeAll() {
        start = 0
        end = 0
        unseen = 0
    }

    private mutating func makeRoom(_ count: Int) {
        let used = end - start
        if used + count <= capacity && start >= capacity / 2 {
            base.copyMemory(from: base + start, byteCount: used)
        } else {
            var larger = capacity * 2
            while larger < used + count { larger *= 2 }
            let fresh = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
            fresh.copyMemory(from: base + start, byteCount: used)
            base.deallocate()
            base = fresh
            capacity = larger
        }
        start = 0
        end = used
    }
}
