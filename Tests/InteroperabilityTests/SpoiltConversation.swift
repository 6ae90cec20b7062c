// The frames of one connection through the spoiling proxy: which request a reply belongs to, and what becomes of the reply whose
// turn it is.

import Foundation
import Transport

/// Counts the replies of the load over all connections, and says whose turn it is.
struct Spoiler {
    let spoiling: Spoiling
    private let every: Int
    fileprivate(set) var deeds = ProxyDeeds()

    init(_ spoiling: Spoiling, every: Int) {
        self.spoiling = spoiling
        self.every = every
    }

    /// One more reply; true if it is this one's turn.
    mutating func isDue() -> Bool {
        deeds.replies += 1
        guard deeds.replies % every == 0 else { return false }
        if case .nothing = spoiling { return false }
        if case .silence = spoiling, deeds.spoilt > 0 { return false }
        deeds.spoilt += 1
        return true
    }

    mutating func waited(_ nanoseconds: UInt64) { deeds.longestWait = max(deeds.longestWait, nanoseconds) }
}

final class SpoiltConversation {
    private enum Operation {
        static let create: Int32 = 1
        static let exists: Int32 = 3
        static let setData: Int32 = 5
        static let sync: Int32 = 9
        static let close: Int32 = -11
    }

    private struct Asked {
        let opCode: Int32
        let path: [UInt8]
        /// Whether it is part of the load, and not of what comes before and after it.
        let isLoad: Bool
        let at: UInt64
        /// What was not passed on: the name that is asked for and the size of the data.
        var notDone: (path: [UInt8], size: Int)?
    }

    let client: ConnectionID
    let member: ConnectionID
    var isUp = false
    var toMember: [UInt8] = []
    var toClient: [UInt8] = []
    private var hasGreeted = false
    private var isGreeted = false
    private var asked: [Int32: Asked] = [:]
    private var held: [UInt8]?
    private var mutedUntil: UInt64 = 0
    private var zxids = ShownZxids()

    init(client: ConnectionID, member: ConnectionID) {
        self.client = client
        self.member = member
    }

    func isMuted(_ now: UInt64) -> Bool { now < mutedUntil }

    // MARK: Requests

    func asked(_ frame: [UInt8], _ spoiler: inout Spoiler, now: UInt64) {
        guard hasGreeted else {
            hasGreeted = true
            toMember += framed(frame)
            return
        }
        let (xid, opCode) = (frame.int32(0), frame.int32(4))
        guard xid > 0 else { return toMember += framed(frame) }
        // Znodes are laid out with creates whose flags are 0.
        let isLaidOut = opCode == Operation.create && frame.int32(frame.count - 4) == 0
        let isLoad = !isLaidOut && opCode != Operation.sync && opCode != Operation.close
        var request = Asked(opCode: opCode, path: opCode == Operation.close ? [] : frame.buffer(8), isLoad: isLoad, at: now)
        if case .notDone = spoiler.spoiling, isLoad, opCode == Operation.setData || opCode == Operation.create, spoiler.isDue() {
            let path = frame.buffer(8)
            request.notDone = (path, frame.buffer(12 + path.count).count)
            asked[xid] = request
            toMember += framed(looking(at: opCode == Operation.create ? [0x2f] : path, xid))
            return
        }
        asked[xid] = request
        toMember += framed(frame)
    }

    /// A look at a Stat takes the request's place, so that its answer comes in its turn.
    private func looking(at path: [UInt8], _ xid: Int32) -> [UInt8] {
        xid.wire + Operation.exists.wire + Int32(path.count).wire + path + [0]
    }

    // MARK: Replies

    func answered(_ frame: [UInt8], _ spoiler: inout Spoiler, now: UInt64) {
        guard isGreeted else {
            isGreeted = true
            toClient += framed(frame)
            return
        }
        guard let request = asked.removeValue(forKey: frame.int32(0)) else { return toClient += framed(frame) }
        spoiler.waited(now - request.at)
        if let notDone = request.notDone { return toClient += framed(pretence(frame, request, notDone, spoiler)) }
        let answer = AnsweredFrame(frame, opCode: request.opCode, path: request.path)
        if case .notDone = spoiler.spoiling { return pass(frame) }
        guard request.isLoad, spoiler.isDue() else {
            zxids.show(answer, &spoiler.deeds.flipped)
            if let version = answer.shownVersion { spoiler.deeds.flipped.isShown(answer.path, version: version) }
            if request.isLoad { pass(frame) } else { toClient += framed(frame) }
            return
        }
        if case .flippedByte = spoiler.spoiling { return flip(answer, &spoiler) }
        spoil(frame, spoiler, now: now)
    }

