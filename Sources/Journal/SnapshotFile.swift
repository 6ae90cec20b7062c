// The bytes of a snapshot file: one block that names it, chunks with a checksum each, and an end that counts them and carries
// the digest of the whole. Writing, reading and receiving are files of their own.
//
//   block      SnapshotInfo
//   chunk      u32 length (never 0)   u32 CRC32C of length and payload   payload
//   end        u32 zero               u32 CRC32C of zero and what follows   u64 chunks   u64 payload bytes   u64 digest

import Batch
import CLinux

package enum SnapshotError: Error, Equatable, CustomStringConvertible {
    case disk(DiskError)
    case damaged(name: String, offset: Int, reason: String)
    /// The log holds no batch that ends at this zxid, so nothing could confirm the snapshot later.
    case noBatch(zxid: UInt64)
    /// What arrived is not what was announced.
    case notAnnounced(String)

    package var description: String {
        switch self {
        case .disk(let error): "\(error)"
        case .damaged(let name, let offset, let reason): "\(name) is damaged at offset \(offset): \(reason)"
        case .noBatch(let zxid):
            "the log holds no batch that ends at 0x\(String(zxid, radix: 16)), so no snapshot can be taken there"
        case .notAnnounced(let reason): "the snapshot that was received is not the one announced: \(reason)"
        }
    }
}

enum SnapshotLayout {
    static let chunkHead = 8
    static let endSize = 32
    /// A chunk is never longer than a batch can be; what claims more is damage.
    static let maxChunk = 64 << 20

    /// Follows the checksums of all chunks in order.
    static func digest(_ digest: UInt64, chunkLength: Int, crc: UInt32) -> UInt64 {
        var mixed = (digest ^ (UInt64(crc) << 32 | UInt64(chunkLength))) &* 0x9e37_79b9_7f4a_7c15
        mixed ^= mixed >> 29
        return mixed
    }

    static func crc(head p: UnsafeRawPointer, payload: UnsafeRawBufferPointer) -> UInt32 {
        quorate_crc32c(quorate_crc32c(0, p, 4), payload.baseAddress, payload.count)
    }
}
