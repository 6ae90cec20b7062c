// What a server is told: the typed result of reading `zoo.cfg` and `myid`.
// Reading and checking are in ConfigurationReader.swift; which keys exist and what becomes of each in ConfigurationKeys*.swift.
// Times end in their unit; limits are those of the whole process unless their name says otherwise.

/// Everything a server has to know to start.
public struct ServerConfiguration: Sendable {
    // Where and who.

    /// The file this was read from, as it was named to us.
    public var file: String
    public var dataDir: String
    /// The log's directory; the data directory unless the file says otherwise.
    public var dataLogDir: String
    /// nil: clients come in by the secure port only.
    public var clientPort: UInt16?
    /// An address or a name; empty for all addresses, IPv6 and IPv4.
    public var clientPortAddress: String
    /// nil: no port is opened for clients with TLS.
    public var secureClientPort: SecureClientPort?
    /// For either port.
    public var clientPortListenBacklog: Int
    /// This member's number; 1 where the file names no members and no `myid` exists.
    public var myID: Int
    /// Empty for a server on its own.
    public var members: [ConfigurationMember]
    public var standaloneEnabled: Bool
    /// Members listen on all addresses, not on that of their own `server.N` line only.
    public var quorumListenOnAllIPs: Bool
    /// nil: members talk plain TCP.
    public var quorumTLS: QuorumTLS?
    /// Private keys are taken whoever else may read them.
    public var allowsOpenKeys: Bool

    // The clock and the sessions.

    public var tickTimeMs: Int
    /// In ticks: the longest time without progress while a member is brought level.
    public var initLimit: Int
    /// In ticks; read and shown, but silence between members is judged by `silenceMs`.
    public var syncLimit: Int
    public var minSessionTimeoutMs: Int
    public var maxSessionTimeoutMs: Int
    public var heartbeatMs: Int
    public var silenceMs: Int

    // Quorums.

    public var commitQuorum: CommitQuorum
    public var minCopies: Int

    // Limits.

    /// Connections from one address; 0 is no limit.
    public var maxClientCnxns: Int
    /// Connections altogether; 0 is no limit.
    public var maxCnxns: Int
    public var globalOutstandingLimit: Int
    public var maxConnectionRequests: Int
    /// The largest request in bytes, never above 16 MiB.
    public var juteMaxBuffer: Int
    /// The largest reply in bytes.
    public var maxReply: Int
    public var maxBatchSize: Int
    public var maxBatchBytes: Int
    /// 0 is no limit.
    public var maxInFlightBatches: Int
    public var maxInFlightRequests: Int
    public var maxInFlightBytes: Int
    public var dispatch: Dispatch
    /// How long a batch that is not full waits for more requests, in microseconds.
    public var lingerUs: Int
    /// Of connections that do not say by themselves which they want.
    public var reads: Reads

    // Log and snapshots.

    public var segmentBytes: Int
    public var snapshotLogBytes: Int
    public var snapshotMinutes: Int
    /// At least so many requests lie between two snapshots; 0 when the file says nothing.
    public var snapCount: Int
    /// Between two readings of all that is stored; 0 for none.
    public var scrubHours: Int
    /// Percent of the time in which a snapshot is read for a member that needs one.
    public var snapshotSendShare: Int
    /// Bytes of it a second at most; 0 is no limit.
    public var snapshotSendBytes: Int
    public var snapRetainCount: Int
    /// False only where the file says `autopurge.purgeInterval=0`.
    public var purges: Bool
    /// How far behind, in bytes, a learner's cursor may fall before it gets a snapshot; nil: 16 GiB or half of the free disk.
    public var maxLag: Int?
    /// False: nothing is flushed, an acknowledged write may be lost with the power (`forceSync=no`).
    public var flushes: Bool
    public var journal: JournalDriver
    public var flushMethod: FlushMethod

    // Interfaces.

    public var fourLetterWords: FourLetterWords
    public var admin: Admin
    /// `user:base64(sha1(user:password))` of the one user who passes every access check.
    public var superDigest: String?
    /// Armed only by `quorate.faults=true`.
    public var faults: Faults?

    // What the file made us say.

    /// Keys that are accepted but do not do what they do in ZooKeeper; one line each.
    public var notices: [ConfigurationRemark]
    /// Keys that nobody knows, and other things that look like mistakes; one line each.
    public var warnings: [ConfigurationRemark]
    /// On which line each key stands, for what only a start can find wrong with it.
    package internal(set) var lines: [String: Int] = [:]
}

extension ServerConfiguration {
    /// How many durable copies commit a batch.
    public enum CommitQuorum: Hashable, Sendable {
        /// ceil(n / 2), but not below `minCopies`.
        case half
        /// floor(n / 2) + 1.
        case majority
        /// So many, or so much weight.
        case copies(Int)
    }

