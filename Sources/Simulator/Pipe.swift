// A connection between two members, in both directions: bytes arrive in order, after a delay, or not before a cut heals, as TCP
// has it. Either end may know that it is over while the other does not.

import Batch
import PeerProtocol
import Zab

final class Pipe {
    struct Chunk {
        var bytes: [UInt8]
        /// The other side has closed; nothing follows.
        var isEnd = false
    }

    /// What one member has of it.
    struct End {
        let member: Int
        let number: UInt64
        var isOpen = true
        /// Under way to this end, oldest first.
        var coming: [Chunk] = []
        var bytesComing = 0
        /// No chunk overtakes another.
        var lastArrival: UInt64 = 0
        /// Arrived, and not taken by the node yet: what the kernel holds.
        var received: [UInt8] = []
        var hasEnded = false
        var isReading = true
        /// Bytes of `received` that came while it was not read.
        var unread = 0
        /// The node has more to send than fits under way.
        var isBlocked = false
        /// Arrivals that a cut has held up.
        var held = 0
        /// Bytes that left this end, and that its node has taken.
        var sent: UInt64 = 0
        var taken: UInt64 = 0
        /// ACKs that left this end, oldest first, and how much had left with them.
        var acks: [(sent: UInt64, epoch: UInt32, last: Zxid)] = []
    }

    /// Bytes under way in one direction beyond which the sender has to wait.
    static let room = 256 << 10

    let channel: Channel
    var ends: (End, End)
    /// What has left each end, cut into frames for the checks.
    var checker = [FrameCutter(), FrameCutter()]
    /// What arrives is not what was sent.
    var isGarbled = false
    /// Whoever still holds an end of it hears nothing any more, not even that it is over.
    var isSilent = false

    init(channel: Channel, _ a: End, _ b: End) {
        self.channel = channel
        ends = (a, b)
    }

    subscript(end: Int) -> End {
        get { end == 0 ? ends.0 : ends.1 }
        set { if end == 0 { ends.0 = newValue } else { ends.1 = newValue } }
    }

    func end(of number: UInt64) -> Int { ends.0.number == number ? 0 : 1 }
}

/// Puts frames together again that left in pieces.
struct FrameCutter {
    /// Bytes of frames of other types are not kept, only counted down.
    private var rest: [UInt8] = []

    mutating func take(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void) {
        if rest.isEmpty {
            cut(bytes, body)
        } else {
            let all = rest + bytes
            rest = []
            cut(all, body)
        }
    }

    private mutating func cut(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { all in
            var offset = 0
            while all.count - offset >= PeerFrame.headSize {
                let length = Int(UInt32(littleEndian: all.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                guard all.count - offset >= length else { break }
                if FrameCutter.isChecked(all[offset + 4]) {
                    body(UnsafeRawBufferPointer(rebasing: all[offset..<offset + length]))
                }
                offset += length
            }
            rest = Array(all[offset...])
        }
    }

    /// PREVOTE, NEWEPOCH, ACKEPOCH, JOIN, ACK and ECHO.
    private static func isChecked(_ type: UInt8) -> Bool {
        type == 1 || type == 3 || type == 4 || type == 5 || type == 10 || type == 15
    }
}
