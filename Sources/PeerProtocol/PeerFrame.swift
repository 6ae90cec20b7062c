// The frame around every message between members, little-endian:
//
//   0  u32 length of the whole frame      4  u8 type     5  u8 version     6  u16 check    8  u32 epoch
//  12  u32 source                        16  u64 source's incarnation, folded             24  u32 CRC32C     28  body
//
// The check, of the lower half of the CRC32C of the six bytes before it, lets a damaged length be known at once: otherwise what
// follows would be waited for as the rest of one long frame.
// The checksum covers the first 24 bytes and the body's fields. Bulk behind the fields carries checksums of its own: batches
// theirs, bundles and snapshot chunks one among the fields; so bytes that are on their way to a wire already need not be read
// again.

import CLinux
package import Zab

package enum PeerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Below a head, or beyond what any member may send.
    case badLength(UInt32)
    case badHead
    case badChecksum
    case unknownType(UInt8)
    case unknownVersion(UInt8)
    /// The fields contradict each other or end too early or too late.
    case badField(type: UInt8)
    case badBatch

    package var description: String {
        switch self {
        case .badLength(let length): "a frame can't have \(length) bytes"
        case .badHead: "its length or type was damaged on the way"
        case .badChecksum: "its checksum is wrong"
        case .unknownType(let type): "type \(type) is not known here"
        case .unknownVersion(let version): "version \(version) is not known here"
        case .badField(let type): "the fields of a frame of type \(type) contradict each other"
        case .badBatch: "a batch in it is not what was sealed"
        }
    }
}

/// What every frame says before its body.
package struct Envelope: Hashable, Sendable {
    package var type: UInt8
    package var version: UInt8
    package var epoch: UInt32
    package var source: MemberID
    package var sourceTag: UInt64
}

package enum PeerFrame {
    package static let headSize = 28
    package static let version: UInt8 = 1
    package static let maxLength = Int(Hello.frameLimit)

    /// How long the frame at the head of `bytes` is; nil if too few bytes are here to tell. Judged before anything is allocated.
    package static func length(at bytes: RawSpan) throws(PeerError) -> Int? {
        guard bytes.byteCount >= 4 else { return nil }
        let length = UInt32(littleEndian: bytes.unsafeLoadUnaligned(as: UInt32.self))
        guard length >= UInt32(headSize), length <= UInt32(maxLength) else { throw .badLength(length) }
        guard bytes.byteCount >= 8 else { return nil }
        let check = UInt16(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 6, as: UInt16.self))
        guard bytes.withUnsafeBytes({ headCheck($0.baseAddress!) }) == check else { throw .badHead }
        return Int(length)
    }

    /// Of length, type and version.
    static func headCheck(_ head: UnsafeRawPointer) -> UInt16 { UInt16(truncatingIfNeeded: quorate_crc32c(0, head, 6)) }

    /// An incarnation in 64 bits, to tell frames of different directories under one id apart.
    package static func tag(_ incarnation: Incarnation) -> UInt64 {
        UInt64(truncatingIfNeeded: incarnation) ^ UInt64(truncatingIfNeeded: incarnation >> 64) &* 0x9e37_79b9_7f4a_7c15
    }

    /// Over bytes 0..<24 and 28..<`fieldsEnd`.
    static func checksum(_ frame: UnsafeRawBufferPointer, fieldsEnd: Int) -> UInt32 {
        let head = quorate_crc32c(0, frame.baseAddress!, 24)
        return quorate_crc32c(head, frame.baseAddress! + headSize, fieldsEnd - headSize)
    }

    /// Of the message numbers of the protocol; replies that share a number with their question have 16 added.
    enum Kind: UInt8, CaseIterable {
        case hello = 0
        case prevote = 1
        case prevoteReply = 2
        case newEpoch = 3
        case ackEpoch = 4
        case join = 5
        case sync = 6
        case snapshotChunk = 7
        case proposal = 8
        case newLeader = 9
        case ack = 10
        case heartbeat = 11
        case forward = 12
        case readIndex = 13
        case reject = 14
        case echo = 15
        case handover = 16
        case snapshotHeld = 17
        case forwardRefused = 28
        case readIndexReply = 29

        /// Bytes of fields before the bulk; nil: the whole body is fields.
        var fieldsBeforeBulk: Int? {
            switch self {
            case .snapshotChunk: 16
            case .proposal: 40
            case .forward: 8
            default: nil
            }
        }
    }
}
