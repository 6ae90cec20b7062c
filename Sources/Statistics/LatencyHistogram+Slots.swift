// The written form of a latency histogram: the slots that hold something, as a flat list step, count, step, count, where a step
// says how far a slot lies above the one before, which is half as long as its index. The layout is fixed by the unit and the
// digits, which stand beside the list, so that any reader can rebuild it.

internal import Histogram

extension LatencyHistogram {
    /// Slots of one power of two: 2048, of which all but the first power use the upper half.
    private static let slotsPerHalf: UInt64 = 1_024
    private static let halfBits: UInt64 = 10
    package static var slotsPerPower: Int { Int(2 * slotsPerHalf) }

    /// Slots in use, ascending, with their counts.
    package var slots: [(slot: Int, count: UInt64)] {
        var found: [(slot: Int, count: UInt64)] = []
        for entry in histogram.recordedValues() where entry.count > 0 {
            found.append((Self.slot(of: entry.value), entry.count))
        }
        return found
    }

    /// Which slot a time falls into.
    package static func slot(of nanoseconds: UInt64) -> Int {
        let units = nanoseconds / unitNanoseconds
        guard units >= 2 * slotsPerHalf else { return Int(units) }
        let power = UInt64(63 - units.leadingZeroBitCount) - halfBits
        return Int((power << halfBits) + (units >> power))
    }

    /// The least time that falls into a slot.
    package static func lowestValue(ofSlot slot: Int) -> UInt64 {
        let index = UInt64(slot)
        guard index >= 2 * slotsPerHalf else { return index * unitNanoseconds }
        let power = (index >> halfBits) - 1
        return ((index - (power << halfBits)) << power) * unitNanoseconds
    }

    static let slotCount = slot(of: highestNanoseconds) + 1
}

extension LatencyHistogram: Codable {
    private enum CodingKeys: String, CodingKey {
        case unit = "unit_ns"
        case digits = "significant_digits"
        case count
        case sum = "sum_ns"
        case min = "min_ns"
        case max = "max_ns"
        case clamped
        case steps
        /// As `steps`, but with indices: the form of documents that were written before.
        case slots
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.unitNanoseconds, forKey: .unit)
        try container.encode(Self.significantDigits, forKey: .digits)
        try container.encode(count, forKey: .count)
        try container.encode(sum, forKey: .sum)
        if !isEmpty {
            try container.encode(min, forKey: .min)
            try container.encode(max, forKey: .max)
        }
        if clamped > 0 { try container.encode(clamped, forKey: .clamped) }
        var last = 0
        var steps: [UInt64] = []
        for (slot, count) in slots {
            steps += [UInt64(slot - last), count]
            last = slot
        }
        try container.encode(steps, forKey: .steps)
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func refuse(_ reason: String) -> DecodingError {
            .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: reason))
        }
        let unit = try container.decode(UInt64.self, forKey: .unit)
        let digits = try container.decode(Int.self, forKey: .digits)
        guard unit == Self.unitNanoseconds, digits == Self.significantDigits else {
            throw refuse(
                "a latency histogram with unit \(unit) ns and \(digits) digits has another layout than this version reads")
        }
        let steps = try container.decodeIfPresent([UInt64].self, forKey: .steps)
        let flat = try steps ?? container.decode([UInt64].self, forKey: .slots)
        guard flat.count % 2 == 0 else { throw refuse("the slot list has an index without a count") }
        var declared = try container.decode(UInt64.self, forKey: .count)
        var last: UInt64 = 0
        for position in stride(from: 0, to: flat.count, by: 2) {
            let count = flat[position + 1]
            let slot = steps == nil ? flat[position] : last + Swift.min(flat[position], UInt64(Self.slotCount))
            guard slot < UInt64(Self.slotCount), count <= declared else {
                throw refuse("slot \(slot) with count \(count) lies outside of the histogram")
            }
            declared -= count
            last = slot
            record(Self.lowestValue(ofSlot: Int(slot)), count: count)
        }
        guard declared == 0 else { throw refuse("the slots hold \(declared) values fewer than the histogram's count says") }
        let sum = try container.decode(UInt64.self, forKey: .sum)
        let clamped = try container.decodeIfPresent(UInt64.self, forKey: .clamped) ?? 0
        guard !isEmpty else { return }
        let least = try container.decode(UInt64.self, forKey: .min)
        let greatest = try container.decode(UInt64.self, forKey: .max)
        guard least <= greatest, greatest <= Self.highestNanoseconds else {
            throw refuse("least \(least) ns and greatest \(greatest) ns do not belong to one histogram")
        }
        restore(sum: sum, clamped: clamped, min: least, max: greatest)
    }
}
