// The head of a sealed batch: what the protocol, the journal and apply need to know of it without looking at a request.
//
//   0  u32 CRC32C of all bytes behind it     4  u32 length, head included     8  u16 version    10  u16 flags    12  u32 epoch
//  16  u64 first zxid                       24  u64 zxid before the batch    32  i64 wall time, ms since 1970
//  40  u64 log time, ms                     48  u32 count of requests        52  u32 zero       56  requests

public struct BatchHeader: Equatable, Sendable {
    public static let size = 56
    /// Version of layout and of the meaning of apply (rule A4).
    public static let currentVersion: UInt16 = 1
    /// This batch is alone with one configuration record.
    public static let flagConfiguration: UInt16 = 1

    public var crc: UInt32 = 0
    public var length: UInt32 = 0
    public var version: UInt16 = BatchHeader.currentVersion
    public var flags: UInt16 = 0
    public var firstZxid: Zxid
    public var prevZxid: Zxid
    public var wallTime: Int64
    public var logTime: UInt64
    public var count: UInt32

    @inlinable public init(firstZxid: Zxid, prevZxid: Zxid, wallTime: Int64, logTime: UInt64, count: UInt32, flags: UInt16 = 0) {
        self.firstZxid = firstZxid
        self.prevZxid = prevZxid
        self.wallTime = wallTime
        self.logTime = logTime
        self.count = count
        self.flags = flags
    }

    @inlinable public var epoch: UInt32 { firstZxid.epoch }
    @inlinable public var lastZxid: Zxid { firstZxid.advanced(by: Int(count) - 1) }
    @inlinable public var isConfiguration: Bool { flags & BatchHeader.flagConfiguration != 0 }

    /// Reads a head without judging the bytes behind it; nil if there are too few or the fields contradict each other.
    @inlinable public init?(reading bytes: RawSpan) {
        guard bytes.byteCount >= BatchHeader.size else { return nil }
        func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _: T.Type) -> T {
            T(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
        }
        crc = load(0, UInt32.self)
        length = load(4, UInt32.self)
        version = load(8, UInt16.self)
        flags = load(10, UInt16.self)
        firstZxid = Zxid(rawValue: load(16, UInt64.self))
        prevZxid = Zxid(rawValue: load(24, UInt64.self))
        wallTime = load(32, Int64.self)
        logTime = load(40, UInt64.self)
        count = load(48, UInt32.self)
        guard length >= BatchHeader.size, count > 0, load(12, UInt32.self) == firstZxid.epoch,
            UInt64(firstZxid.counter) + UInt64(count) - 1 <= 0xffff_ffff, prevZxid < firstZxid
        else { return nil }
    }
}
