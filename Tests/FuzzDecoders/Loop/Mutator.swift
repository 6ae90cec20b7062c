// Changes of recorded bytes: flipped bits, edges of numbers, lengths that lie, cuts, insertions, repetitions, pieces of other
// recordings. Which place and which change is up to a seed, so that a run can be made again.

import ApplyHarness

struct Mutator {
    var chance: Chance
    /// Other recordings of the same target, to take pieces from.
    var others: [[UInt8]] = []
    /// No input grows beyond this.
    var longest = 1 << 16

    init(seed: UInt64) { chance = Chance(seed: seed) }

    private static let bytes: [UInt8] = [
        0, 1, 2, 3, 4, 7, 8, 0x0b, 0x0e, 0x10, 0x20, 0x2f, 0x3a, 0x40, 0x64, 0x7f, 0x80, 0xc0, 0xfe, 0xff,
    ]
    private static let words: [UInt64] = [
        0, 1, 2, 3, 4, 8, 15, 16, 17, 31, 32, 0x7f, 0x80, 0xff, 0x100, 0xfff, 0x1000, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0xf_ffff,
        0x10_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff, 0x1_0000_0000, 0x7fff_ffff_ffff_ffff,
        0x8000_0000_0000_0000, 0xffff_ffff_0000_0000, 0xffff_ffff_ffff_fffe, 0xffff_ffff_ffff_ffff,
        // Requests that servers write themselves, and the first of handlers.
        0xffff_fff7, 0xffff_fff6, 0xffff_fff5, 0xffff_ffec, 0xffff_ffeb, 1000, 1100,
    ]

    /// One to eight changes, mostly few.
    mutating func change(_ input: inout [UInt8], from first: Int = 0) {
        var count = 1
        while count < 8, chance.oneIn(3) { count += 1 }
        for _ in 0..<count { changeOnce(&input, from: first) }
        if input.count > longest { input.removeLast(input.count - longest) }
    }

    /// Only bytes from `first` on are touched.
    mutating func changeOnce(_ input: inout [UInt8], from first: Int = 0) {
        guard input.count > first else {
            input.append(edge())
            return
        }
        let place = first + chance.below(input.count - first)
        switch chance.below(12) {
        case 0: input[place] ^= 1 << UInt8(chance.below(8))
        case 1: input[place] = UInt8(truncatingIfNeeded: chance.next())
        case 2: input[place] = edge()
        case 3: input[place] = input[place] &+ (chance.oneIn(2) ? 1 : 255)
        case 4, 5: writeWord(&input, at: place)
        case 6: writeLength(&input, at: place)
        case 7: input.removeSubrange(place..<min(input.count, place + extent()))
        case 8: input.insert(contentsOf: (0..<extent()).map { _ in edge() }, at: place)
        case 9: repeatPiece(&input, at: place)
        case 10: splice(&input, at: place)
        default: input.removeLast(min(input.count - first, chance.oneIn(2) ? extent() : input.count - place))
        }
    }

    private mutating func edge() -> UInt8 { Mutator.bytes[chance.below(Mutator.bytes.count)] }

    /// Mostly a few bytes, at times many.
    private mutating func extent() -> Int { 1 + chance.below(chance.oneIn(8) ? 256 : 8) }

    /// An edge of a 2, 4 or 8 byte number in either order, on a place that is a multiple of four as often as not.
    private mutating func writeWord(_ input: inout [UInt8], at place: Int) {
        let size = [2, 4, 4, 8, 8][chance.below(5)]
        let start = chance.oneIn(2) ? place : place & ~3
        write(Mutator.words[chance.below(Mutator.words.count)], size: size, big: chance.oneIn(2), at: start, &input)
    }

    /// A number about as large as what follows it.
    private mutating func writeLength(_ input: inout [UInt8], at place: Int) {
        let size = [2, 4, 4][chance.below(3)]
        let rest = input.count - place - size + chance.below(5) - 2
        write(UInt64(bitPattern: Int64(rest)), size: size, big: chance.oneIn(2), at: place, &input)
    }

    private func write(_ value: UInt64, size: Int, big: Bool, at place: Int, _ input: inout [UInt8]) {
        for index in 0..<size where place + index < input.count && place + index >= 0 {
            let shift = UInt64(8 * (big ? size - 1 - index : index))
            input[place + index] = UInt8(truncatingIfNeeded: value >> shift)
        }
    }

    private mutating func repeatPiece(_ input: inout [UInt8], at place: Int) {
        let piece = Array(input[place..<min(input.count, place + extent())])
        for _ in 0...chance.below(chance.oneIn(10) ? 40 : 3) { input.insert(contentsOf: piece, at: place) }
    }

    /// A piece of another recording, in place of what is here or before it.
    private mutating func splice(_ input: inout [UInt8], at place: Int) {
        guard !others.isEmpty else { return }
        let other = others[chance.below(others.count)]
        guard !other.isEmpty else { return }
        let start = chance.below(other.count)
        let piece = other[start..<min(other.count, start + extent())]
        if chance.oneIn(2) {
            input.insert(contentsOf: piece, at: place)
        } else {
            input.replaceSubrange(place..<min(input.count, place + piece.count), with: piece)
        }
    }
}
