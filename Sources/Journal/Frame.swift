// The head in front of each batch in the log. It can be verified alone: its CRC covers nothing else, and is seeded with the
// incarnation, so that a frame copied from another directory, or made up by a client inside its data, is none here. A frame
// whose use is not its segment's does not exist. A seal is a frame without payload that only carries the watermarks.

import Batch
import CLinux

struct Frame: Equatable {
    static let headSize = 48

    var isSeal: Bool
    var use: UInt64
    /// Bytes of the batch that follow.
    var length: UInt32
    /// Running checksum of the log before this frame.
    var chainBefore: UInt32
    /// What this member knew to be durable on its own disk when it wrote the frame: tells a torn tail from damage.
    var syncedUpTo: Zxid
    /// What it knew to be committed: a lower bound, used for nothing but replay.
    var committedUpTo: Zxid
    /// The last zxid of the batch, or for a seal of the log: names the record when its batch can't be read.
    var lastZxid: Zxid

    //   0  u32 CRC32C of the other 44 bytes   4  u32 magic   8  u64 use   16  u32 length   20  u32 chain before
    //  24  u64 synced up to                  32  u64 committed up to      40  u64 last zxid
    private static let batchMagic: UInt32 = 0x5142_4154
    private static let sealMagic: UInt32 = 0x5153_4541

    /// What header checksums of this incarnation start from.
    static func salt(of incarnation: UInt128) -> UInt32 {
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { bytes in
            bytes.baseAddress!.store(incarnation, at: 0)
            return quorate_crc32c(0, bytes.baseAddress!, 16)
        }
    }

    @inline(__always)
    func encode(to p: UnsafeMutableRawPointer, salt: UInt32) {
        p.store(isSeal ? Frame.sealMagic : Frame.batchMagic, at: 4)
        p.store(use, at: 8)
        p.store(length, at: 16)
        p.store(chainBefore, at: 20)
        p.store(syncedUpTo.rawValue, at: 24)
        p.store(committedUpTo.rawValue, at: 32)
        p.store(lastZxid.rawValue, at: 40)
        p.store(quorate_crc32c(salt, p + 4, Frame.headSize - 4), at: 0)
    }

    /// The frame head at `p`, if it is intact and belongs to `use`.
    init?(decoding p: UnsafeRawPointer, use expected: UInt64, salt: UInt32) {
        let magic = p.load(UInt32.self, at: 4)
        guard magic == Frame.batchMagic || magic == Frame.sealMagic, p.load(UInt64.self, at: 8) == expected,
            p.load(UInt32.self, at: 0) == quorate_crc32c(salt, p + 4, Frame.headSize - 4)
        else { return nil }
        isSeal = magic == Frame.sealMagic
        use = expected
        length = p.load(UInt32.self, at: 16)
        chainBefore = p.load(UInt32.self, at: 20)
        syncedUpTo = Zxid(rawValue: p.load(UInt64.self, at: 24))
        committedUpTo = Zxid(rawValue: p.load(UInt64.self, at: 32))
        lastZxid = Zxid(rawValue: p.load(UInt64.self, at: 40))
        guard isSeal == (length == 0) else { return nil }
    }

    init(use: UInt64, length: Int, chainBefore: UInt32, syncedUpTo: Zxid, committedUpTo: Zxid, lastZxid: Zxid) {
        isSeal = length == 0
        self.use = use
        self.length = UInt32(length)
        self.chainBefore = chainBefore
        self.syncedUpTo = syncedUpTo
        self.committedUpTo = committedUpTo
        self.lastZxid = lastZxid
    }

    /// The running checksum behind the frame whose encoded head is at `p` and whose batch has `batchCRC`: no payload is read
    /// twice.
    @inline(__always)
    static func chain(head p: UnsafeRawPointer, batchCRC: UInt32) -> UInt32 {
        var crc = batchCRC.littleEndian
        return quorate_crc32c(quorate_crc32c(0, p, headSize), &crc, 4)
    }
}
