// One state of the model, in sixteen words: twelve members, then four attempts to lead. Everything that concerns a member, what
// attempts know of it included, stands in its own word, so members that play the same part can be exchanged by sorting words.

/// A log: attempts by which its records were proposed, three bits each, oldest lowest. Zero ends it.
typealias ModelLog = UInt64

extension ModelLog {
    static let longest = 8

    var recordCount: Int { (UInt64.bitWidth - leadingZeroBitCount + 2) / 3 }

    func through(_ count: Int) -> ModelLog { self & ((1 << UInt64(3 * count)) - 1) }

    func appending(_ attempt: Int) -> ModelLog { self | ModelLog(attempt + 1) << UInt64(3 * recordCount) }

    /// The attempt that proposed the record at this place.
    func attempt(at place: Int) -> Int { Int(self >> UInt64(3 * place) & 7) - 1 }

    func exchanging(_ a: Int, _ b: Int) -> ModelLog {
        var result: ModelLog = 0
        for place in 0..<recordCount {
            let attempt = attempt(at: place)
            result |= ModelLog((attempt == a ? b : attempt == b ? a : attempt) + 1) << UInt64(3 * place)
        }
        return result
    }

    func isPrefix(of other: ModelLog) -> Bool { other.through(recordCount) == self }

    func commonCount(with other: ModelLog) -> Int {
        let different = self ^ other
        return Swift.min(recordCount, other.recordCount, different == 0 ? ModelLog.longest : different.trailingZeroBitCount / 3)
    }
}

/// What a running member is at, towards one attempt. Lost in a crash.
enum ModelPhase: UInt64 {
    case none
    /// Asks for promises.
    case candidate
    /// SYNC is here, acceptedEpoch durable.
    case accepted
    /// The log is a prefix of the leader's: the truncation is durable.
    case receiving
    /// currentEpoch is durable; acknowledgements may leave.
    case following
}

struct ModelMember {
    var word: UInt64

    private func field(_ shift: UInt64, _ width: UInt64) -> UInt64 { word >> shift & ((1 << width) - 1) }

    private mutating func set(_ shift: UInt64, _ width: UInt64, _ value: UInt64) {
        word = word & ~(((1 << width) - 1) << shift) | value << shift
    }

    var acceptedEpoch: Int {
        get { Int(field(0, 3)) }
        set { set(0, 3, UInt64(newValue)) }
    }
    var currentEpoch: Int {
        get { Int(field(3, 3)) }
        set { set(3, 3, UInt64(newValue)) }
    }
    /// The attempt that `phase` is about.
    var attempt: Int {
        get { Int(field(6, 3)) }
        set { set(6, 3, UInt64(newValue)) }
    }
    var phase: ModelPhase {
        get { ModelPhase(rawValue: field(9, 3))! }
        set { set(9, 3, newValue.rawValue) }
    }
    var log: ModelLog {
        get { field(12, 24) }
        set { set(12, 24, newValue) }
    }

    func isAt(_ attempt: Int, _ phase: ModelPhase) -> Bool { self.phase == phase && self.attempt == attempt }

    func hasPromised(_ attempt: Int) -> Bool { field(36 + 6 * UInt64(attempt), 1) == 1 }
    mutating func promise(_ attempt: Int) { set(36 + 6 * UInt64(attempt), 1, 1) }

    func isStarter(of attempt: Int) -> Bool { field(37 + 6 * UInt64(attempt), 1) == 1 }
    mutating func becomeStarter(of attempt: Int) { set(37 + 6 * UInt64(attempt), 1, 1) }

    /// Records acknowledged to the attempt, which hears of it at some time; nil before the first acknowledgement.
    func acknowledged(_ attempt: Int) -> Int? {
        let value = field(38 + 6 * UInt64(attempt), 4)
        return value == 0 ? nil : Int(value) - 1
    }
    mutating func acknowledge(_ attempt: Int, _ records: Int) { set(38 + 6 * UInt64(attempt), 4, UInt64(records) + 1) }

    func isLeading(_ attempt: Int) -> Bool { self.attempt == attempt && (phase == .receiving || phase == .following) }

    mutating func leaveRole() { set(6, 6, 0) }
    mutating func forgetPromise(_ attempt: Int) { set(36 + 6 * UInt64(attempt), 1, 0) }
    mutating func forgetAttempt(_ attempt: Int) { set(36 + 6 * UInt64(attempt), 6, 0) }

    /// Two attempts change their numbers.
    mutating func exchangeAttempts(_ a: Int, _ b: Int) {
        let (first, second) = (field(36 + 6 * UInt64(a), 6), field(36 + 6 * UInt64(b), 6))
        set(36 + 6 * UInt64(a), 6, second)
        set(36 + 6 * UInt64(b), 6, first)
        log = log.exchanging(a, b)
        if phase != .none { attempt = attempt == a ? b : attempt == b ? a : attempt }
    }
}

struct ModelAttempt {
    var word: UInt64

    /// 0: not begun.
    var epoch: Int { Int(word & 7) }
    /// Whether it was elected.
    var hasLed: Bool { word >> 3 & 1 == 1 }
    /// Records of I(e), the log it was elected with.
    var initialCount: Int { Int(word >> 4 & 15) }
    /// I(e) and what was proposed behind it.
    var log: ModelLog { word >> 8 }

    /// Given up before it was elected. Behind all others in their order.
    static let void = ModelAttempt(word: 7)
    var isVoid: Bool { word == 7 }

    init(word: UInt64) { self.word = word }
    init(epoch: Int) { word = UInt64(epoch) }
    init(epoch: Int, leadingWith log: ModelLog) { word = UInt64(epoch) | 8 | UInt64(log.recordCount) << 4 | log << 8 }

    func exchanging(_ a: Int, _ b: Int) -> ModelAttempt { ModelAttempt(word: word & 255 | log.exchanging(a, b) << 8) }

    func proposing(_ attempt: Int) -> ModelAttempt { ModelAttempt(word: word & 255 | log.appending(attempt) << 8) }
}

struct ModelState: Hashable {
    static let mostMembers = 12
    static let mostAttempts = 4

    var words = SIMD16<UInt64>(repeating: 0)

    subscript(member index: Int) -> ModelMember {
        get { ModelMember(word: words[index]) }
        set { words[index] = newValue.word }
    }

    subscript(attempt index: Int) -> ModelAttempt {
        get { ModelAttempt(word: words[ModelState.mostMembers + index]) }
        set { words[ModelState.mostMembers + index] = newValue.word }
    }

    mutating func exchangeAttempts(_ a: Int, _ b: Int, members: Int) {
        let first = self[attempt: a]
        self[attempt: a] = self[attempt: b]
        self[attempt: b] = first
        for index in 0..<members { self[member: index].exchangeAttempts(a, b) }
        for attempt in 0..<ModelState.mostAttempts { self[attempt: attempt] = self[attempt: attempt].exchanging(a, b) }
    }

    /// Of a table of states; equal states have equal values in every process.
    var fingerprint: UInt64 {
        var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
        for place in 0..<16 where words[place] != 0 {
            hash = (hash ^ words[place] &+ UInt64(place)) &* 0xff51_afd7_ed55_8ccd
            hash ^= hash >> 32
        }
        return hash
    }
}
