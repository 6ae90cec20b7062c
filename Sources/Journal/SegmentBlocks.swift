// The two blocks at the head of a segment: its identity, durable before the epoch file names the use, and its base, part of the
// first flush into it. Both carry their own CRC and the use number, so that what an earlier use left behind is void.

import Batch

/// Who fills this file now, and which use came before.
struct SegmentIdentity: Equatable, Sendable {
    var use: UInt64
    /// The use whose log this one continues; zero if the log begins here.
    var predecessor: UInt64
    var clusterID: UInt128
    var incarnation: UInt128
    /// Bytes of the file when its use began; it only grows from there on. Zero in segments of early builds.
    var filled = 0

    //   0  u32 CRC32C of the block   4  u32 magic   8  u32 version   12  u32 zero
    //  16  u64 use   24  u64 predecessor   32  u128 clusterId   48  u128 incarnation   64  u64 filled
    //  72  zeros
    static let magic: UInt32 = 0x5153_4544
    static let version: UInt32 = 1

    func encode(into block: Block, at offset: Int) {
        let p = block.base + offset
        p.initializeMemory(as: UInt8.self, repeating: 0, count: blockSize)
        p.store(SegmentIdentity.magic, at: 4)
        p.store(SegmentIdentity.version, at: 8)
        p.store(use, at: 16)
        p.store(predecessor, at: 24)
        p.store(clusterID, at: 32)
        p.store(incarnation, at: 48)
        p.store(UInt64(filled), at: 64)
        block.seal(at: offset)
    }

    init(use: UInt64, predecessor: UInt64, clusterID: UInt128, incarnation: UInt128) {
        precondition(predecessor < use, "a use continues an earlier one")
        self.use = use
        self.predecessor = predecessor
        self.clusterID = clusterID
        self.incarnation = incarnation
    }

    init?(decoding block: Block, at offset: Int) {
        let p = UnsafeRawPointer(block.base + offset)
        guard block.isSealed(at: offset), p.load(UInt32.self, at: 4) == SegmentIdentity.magic,
            p.load(UInt32.self, at: 8) == SegmentIdentity.version
        else { return nil }
        use = p.load(UInt64.self, at: 16)
        predecessor = p.load(UInt64.self, at: 24)
        clusterID = p.load(UInt128.self, at: 32)
        incarnation = p.load(UInt128.self, at: 48)
        let bytes = p.load(UInt64.self, at: 64)
        guard predecessor < use, use <= EpochState.highestNumber, bytes <= EpochState.highestNumber else { return nil }
        filled = Int(bytes)
    }
}

/// Where the log stands when the first frame of a segment begins.
struct SegmentBase: Equatable, Sendable {
    var use: UInt64
    var generation: UInt64
    /// The last zxid before this segment, and what the log said of it.
    var zxid: Zxid
    var epoch: UInt32
    var chain: UInt32

    //   0  u32 CRC32C of the block   4  u32 magic    8  u64 use     16  u64 generation
    //  24  u64 zxid                 32  u32 epoch   36  u32 chain   40  zeros
    private static let magic: UInt32 = 0x5153_4742

    init(use: UInt64, generation: UInt64, zxid: Zxid, epoch: UInt32, chain: UInt32) {
        self.use = use
        self.generation = generation
        self.zxid = zxid
        self.epoch = epoch
        self.chain = chain
    }

    func encode(into block: Block, at offset: Int) {
        let p = block.base + offset
        p.initializeMemory(as: UInt8.self, repeating: 0, count: blockSize)
        p.store(SegmentBase.magic, at: 4)
        p.store(use, at: 8)
        p.store(generation, at: 16)
        p.store(zxid.rawValue, at: 24)
        p.store(epoch, at: 32)
        p.store(chain, at: 36)
        block.seal(at: offset)
    }

    init?(decoding block: Block, at offset: Int) {
        let p = UnsafeRawPointer(block.base + offset)
        guard block.isSealed(at: offset), p.load(UInt32.self, at: 4) == SegmentBase.magic else { return nil }
        use = p.load(UInt64.self, at: 8)
        generation = p.load(UInt64.self, at: 16)
        zxid = Zxid(rawValue: p.load(UInt64.self, at: 24))
        epoch = p.load(UInt32.self, at: 32)
        chain = p.load(UInt32.self, at: 36)
        guard use <= EpochState.highestNumber, generation <= EpochState.highestNumber else { return nil }
    }
}
