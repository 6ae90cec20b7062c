// What a node is told at its making: numbers, limits, and the few abilities that belong to floors above it. Reading them from a
// file is the server's part.

import Batch
package import Zab

/// Cryptography that the node needs but must not import: it comes from the server, and nothing per request goes through it.
package struct NodeCryptography {
    package var hmacSHA256: (_ key: [UInt8], _ message: [UInt8]) -> [UInt8]
    package var sha1: (_ message: [UInt8]) -> [UInt8]
    package var randomBytes: (_ count: Int) -> [UInt8]

    package init(
        hmacSHA256: @escaping ([UInt8], [UInt8]) -> [UInt8], sha1: @escaping ([UInt8]) -> [UInt8],
        randomBytes: @escaping (Int) -> [UInt8]
    ) {
        self.hmacSHA256 = hmacSHA256
        self.sha1 = sha1
        self.randomBytes = randomBytes
    }
}

/// Faults that only an armed configuration injects.
package struct NodeFaults {
    /// Processor time burnt for each applied write.
    package var burnPerWrite: (() -> Void)?
    package var commitDelayNanoseconds: UInt64 = 0

    package init() {}
}

package struct NodeSettings {
    package var serverID: MemberID
    /// Random per process: tells this run's requests from those of an earlier one.
    package var run: UInt64
    package var seed: UInt64
    package var timing = Timing()
    package var flight = FlightLimits()
    package var tickMs = 2000
    package var minSessionTimeoutMs: Int32 = 4000
    package var maxSessionTimeoutMs: Int32 = 40000
    /// A connection without a session is closed after this time.
    package var sessionlessTimeoutMs = 10_000
    /// First id of this run's sessions is the next one.
    package var lastSession: Int64
    package var cryptography: NodeCryptography
    package var faults = NodeFaults()
    /// Each read waits for a read index, unless its connection says otherwise.
    package var readsLinearizably = false
    /// Gated dispatch: nothing is sealed while an earlier batch is unflushed here.
    package var holdsUnflushed = false
    /// A batch that is not full is held back until its first request has waited so long.
    package var lingerNanoseconds: UInt64 = 0
    /// 0 is no limit.
    package var maxInFlightBatches = 0

    package var maxFrame = 0xfffff
    package var maxReply = 64 << 20
    package var maxUnansweredRequests = 4096
    package var maxUnansweredBytes = 1 << 20
    /// A client that does not read its answers is not read either beyond this.
    package var maxOutput = 8 << 20
    package var globalRequests = 16_384
    package var globalBytes = 64 << 20
    package var maxBatchRequests = 4096
    package var maxBatchBytes = 1 << 20
    package var ringBytes = 64 << 20
    /// Logged and not yet applied batches beyond this lie in the log alone.
    package var backlogBytes = 64 << 20
    /// A member whose disk does not follow takes in no more than this of what its leader sends; a leader seals no more.
    package var unflushedBytes = 64 << 20
    package var applyBudget = 1 << 20
    package var snapshotLogBytes = 256 << 20
    /// Percent of the time in which a snapshot is read for a learner, and bytes a second at most; 0 is no limit.
    package var snapshotSendShare = 50
    package var snapshotSendRate = 0
    /// So many records lie between two snapshots at least, unless the interval passes.
    package var snapshotRecords = 0
    package var snapshotIntervalNanoseconds: UInt64 = 600_000_000_000
    /// Between two readings of all that is stored (rule F5); 0 for none.
    package var scrubNanoseconds: UInt64 = 86_400_000_000_000

    /// `user:digest` of the one who passes every access test.
    package var superDigest: [UInt8]?
    package var allowedWords: FourLetterWhitelist = .only(["srvr"])
    package var versionText: String
    package var environment: [(String, String)] = []
    package var configurationLines: [(String, String)] = []
    package var isStandalone = false
    /// Descriptors that this process has open and may have; asked when somebody looks, nil where nobody knows.
    package var descriptorCounts: () -> (open: Int, limit: Int)? = { nil }
    /// What clients read in /zookeeper/config: the server lines; empty for a server on its own.
    package var ensembleText = ""
    package var maxBundleBytes = 32 << 20

    package init(
        serverID: MemberID, run: UInt64, seed: UInt64, lastSession: Int64, cryptography: NodeCryptography, versionText: String
    ) {
        self.serverID = serverID
        self.run = run
        self.seed = seed
        self.lastSession = lastSession
        self.cryptography = cryptography
        self.versionText = versionText
    }
}

/// Which four-letter words are answered.
package enum FourLetterWhitelist: Sendable {
    case all
    case only(Set<String>)

    package func contains(_ word: String) -> Bool {
        switch self {
        case .all: true
        case .only(let words): words.contains(word)
        }
    }
}
