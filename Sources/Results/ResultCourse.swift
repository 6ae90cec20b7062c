// The course of a cell's load: hundredths of a second, what faults did to the response times, and when the lead changed.

/// Whole bins since the first phase began.
package struct ResultCourse: Sendable, Equatable, Codable {
    package var binNanoseconds: UInt64
    /// Acknowledged writes of each bin.
    package var writes: [UInt32]
    /// The longest response of each bin's writes, in microseconds; 0 without a write.
    package var worstMicroseconds: [UInt32]

    package init(binNanoseconds: UInt64, writes: [UInt32], worstMicroseconds: [UInt32]) {
        self.binNanoseconds = binNanoseconds
        self.writes = writes
        self.worstMicroseconds = worstMicroseconds
    }

    private enum CodingKeys: String, CodingKey {
        case binNanoseconds = "bin_ns"
        case writes
        case worstMicroseconds = "worst_us"
    }
}

/// What lies before the first fault, one fault or several that overlap, or what lies behind.
package struct ResultFaultStretch: Sendable, Equatable, Codable {
    /// `before`, `during` or `after`.
    package var place: String
    /// Those that began in it, as workload files name them.
    package var faults: [String]
    /// Since the first phase began.
    package var fromNanoseconds: UInt64
    package var toNanoseconds: UInt64
    /// Acknowledged writes of recorded phases, from when they were due.
    package var response: LatencyFigures?
    /// How many hundredths of a second in it had no acknowledged write.
    package var silentBins: Int?

    package init(
        place: String, faults: [String], fromNanoseconds: UInt64, toNanoseconds: UInt64, response: LatencyFigures?,
        silentBins: Int?
    ) {
        self.place = place
        self.faults = faults
        self.fromNanoseconds = fromNanoseconds
        self.toNanoseconds = toNanoseconds
        self.response = response
        self.silentBins = silentBins
    }

    private enum CodingKeys: String, CodingKey {
        case place, faults
        case fromNanoseconds = "from_ns"
        case toNanoseconds = "to_ns"
        case response
        case silentBins = "silent_bins"
    }
}

/// Between two looks at a member its epoch had grown.
package struct ResultElectionSighting: Sendable, Equatable, Codable {
    package var member: Int
    package var epoch: UInt64
    /// The two looks, since the first phase began.
    package var afterNanoseconds: UInt64
    package var byNanoseconds: UInt64

    package init(member: Int, epoch: UInt64, afterNanoseconds: UInt64, byNanoseconds: UInt64) {
        self.member = member
        self.epoch = epoch
        self.afterNanoseconds = afterNanoseconds
        self.byNanoseconds = byNanoseconds
    }

    private enum CodingKeys: String, CodingKey {
        case member, epoch
        case afterNanoseconds = "after_ns"
        case byNanoseconds = "by_ns"
    }
}
