// Looks at everything that leaves a member: does a disk hold what is said? The disks' word is what a real recovery finds on a
// copy of what was flushed.

import Batch
import Journal
import PeerProtocol
import Zab

package final class DurabilityWatch {
    package private(set) var acknowledgements = 0
    package private(set) var answers = 0
    package private(set) var breaches: [String] = []
    /// By member and its count of flushes: the end of the log that a power failure would leave.
    private var known: [MemberID: (flushes: Int, last: Zxid)] = [:]
    private var highestAnswered = Zxid.zero

    package init() {}

    private func durableEnd(_ member: VirtualMember) -> Zxid {
        if let known = known[member.id], known.flushes == member.disk.flushes { return known.last }
        var settings = JournalSettings()
        settings.segmentSize = 1 << 20
        let last = (try? Journal.recover(disk: member.disk.afterPowerLoss(), nodeID: member.id, settings: settings))?.lastLogged
        known[member.id] = (member.disk.flushes, last ?? .zero)
        return last ?? .zero
    }

    /// Rule D4: an acknowledgement says no more than this member's disk holds.
    package func framesLeave(_ bytes: [UInt8], _ member: VirtualMember) {
        bytes.withUnsafeBytes { all in
            var offset = 0
            while let length = try? PeerFrame.length(at: UnsafeRawBufferPointer(rebasing: all[offset...]).bytes) {
                let frame = UnsafeRawBufferPointer(rebasing: all[offset..<offset + length])
                offset += length
                guard let (_, message) = try? PeerDecoder.decode(frame: frame.bytes), case .ack(let ack) = message else {
                    continue
                }
                acknowledgements += 1
                let end = durableEnd(member)
                if ack.last > end { breaches.append("member \(member.id) acknowledges \(ack.last), its disk ends at \(end)") }
            }
        }
    }

    /// An answer names the last zxid applied: by then a committing quorum of disks holds it.
    package func answersLeave(_ bytes: UnsafeRawBufferPointer, _ ensemble: VirtualEnsemble) {
        var offset = 0
        while offset + 20 <= bytes.count {
            let length = Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
            let wire = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: Int64.self))
            offset += 4 + length
            // The answer to a handshake stands in the form of a frame of its own; its bytes name no zxid of this epoch.
            let zxid = Zxid(rawValue: UInt64(bitPattern: wire))
            guard zxid > highestAnswered, zxid.epoch > 0, zxid.epoch < 1_000 else { continue }
            highestAnswered = zxid
            answers += 1
            let copies = ensemble.members.count { durableEnd($0) >= zxid }
            let wanted = ensemble.configuration.quorum.commitCopies
            if copies < wanted { breaches.append("an answer at \(zxid) leaves, and \(copies) of \(wanted) disks hold it") }
        }
    }
}
