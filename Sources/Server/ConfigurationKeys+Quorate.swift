// Our own keys, all under `quorate.`: quorums, times, limits, switches that weaken durability, and fault injection.
// An unknown key under this prefix is an error, because nobody but us can have meant it.

extension ConfigurationKeys {
    static let ownPrefix = "quorate."

    static let own: [ConfigurationKey] = [
        ConfigurationKey("quorate.commitQuorum", .choiceOrInteger(["half", "majority"], 1...4080), .works),
        ConfigurationKey("quorate.minCopies", .integer(1...255, example: 2), .works),
        ConfigurationKey("quorate.heartbeatMs", .integer(5...10_000, example: 50), .works),
        ConfigurationKey("quorate.silenceMs", .integer(20...60_000, example: 500), .works),
        ConfigurationKey("quorate.dispatch", .choice(["stream", "gated"]), .works),
        ConfigurationKey("quorate.lingerUs", .integer(0...1_000_000, example: 200), .works),
        ConfigurationKey("quorate.journal", .choice(["threaded", "inline"]), .works),
        ConfigurationKey("quorate.flushMethod", .choice(["fdatasync", "dsync"]), .works),
        ConfigurationKey("quorate.reads", .choice(["sequential", "linearizable"]), .works),
        ConfigurationKey("quorate.maxBatchKb", .integer(1...16384, example: 1024), .works),
        ConfigurationKey("quorate.maxInFlightBatches", .integer(0...1_000_000, example: 0), .works),
        ConfigurationKey("quorate.maxInFlightRequests", .integer(1...10_000_000, example: 65536), .works),
        ConfigurationKey("quorate.maxInFlightKb", .integer(64...1_048_576, example: 16384), .works),
        ConfigurationKey("quorate.maxConnectionRequests", .integer(1...1_000_000, example: 4096), .works),
        ConfigurationKey("quorate.maxReply", .integer(1_048_576...0x7fff_ffff, example: 67_108_864), .works),
        ConfigurationKey("quorate.maxLag", .integer(1_048_576...Int.max, example: 17_179_869_184), .works),
        ConfigurationKey("quorate.segmentMb", .integer(1...4096, example: 64), .works),
        ConfigurationKey("quorate.snapshotLogMb", .integer(1...1_048_576, example: 256), .works),
        ConfigurationKey("quorate.snapshotMinutes", .integer(1...525_600, example: 10), .works),
        ConfigurationKey("quorate.scrubHours", .integer(0...8_760, example: 24), .works),
        ConfigurationKey("quorate.snapshotSendShare", .integer(1...100, example: 50), .works),
        ConfigurationKey("quorate.snapshotSendMb", .integer(0...1_048_576, example: 0), .works),
        ConfigurationKey("quorate.quorum.tls.cert", .text(example: "member.pem"), .works),
        ConfigurationKey("quorate.quorum.tls.key", .text(example: "member-key.pem"), .works),
        ConfigurationKey("quorate.quorum.tls.ca", .text(example: "ca.pem"), .works),
        ConfigurationKey("quorate.client.tls.cert", .text(example: "member.pem"), .works),
        ConfigurationKey("quorate.client.tls.key", .text(example: "member-key.pem"), .works),
        ConfigurationKey("quorate.client.tls.ca", .text(example: "ca.pem"), .works),
        ConfigurationKey("quorate.unsafe.noFsync", .boolean, .works),
        ConfigurationKey("quorate.unsafe.openKeys", .boolean, .works),
        ConfigurationKey("quorate.faults", .boolean, .works),
        ConfigurationKey("quorate.faults.flushDelayUs", .integer(0...60_000_000, example: 20_000), .works),
        ConfigurationKey("quorate.faults.failFlushAfter", .integer(0...1_000_000_000_000, example: 1000), .works),
        ConfigurationKey("quorate.faults.hangSnapshots", .boolean, .works),
        ConfigurationKey("quorate.faults.cpuPerWriteNs", .integer(0...1_000_000_000, example: 10_000), .works),
        ConfigurationKey("quorate.faults.commitDelayUs", .integer(0...60_000_000, example: 5_000), .works),
    ]
}
