// A batch after sealing: immutable bytes, the same on every wire and every disk, counted once however many readers it has.

import CLinux

public enum BatchError: Error, Equatable {
    case truncated
    case badHeader
    case badChecksum
}

/// Owner of one sealed batch. Safe to share between threads because nothing in it ever changes after `init`.
public final class SealedBatch: @unchecked Sendable {
    public let header: BatchHeader
    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let length: Int

    @inlinable public var firstZxid: Zxid { header.firstZxid }
    @inlinable public var lastZxid: Zxid { header.lastZxid }
    @inlinable public var prevZxid: Zxid { header.prevZxid }
    @inlinable public var count: Int { Int(header.count) }
    @inlinable public var byteCount: Int { length }

    /// The whole batch, head included.
    @inlinable public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: length) }

    /// The records, to be walked with RecordReader. Valid while the batch is held.
    @inlinable public var requests: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + BatchHeader.size, count: length - BatchHeader.size)
    }

    /// Seals what a gatherer collected: `requests` are complete records, `header.count` of them.
    public init(sealing header: BatchHeader, requests: UnsafeRawBufferPointer) {
        precondition(header.count > 0, "an empty batch can't be sealed")
        length = BatchHeader.size + requests.count
        let place = UnsafeMutableRawPointer.allocate(byteCount: length, alignment: 16)
        var sealed = header
        sealed.length = UInt32(length)
        // Rule E8: asserted by lastZxid, which traps when the counter would pass its end.
        _ = sealed.lastZxid
        func store<T: FixedWidthInteger>(_ value: T, _ offset: Int) {
            place.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
        }
        store(sealed.length, 4)
        store(sealed.version, 8)
        store(sealed.flags, 10)
        store(sealed.epoch, 12)
        store(sealed.firstZxid.rawValue, 16)
        store(sealed.prevZxid.rawValue, 24)
        store(sealed.wallTime, 32)
        store(sealed.logTime, 40)
        store(sealed.count, 48)
        store(UInt32(0), 52)
        if let from = requests.baseAddress { (place + BatchHeader.size).copyMemory(from: from, byteCount: requests.count) }
        sealed.crc = quorate_crc32c(0, place + 4, length - 4)
        store(sealed.crc, 0)
        base = place
        self.header = sealed
    }

    /// Copies a batch that came from a wire or a disk, after its checksum and head have been judged.
    /// - Returns: through `consumed`, how many of `bytes` belong to it.
    public init(copying bytes: RawSpan, consumed: inout Int) throws(BatchError) {
        guard bytes.byteCount >= BatchHeader.size else { throw .truncated }
        guard let header = BatchHeader(reading: bytes) else { throw .badHeader }
        let length = Int(header.length)
        guard length <= bytes.byteCount else { throw .truncated }
        let crc = bytes.extracting(0..<length).withUnsafeBytes { quorate_crc32c(0, $0.baseAddress! + 4, length - 4) }
        guard crc == header.crc else { throw .badChecksum }
        let place = UnsafeMutableRawPointer.allocate(byteCount: length, alignment: 16)
        bytes.withUnsafeBytes { place.copyMemory(from: $0.baseAddress!, byteCount: length) }
        base = place
        self.header = header
        self.length = length
        consumed = length
    }

    deinit { base.deallocate() }
}