    /// When the leader seals what has gathered.
    public enum Dispatch: String, Hashable, Sendable {
        /// At the end of every turn.
        case stream
        /// A small batch waits while an earlier one is unflushed.
        case gated
    }

    /// Who writes and flushes the log.
    public enum JournalDriver: String, Hashable, Sendable {
        /// A thread of its own: the loop goes on meanwhile.
        case threaded
        /// The loop itself, which is deaf meanwhile.
        case inline
    }

    /// How a group of the log becomes durable.
    public enum FlushMethod: String, Hashable, Sendable {
        /// Written, then flushed by a second call.
        case fdatasync
        /// Written through by one call (RWF_DSYNC).
        case dsync
    }

    /// How fresh reads are.
    public enum Reads: String, Hashable, Sendable {
        /// From the server's own state, behind the session's own writes.
        case sequential
        /// From a state that holds everything that was answered to anybody before.
        case linearizable
    }

    /// The PEM files with which members know each other.
    public struct QuorumTLS: Hashable, Sendable {
        /// The member's certificate and the chain above it.
        public var certificate: String
        public var key: String
        public var authority: String
        /// The peer's certificate has to name the host of its `server.N` line.
        public var verifiesHost: Bool
        /// TLS 1.2 is spoken too; 1.3 always is.
        public var allowsTLS12: Bool
        /// Of TLS 1.3, by OpenSSL's names; empty for the usual ones.
        public var cipherSuites: [String]

        public init(
            certificate: String, key: String, authority: String, verifiesHost: Bool = true, allowsTLS12: Bool = false,
            cipherSuites: [String] = []
        ) {
            self.certificate = certificate
            self.key = key
            self.authority = authority
            self.verifiesHost = verifiesHost
            self.allowsTLS12 = allowsTLS12
            self.cipherSuites = cipherSuites
        }
    }

    /// Whether clients with TLS have to show a certificate.
    public enum ClientAuth: String, Hashable, Sendable {
        case none
        /// A client without one is let in, a client with a bad one is not.
        case want
        case need
    }

    /// The port on which clients speak TLS.
    public struct SecureClientPort: Hashable, Sendable {
        public var port: UInt16
        /// An address or a name; empty for all addresses, IPv6 and IPv4.
        public var address: String
        /// The server's certificate and the chain above it.
        public var certificate: String
        public var key: String
        /// Clients' certificates descend from it; nil where they are not asked for.
        public var authority: String?
        public var clientAuth: ClientAuth
        /// TLS 1.2 is spoken too; 1.3 always is.
        public var allowsTLS12: Bool
        /// Of TLS 1.3, by OpenSSL's names; empty for the usual ones.
        public var cipherSuites: [String]
        /// Handshakes under way at once; whoever comes beyond that is shut out.
        public var handshakeLimit: Int

        public init(
            port: UInt16, address: String = "", certificate: String, key: String, authority: String?,
            clientAuth: ClientAuth = .need, allowsTLS12: Bool = true, cipherSuites: [String] = [], handshakeLimit: Int = 1024
        ) {
            self.port = port
            self.address = address
            self.certificate = certificate
            self.key = key
            self.authority = authority
            self.clientAuth = clientAuth
            self.allowsTLS12 = allowsTLS12
            self.cipherSuites = cipherSuites
            self.handshakeLimit = handshakeLimit
        }
    }

    /// The four-letter words that are answered.
    public enum FourLetterWords: Hashable, Sendable {
        case all
        case only(Set<String>)

        public func allow(_ word: String) -> Bool {
            switch self {
            case .all: true
            case .only(let words): words.contains(word)
            }
        }
    }

    public struct Admin: Hashable, Sendable {
        public var enabled: Bool
        public var address: String
        /// 0 lets the system choose; the port is announced at start.
        public var port: UInt16
        /// Without a slash at its end.
        public var commandURL: String

        public init(enabled: Bool, address: String, port: UInt16, commandURL: String) {
            self.enabled = enabled
            self.address = address
            self.port = port
            self.commandURL = commandURL
        }
    }

    /// Faults to inject; all zero means armed, but nothing wrong yet.
    public struct Faults: Hashable, Sendable {
        /// Each flush takes so much longer.
        public var flushDelayUs: Int
        /// The flush after so many fails; 0 is never.
        public var failFlushAfter: Int
        /// Writing a snapshot never returns.
        public var hangSnapshots: Bool
        /// Processor time burnt for each write.
        public var cpuPerWriteNs: Int
        /// A commit is told so much later.
        public var commitDelayUs: Int
    }
}
