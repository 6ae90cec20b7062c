// What a member must never forget: the promises it gave, who it is, and where its log is. One value, kept whole in each of the
// two slots of the epoch file; how it is written there is EpochFile's business.

package import Batch
import Rules

package struct EpochState: Equatable, Sendable {
    /// Grows with every change; the higher of two intact slots is the newer.
    package var sequence: UInt64 = 0
    /// Zero until the founding record is in the log.
    package var clusterID = UInt128(0)
    package var nodeID: UInt32
    package var incarnation: UInt128
    package var acceptedEpoch: UInt32 = 0
    package var currentEpoch: UInt32 = 0
    /// The newest use of a segment whose identity is durable; zero while there is none.
    package var newestUse: UInt64 = 0
    /// The oldest use that belongs to the log: a walk back from the newest must reach it.
    package var oldestUse: UInt64 = 0
    /// The log generation in force; higher ones on disk never came to be.
    package var generation: UInt64 = 0
    /// The log once reached `upperBound` and does no longer; holds until rule D3.
    package var needsRepair = false
    package var upperBound = Zxid.zero
    /// The state computed here differed from the others' (rule A3): own snapshots are void until one was received.
    package var stateBad = false
    /// Where a torn tail was cut at a start; holds until rule D3.
    package var tornAt: Zxid?
    /// The log was durable through here when this was written; a log that ends before it has lost something (rule F3).
    package var durableThrough = Zxid.zero
    /// The member ended cleanly, and `durableThrough` is the end of its log. Gone with the next change.
    package var hasEnded = false

    /// As `upperBound`: what is missing may have held anything.
    package static let unbounded = Zxid(rawValue: .max)
    /// Uses and generations are counted by one; beyond this they were not counted.
    static let highestNumber = UInt64(1) << 62

    package init(nodeID: UInt32, incarnation: UInt128) {
        self.nodeID = nodeID
        self.incarnation = incarnation
    }

    //   0  u32 CRC32C of the slot's other bytes   4  u32 magic          8  u32 version of the layout    12  u32 flags
    //  16  u64 sequence                          24  u128 clusterId    40  u32 nodeId                   44  u32 acceptedEpoch
    //  48  u32 currentEpoch                      52  u32 zero          56  u128 incarnation             72  u64 newest use
    //  80  u64 oldest use                        88  u64 generation    96  u64 upper bound             104  u64 torn at
    // 112  u64 durable through                 120  zeros up to 4,096
    static let magic: UInt32 = 0x5145_504f
    static let version: UInt32 = 1
    private static let flagNeedsRepair: UInt32 = 1
    private static let flagStateBad: UInt32 = 2
    private static let flagTorn: UInt32 = 4
    private static let flagEnded: UInt32 = 8

    func encode(into block: Block, at offset: Int) {
        demand(acceptedEpoch >= currentEpoch, "Rule E7: epoch \(currentEpoch) is current but \(acceptedEpoch) accepted")
        let p = block.base + offset
        p.initializeMemory(as: UInt8.self, repeating: 0, count: blockSize)
        var flags: UInt32 = 0
        if needsRepair { flags |= EpochState.flagNeedsRepair }
        if stateBad { flags |= EpochState.flagStateBad }
        if tornAt != nil { flags |= EpochState.flagTorn }
        if hasEnded { flags |= EpochState.flagEnded }
        p.store(EpochState.magic, at: 4)
        p.store(EpochState.version, at: 8)
        p.store(flags, at: 12)
        p.store(sequence, at: 16)
        p.store(clusterID, at: 24)
        p.store(nodeID, at: 40)
        p.store(acceptedEpoch, at: 44)
        p.store(currentEpoch, at: 48)
        p.store(incarnation, at: 56)
        p.store(newestUse, at: 72)
        p.store(oldestUse, at: 80)
        p.store(generation, at: 88)
        p.store(upperBound.rawValue, at: 96)
        p.store((tornAt ?? .zero).rawValue, at: 104)
        p.store(durableThrough.rawValue, at: 112)
        block.seal(at: offset)
    }

    /// The state of one slot; nil if a single bit of the slot is not as it was written.
    init?(decoding block: Block, at offset: Int) {
        guard block.isSealed(at: offset) else { return nil }
        let p = UnsafeRawPointer(block.base + offset)
        guard p.load(UInt32.self, at: 4) == EpochState.magic, p.load(UInt32.self, at: 8) == EpochState.version else { return nil }
        let flags = p.load(UInt32.self, at: 12)
        sequence = p.load(UInt64.self, at: 16)
        clusterID = p.load(UInt128.self, at: 24)
        nodeID = p.load(UInt32.self, at: 40)
        acceptedEpoch = p.load(UInt32.self, at: 44)
        currentEpoch = p.load(UInt32.self, at: 48)
        incarnation = p.load(UInt128.self, at: 56)
        newestUse = p.load(UInt64.self, at: 72)
        oldestUse = p.load(UInt64.self, at: 80)
        generation = p.load(UInt64.self, at: 88)
        upperBound = Zxid(rawValue: p.load(UInt64.self, at: 96))
        needsRepair = flags & EpochState.flagNeedsRepair != 0
        stateBad = flags & EpochState.flagStateBad != 0
        tornAt = flags & EpochState.flagTorn != 0 ? Zxid(rawValue: p.load(UInt64.self, at: 104)) : nil
        durableThrough = Zxid(rawValue: p.load(UInt64.self, at: 112))
        hasEnded = flags & EpochState.flagEnded != 0
        // Whatever its checksum says, this program has not written it: fields that contradict each other, numbers that none
        // comes to.
        guard acceptedEpoch >= currentEpoch, acceptedEpoch < .max, oldestUse <= newestUse, newestUse <= EpochState.highestNumber,
            generation <= EpochState.highestNumber, (newestUse == 0) == (generation == 0), (newestUse == 0) == (oldestUse == 0)
        else { return nil }
    }
}
