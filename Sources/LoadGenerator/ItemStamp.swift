// What a queue item begins with: who made it, as which one, when it was due. The rest of its data is a filler that all
// items share, so that a damaged item is noticed.

/// What an item's bytes turned out to be. Another run's filler is not known, so of its items only the stamp is looked at.
enum StampReading {
    /// With the zxid of its creation, 0 if the Stat can't be true.
    case whole(ItemStamp, created: Int64)
    case damaged
    /// The reply is none.
    case unreadable
}

/// Identity of a queue item, in its first forty bytes.
package struct ItemStamp: Equatable {
    package static let byteCount = 40
    private static let magic: Int32 = 0x514c_4931

    package var run: UInt64
    package var producer: Int32
    package var queue: Int32
    package var phase: Int32
    package var sequence: UInt64
    /// When the enqueue was due, monotonic nanoseconds of the machine that sent it.
    package var intended: UInt64

    @inline(__always) package func write(to place: UnsafeMutableRawPointer) {
        place.store(Self.magic, at: 0)
        place.store(check, at: 4)
        place.store(run, at: 8)
        place.store(producer, at: 16)
        place.store(queue << 8 | phase, at: 20)
        place.store(sequence, at: 24)
        place.store(intended, at: 32)
    }

    /// Reads the stamp; nil if the bytes are not one.
    @inline(__always) package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, bytes.int32(at: 0) == Self.magic else { return nil }
        let place = bytes.int32(at: 20)
        self.init(
            run: UInt64(bitPattern: bytes.int64(at: 8)), producer: bytes.int32(at: 16), queue: place >> 8, phase: place & 0xff,
            sequence: UInt64(bitPattern: bytes.int64(at: 24)), intended: UInt64(bitPattern: bytes.int64(at: 32)))
        guard bytes.int32(at: 4) == check else { return nil }
    }

    package init(run: UInt64, producer: Int32, queue: Int32, phase: Int32, sequence: UInt64, intended: UInt64) {
        self.run = run
        self.producer = producer
        self.queue = queue
        self.phase = phase
        self.sequence = sequence
        self.intended = intended
    }

    private var check: Int32 {
        var mixed = run
        mixed = (mixed ^ UInt64(UInt32(bitPattern: producer))) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 29) ^ UInt64(UInt32(bitPattern: queue << 8 | phase))) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 32) ^ sequence) &* 0x94D0_49BB_1331_11EB
        mixed = (mixed ^ (mixed >> 31) ^ intended) &* 0x9E37_79B9_7F4A_7C15
        return Int32(truncatingIfNeeded: mixed >> 32)
    }
}
