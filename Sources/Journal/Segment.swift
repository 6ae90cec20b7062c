// One use of one log file, as the members of the journal's threads know it: where its log begins and ends, and a sparse index
// into it.

import Batch

/// A place in a segment where a frame begins, and where the log stands there.
struct LogPosition: Equatable, Sendable {
    var before: Zxid
    var chain: UInt32
    var offset: Int
}

struct Segment: Sendable {
    /// Where the frames begin, behind identity and base.
    static let headSize = 2 * blockSize
    /// The index has about one entry for so many bytes.
    static let indexStep = 256 << 10

    var file: DiskFile
    var base: SegmentBase
    /// The last zxid that this segment gives to the log; what its file holds beyond was truncated away (rule D7).
    var last: Zxid
    /// Behind the last frame, on a block's boundary.
    var end: Int
    /// How far the file was filled when its use began: behind that the file grows.
    var filled: Int
    /// Never empty; the first entry is the base.
    private(set) var index: [LogPosition]

    init(file: DiskFile, base: SegmentBase, filled: Int) {
        self.file = file
        self.base = base
        self.filled = filled
        last = base.zxid
        end = Segment.headSize
        index = [LogPosition(before: base.zxid, chain: base.chain, offset: Segment.headSize)]
    }

    mutating func noteFrame(at position: LogPosition) {
        if position.offset - index[index.count - 1].offset >= Segment.indexStep { index.append(position) }
    }

    /// Forgets what lies behind `zxid`, the end of a batch at `end`.
    mutating func cut(at zxid: Zxid, end: Int) {
        precondition(zxid >= base.zxid && zxid <= last, "a cut outside the segment")
        last = zxid
        self.end = end
        index.removeAll { $0.offset > Segment.headSize && $0.before >= zxid }
    }

    /// A place at or before the frame whose batch begins behind `zxid`.
    func position(notBehind zxid: Zxid) -> LogPosition {
        precondition(zxid >= base.zxid, "the position lies before the segment")
        return index.last { $0.before <= zxid } ?? index[0]
    }

    /// A place from which a walk meets the batch that ends at `zxid`.
    func position(before zxid: Zxid) -> LogPosition {
        precondition(zxid > base.zxid, "the position lies before the segment")
        return index.last { $0.before < zxid } ?? index[0]
    }
}
