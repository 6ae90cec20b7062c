// Which byte of a reply is flipped, and whether a client can notice it. All can be noticed but two, and these only at times:
//
// * The zxid of a reply that holds no other, to a delete or a read, where it stays above what the reply before it says (and the
//   znode's own Stat), and below what the next one says. Other sessions write meanwhile, so any zxid in between may be the true
//   one. A set's stands in its Stat once more, and that of an item's creation in the Stat that the item is read with.
// * The wall clock of a set, where no other reply shows the znode as that set has left it. The protocol promises nothing of
//   clocks (a server's may be set back or forth), but that all replies tell the same of one set.

/// Counts the flips.
struct FlippedBytes: Sendable {
    /// A znode between two sets.
    private struct State: Hashable {
        let path: [UInt8]
        let version: Int32
    }

    /// In the number of a request, whose reply is then none.
    private(set) var xids = 0
    private(set) var others = 0
    private(set) var zxidsInBetween = 0
    private var clocks: [State] = []
    private var shown: Set<State> = []

    var all: Int { xids + others }
    /// So many no client can notice.
    var hidden: Int { zxidsInBetween + clocks.count { !shown.contains($0) } }

    mutating func xidIsFlipped() { xids += 1 }
    mutating func otherIsFlipped() { others += 1 }
    mutating func zxidStaysInBetween() { zxidsInBetween += 1 }
    mutating func clockIsFlipped(of path: [UInt8], version: Int32) { clocks.append(State(path: path, version: version)) }
    mutating func isShown(_ path: [UInt8], version: Int32) { shown.insert(State(path: path, version: version)) }
}

/// What a reply is about, as the one sees it who flips a byte in it.
struct AnsweredFrame {
    enum Kind {
        case create, delete, set, read, list, other
    }

    static let statCount = 68
    var bytes: [UInt8]
    let kind: Kind
    let path: [UInt8]

    init(_ bytes: [UInt8], opCode: Int32, path: [UInt8]) {
        self.bytes = bytes
        self.path = path
        kind =
            switch opCode {
            case 1: .create
            case 2: .delete
            case 3, 4: .read
            case 5: .set
            case 8: .list
            default: .other
            }
    }

    var zxid: Int64 { bytes.int64(4) }
    /// A write that is done has a zxid that no reply before it can show.
    var makesZxid: Bool { (kind == .create || kind == .delete || kind == .set) && bytes.int32(12) == 0 }
    /// Where the Stat begins, if there is one.
    var stat: Int? {
        (kind == .set || kind == .read) && bytes.count >= 16 + Self.statCount ? bytes.count - Self.statCount : nil
    }
    /// Nobody sets an item, so that both its clocks are one.
    private var isItem: Bool { path.dropLast(10).suffix(6).elementsEqual("/item-".utf8) }

    /// The state that the reply shows, if another reply could tell otherwise.
    var shownVersion: Int32? {
        guard let stat, !isItem else { return nil }
        return bytes.int32(stat + 32)
    }

    func isClock(_ place: Int) -> Bool { stat.map { !isItem && ($0 + 24..<$0 + 32).contains(place) } ?? false }
    /// No clock stands before 1970.
    var hasPossibleClock: Bool { stat.map { bytes.int64($0 + 24) >= 0 } ?? true }

    /// Whether the frame alone shows that its zxid is wrong, or the item that it is about will.
    func belies(_ flipped: Int64) -> Bool {
        if kind == .set || kind == .create { return true }
        guard let stat else { return false }
        return bytes.int64(stat + 8) > flipped || bytes.int64(stat + 60) > flipped
    }
}

/// The zxids of one connection's replies, as the client is shown them.
struct ShownZxids {
    private var before: Int64 = 0
    /// A flipped one that only the next reply can give away.
    private var open: Int64?

    mutating func show(_ frame: AnsweredFrame, _ book: inout FlippedBytes) {
        if let open, frame.makesZxid ? frame.zxid > open : frame.zxid >= open { book.zxidStaysInBetween() }
        open = nil
        before = frame.zxid
    }

    mutating func showFlipped(_ frame: AnsweredFrame, _ book: inout FlippedBytes) {
        book.otherIsFlipped()
        let isBack = frame.zxid < before || frame.makesZxid && frame.zxid == before
        open = isBack || frame.belies(frame.zxid) ? nil : frame.zxid
        before = frame.zxid
    }
}
