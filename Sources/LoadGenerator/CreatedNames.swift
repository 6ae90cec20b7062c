// Names of the znodes that the load creates. What a znode is called, and under which parent it is, follows from a number that no
// other creation of the run has, so that neither a delete nor the check of a reply needs anything but that number.

internal import Statistics

/// Gives out the numbers of a run, and tells what follows from each.
struct CreatedNames {
    /// Characters that the number decides; what is longer has a rest that all names share.
    static let wordCount = 8
    private static let mask: UInt64 = 0xffff_ffff_ffff
    private let key: UInt64
    private var next: UInt64 = 0

    /// As many numbers as ten digits can tell apart.
    private static let numbers: UInt64 = 10_000_000_000

    /// Two runs with different keys hardly ever make the same names: a million each, with a chance of one in 2^28. Generators
    /// that share a load have one key, and each a stretch of the numbers to itself.
    init(run: UInt64, share: LoadShare? = nil) {
        key = run & Self.mask
        if let share { next = Self.numbers / UInt64(share.count) * UInt64(share.index) }
    }

    /// Takes so many numbers in a row and returns the first.
    @inline(__always) mutating func take(_ count: Int = 1) -> UInt64 {
        defer { next &+= UInt64(count) }
        return next
    }

    /// Chance that belongs to the number.
    @inline(__always) func chance(of number: UInt64) -> SeededRandom {
        SeededRandom(seed: key ^ (number &* 0xA24B_AED4_963E_E407))
    }

    /// Which of the parents and which of the lengths of names.
    @inline(__always) func place(of number: UInt64, parents: UInt64, lengths: Int) -> (parent: UInt64, length: Int) {
        var random = chance(of: number)
        return (random.below(parents), Int(random.below(UInt64(lengths))))
    }

    /// Eight characters as they stand in memory. The numbers are shuffled one to one, so that names follow no order.
    @inline(__always) func word(of number: UInt64) -> UInt64 {
        var mixed = ((number ^ key) &* 0x9E37_79B9_7F4B) & Self.mask
        mixed ^= mixed >> 23
        mixed = (mixed &* 0xBF58_476D_1CE5) & Self.mask
        mixed ^= mixed >> 25
        var word: UInt64 = 0
        for _ in 0..<Self.wordCount {
            word = word << 8 | Self.character(mixed & 63)
            mixed >>= 6
        }
        return word
    }

    @inline(__always) private static func character(_ value: UInt64) -> UInt64 {
        switch value {
        case 0..<10: 0x30 + value
        case 10..<36: 0x61 + value - 10
        case 36..<62: 0x41 + value - 36
        case 62: 0x2d
        default: 0x5f
        }
    }
}

extension RequestTemplate {
    /// Puts what differs into a copy of the template.
    @inline(__always) func fill(_ copy: UnsafeMutableRawPointer, parent: UInt64, number: UInt64, _ names: CreatedNames) {
        if poolOffset > 0 { copy.storeDigits(parent, width: poolDigits, at: poolOffset) }
        if sequenceOffset > 0 { copy.storeDigits(number, width: 10, at: sequenceOffset) }
        if wordOffset > 0 {
            copy.storeBytes(of: names.word(of: number).littleEndian, toByteOffset: wordOffset, as: UInt64.self)
        }
    }

    /// Whether a reply's path is the one that a copy with this parent and number asked for, and, if the server completes it, has
    /// the server's ten digits behind it.
    @inline(__always)
    func isPath(
        _ path: UnsafeRawBufferPointer, parent: UInt64, number: UInt64, isSequential: Bool, _ names: CreatedNames
    ) -> Bool {
        let length = Int(frame.int32(at: pathOffset - 4))
        guard path.count == length + (isSequential ? 10 : 0) else { return false }
        let isOurs = withUnsafeTemporaryAllocation(byteCount: length, alignment: 8) { expected in
            expected.copyMemory(from: UnsafeRawBufferPointer(rebasing: frame[pathOffset..<(pathOffset + length)]))
            fill(expected.baseAddress! - pathOffset, parent: parent, number: number, names)
            return expected.elementsEqual(path.prefix(length))
        }
        return isOurs && (!isSequential || sequenceNumber(path, from: 0, to: path.count) != nil)
    }
}
