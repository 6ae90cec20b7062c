// What names a snapshot: the batch it is exact behind, and what the log said of that batch. Its block at the head of the file
// lets recovery ask the log for confirmation (rule D8) without reading the rest.

package import Batch

package struct SnapshotInfo: Hashable, Sendable {
    /// The state is exactly that behind this zxid, the end of a batch.
    package let zxid: Zxid
    package let epoch: UInt32
    /// Checksum of the batch that ends at `zxid`.
    package let batchCRC: UInt32
    /// The log's running checksum behind that batch, on the member that made the snapshot.
    package let chain: UInt32
    package let wallTime: Int64
    package let logTime: UInt64
    /// Bytes and digest of the whole file; zero until it is finished.
    package internal(set) var bytes = 0
    package internal(set) var digest: UInt64 = 0
    /// This process has written or read all of it.
    var isVerified: Bool { digest != 0 }
    /// It came from another member.
    package internal(set) var isReceived = false

    init(zxid: Zxid, epoch: UInt32, batchCRC: UInt32, chain: UInt32, wallTime: Int64, logTime: UInt64) {
        self.zxid = zxid
        self.epoch = epoch
        self.batchCRC = batchCRC
        self.chain = chain
        self.wallTime = wallTime
        self.logTime = logTime
    }

    /// `snapshot-` and sixteen digits, so that names sort like zxids.
    package var name: String { SnapshotInfo.name(zxid, isReceived: isReceived) }

    static func name(_ zxid: Zxid, isReceived: Bool) -> String {
        let digits = String(zxid.rawValue, radix: 16)
        return prefix + String(repeating: "0", count: 16 - digits.count) + digits + (isReceived ? receivedSuffix : "")
    }

    static func zxid(of name: String) -> Zxid {
        Zxid(rawValue: UInt64(name.dropFirst(prefix.count).prefix(16), radix: 16) ?? 0)
    }

    static let prefix = "snapshot-"
    static let receivedSuffix = ".received"
    static let writingName = "snapshot.writing"
    static let receivingName = "snapshot.receiving"

    //   0  u32 CRC32C of the block   4  u32 magic         8  u32 version     12  u32 epoch
    //  16  u64 zxid                 24  u32 batch CRC    28  u32 chain       32  i64 wall time
    //  40  u64 log time             48  zeros up to 4,096
    static let magic: UInt32 = 0x5153_4e50
    static let version: UInt32 = 1

    func encode(into block: Block) {
        block.clear()
        let p = block.base
        p.store(SnapshotInfo.magic, at: 4)
        p.store(SnapshotInfo.version, at: 8)
        p.store(epoch, at: 12)
        p.store(zxid.rawValue, at: 16)
        p.store(batchCRC, at: 24)
        p.store(chain, at: 28)
        p.store(wallTime, at: 32)
        p.store(logTime, at: 40)
        block.seal()
    }

    init?(decoding block: Block) {
        let p = UnsafeRawPointer(block.base)
        guard block.isSealed(), p.load(UInt32.self, at: 4) == SnapshotInfo.magic,
            p.load(UInt32.self, at: 8) == SnapshotInfo.version
        else { return nil }
        self.init(
            zxid: Zxid(rawValue: p.load(UInt64.self, at: 16)), epoch: p.load(UInt32.self, at: 12),
            batchCRC: p.load(UInt32.self, at: 24), chain: p.load(UInt32.self, at: 28),
            wallTime: p.load(Int64.self, at: 32), logTime: p.load(UInt64.self, at: 40))
    }
}