    private func pass(_ frame: [UInt8]) {
        toClient += framed(frame)
        if let late = held { toClient += framed(late) }
        held = nil
    }

    private func spoil(_ frame: [UInt8], _ spoiler: Spoiler, now: UInt64) {
        let turn = spoiler.deeds.spoilt
        switch spoiler.spoiling {
        case .nothing, .notDone, .flippedByte: pass(frame)
        case .swapped: held = frame
        case .lost: break
        case .doubled: toClient += framed(frame) + framed(frame)
        case .wrongError: toClient += framed(Array(frame[..<12]) + ([-110, -103, 5][turn % 3] as Int32).wire)
        case .zxidBack: toClient += framed(Array(frame[..<4]) + Int64(1).wire + frame[12...])
        case .flippedLength:
            var whole = framed(frame)
            whole[turn % 4] ^= 0xff
            toClient += whole
        case .silence(let nanoseconds):
            mutedUntil = now + nanoseconds
            toClient += framed(frame)
        }
    }

    private func flip(_ answer: AnsweredFrame, _ spoiler: inout Spoiler) {
        let place = flippedPlace(in: answer, spoiler.deeds.spoilt)
        var flipped = answer
        flipped.bytes[place] ^= 0xff
        toClient += framed(flipped.bytes)
        switch place {
        case 0..<4: return spoiler.deeds.flipped.xidIsFlipped()
        case 4..<12: return zxids.showFlipped(flipped, &spoiler.deeds.flipped)
        default:
            zxids.show(answer, &spoiler.deeds.flipped)
            spoiler.deeds.flipped.otherIsFlipped()
        }
        if answer.isClock(place), flipped.hasPossibleClock, let version = answer.shownVersion {
            spoiler.deeds.flipped.clockIsFlipped(of: answer.path, version: version)
        }
    }

    /// All places in turn, in steps that meet each kind of field early. A worker waits for the reply to its list, whose xid is
    /// left alone therefore, as is one that would turn into that of another request under way: the replies after it would seem
    /// wrong, too.
    private func flippedPlace(in answer: AnsweredFrame, _ turn: Int) -> Int {
        let place = turn * 11 % answer.bytes.count
        guard place < 4 else { return place }
        var flipped = answer.bytes
        flipped[place] ^= 0xff
        return answer.kind == .list || asked[flipped.int32(0)] != nil ? place + 12 : place
    }

    /// What a member would say that had done it.
    private func pretence(
        _ frame: [UInt8], _ request: Asked, _ notDone: (path: [UInt8], size: Int), _ spoiler: Spoiler
    ) -> [UInt8] {
        let zxid = frame.int64(4) + 1
        let header = Array(frame[..<4]) + zxid.wire + Int32(0).wire
        guard request.opCode == Operation.setData else {
            let name = notDone.path + Array(String(format: "%010d", 900_000_000 + spoiler.deeds.spoilt).utf8)
            return header + Int32(name.count).wire + name
        }
        let stat = Array(frame[16...])
        let version = stat.int32(32) + 1
        return header + Array(stat[..<8]) + zxid.wire + Array(stat[16..<32]) + version.wire + Array(stat[36..<52])
            + Int32(notDone.size).wire + Array(stat[56...])
    }

    private func framed(_ frame: [UInt8]) -> [UInt8] { Int32(frame.count).wire + frame }
}

extension FixedWidthInteger {
    fileprivate var wire: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

extension [UInt8] {
    func int32(_ offset: Int) -> Int32 {
        withUnsafeBytes { Int32(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: Int32.self)) }
    }
    func int64(_ offset: Int) -> Int64 {
        withUnsafeBytes { Int64(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: Int64.self)) }
    }
    fileprivate func buffer(_ offset: Int) -> [UInt8] {
        let count = Swift.max(0, Int(int32(offset)))
        return Array(self[(offset + 4)..<(offset + 4 + count)])
    }
}
