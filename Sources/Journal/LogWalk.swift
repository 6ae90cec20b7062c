// Walks the frames of one segment in order and judges each: its head, its place in the chain, its batch. Recovery, truncation,
// snapshots and learners' cursors all read the log through this. Why a walk ended is told, what to make of it is the caller's
// decision.

import Batch
import CLinux

struct LogWalk {
    enum Step {
        /// The batch's bytes are valid until the next call.
        case batch(Frame, BatchHeader, UnsafeRawBufferPointer)
        case seal(Frame)
        /// No frame that continues the log; `suspect` tells what stands there if it is an intact head of this use.
        case end(suspect: Suspect?)
    }

    struct Suspect: Equatable {
        var offset: Int
        var frame: Frame
        var reason: String
    }

    let window: FileWindow
    let use: UInt64
    let salt: UInt32
    /// Where the next frame is looked for; behind a batch that is the place right after it.
    private(set) var offset: Int
    private(set) var chain: UInt32
    private(set) var last: Zxid
    /// Where the frame returned last begins, and where the log stood there.
    private(set) var position: LogPosition
    /// The walk looks at no block from here on.
    private let limit: Int
    private let checksPayload: Bool

    init(window: FileWindow, use: UInt64, salt: UInt32, from position: LogPosition, limit: Int? = nil, checksPayload: Bool = true)
    {
        self.window = window
        self.use = use
        self.salt = salt
        offset = position.offset
        chain = position.chain
        last = position.before
        self.position = position
        self.limit = min(limit ?? window.size, window.size)
        self.checksPayload = checksPayload
    }

    /// The end of the block that holds the last byte read.
    var end: Int { roundedUpToBlock(offset) }

    mutating func next() throws(DiskError) -> Step {
        guard let (place, frame) = try nextHead() else { return .end(suspect: nil) }
        func suspect(_ reason: String) -> Step { .end(suspect: Suspect(offset: place, frame: frame, reason: reason)) }
        guard frame.chainBefore == chain else { return suspect("its chain value does not continue the one before") }
        if frame.isSeal {
            guard frame.lastZxid == last else { return suspect("it seals \(frame.lastZxid), but the log stands at \(last)") }
            offset = roundedUpToBlock(place + Frame.headSize)
            return .seal(frame)
        }
        let length = Int(frame.length)
        guard place + Frame.headSize + length <= limit, let p = try window.bytes(at: place, count: Frame.headSize + length) else {
            return suspect("the file ends inside it")
        }
        let bytes = UnsafeRawBufferPointer(start: p + Frame.headSize, count: length)
        guard let header = BatchHeader(reading: bytes.bytes), Int(header.length) == length, header.lastZxid == frame.lastZxid
        else {
            return suspect("its batch has a head that makes no sense")
        }
        // Rule L1: the log is contiguous.
        guard header.prevZxid == last else {
            return suspect("its batch continues \(header.prevZxid), but the log stands at \(last)")
        }
        if checksPayload, quorate_crc32c(0, bytes.baseAddress! + 4, length - 4) != header.crc {
            return suspect("its batch has a wrong checksum")
        }
        position = LogPosition(before: last, chain: chain, offset: place)
        chain = Frame.chain(head: p, batchCRC: header.crc)
        last = header.lastZxid
        offset = place + Frame.headSize + length
        return .batch(frame, header, bytes)
    }

    /// Intact heads of this use at block boundaries behind the end of the walk: what later flushes say of what can't be read.
    func headsBehind() throws(DiskError) -> [(offset: Int, frame: Frame)] {
        var found: [(Int, Frame)] = []
        var place = end
        while let p = try window.bytes(at: place, count: Frame.headSize) {
            if let frame = Frame(decoding: p, use: use, salt: salt) { found.append((place, frame)) }
            place += blockSize
        }
        return found
    }

    /// The highest zxid that the frames of one flush name, of which only the first stands on a boundary.
    func lastOfFlush(at offset: Int, _ first: Frame) throws(DiskError) -> Zxid {
        var place = offset
        var frame = first
        while true {
            place += Frame.headSize + Int(frame.length)
            guard let p = try window.bytes(at: place, count: Frame.headSize),
                let next = Frame(decoding: p, use: use, salt: salt)
            else { return frame.lastZxid }
            frame = next
        }
    }

    /// The next intact head: right behind the last batch, or at the next boundary that has one. A block in between without a
    /// head of its own (a seal that was lost, what an unfinished flush left) takes nothing away, as the chain shows.
    private func nextHead() throws(DiskError) -> (offset: Int, frame: Frame)? {
        var place = offset
        while place + Frame.headSize <= limit {
            if let p = try window.bytes(at: place, count: Frame.headSize), let frame = Frame(decoding: p, use: use, salt: salt) {
                return (place, frame)
            }
            place = roundedUpToBlock(place + 1)
        }
        return nil
    }
}
