// The one table of all keys that ZooKeeper deployments write into `zoo.cfg`, and what Quorate does with each.
// TLS keys are in ConfigurationKeys+TLS.swift, our own (`quorate.`) in ConfigurationKeys+Quorate.swift. A key is moved from
// `idle` or `refused` to `works` in the change that makes it work, nowhere else.

import Zab

package enum ConfigurationKeys {
    package static let all: [ConfigurationKey] = basics + storage + flow + security + interfaces + tls + own

    /// Keys that name the place of data, the ports, the members and their clock.
    static let basics: [ConfigurationKey] = [
        ConfigurationKey("dataDir", .text(example: "data"), .works),
        ConfigurationKey("dataLogDir", .text(example: "log"), .works),
        ConfigurationKey("clientPort", .integer(1...65535, example: 2181), .works),
        ConfigurationKey("clientPortAddress", .text(example: "127.0.0.1"), .works),
        ConfigurationKey("clientPortListenBacklog", .integer(-1...65535, example: 1024), .works),
        ConfigurationKey("tickTime", .integer(1...3_600_000, example: 2000), .works),
        ConfigurationKey("initLimit", .integer(1...1_000_000, example: 10), .works),
        ConfigurationKey(
            "syncLimit", .integer(1...1_000_000, example: 5),
            .differs("a member is given up after quorate.silenceMs without a sign of life, not after syncLimit")),
        ConfigurationKey("connectToLearnerMasterLimit", .integer(0...1_000_000, example: 10), .idle("initLimit holds")),
        ConfigurationKey("server.*", .text(example: "node-1:2888:3888"), .works),
        ConfigurationKey("minSessionTimeout", .integer(-1...86_400_000, example: 4000), .works),
        ConfigurationKey("maxSessionTimeout", .integer(-1...86_400_000, example: 40000), .works),
        ConfigurationKey("maxClientCnxns", .integer(0...10_000_000, example: 60), .works),
        ConfigurationKey("maxCnxns", .integer(0...10_000_000, example: 0), .works),
        ConfigurationKey("standaloneEnabled", .boolean, .works),
        ConfigurationKey("quorumListenOnAllIPs", .boolean, .works),
        ConfigurationKey("electionAlg", .integer(3...3, example: 3), .works),
        ConfigurationKey("group.*", .text(example: "1:2:3"), .works),
        ConfigurationKey("weight.*", .integer(0...Configuration.maxWeight, example: 1), .works),
        ConfigurationKey("peerType", .choice(["participant", "observer"]), .works),
        ConfigurationKey(
            "observerMasterPort", .integer(0...65535, example: 2191), .idle("observers learn from the leader, as followers do")),
        ConfigurationKey("syncEnabled", .boolean, .idle("observers keep log and snapshots as followers do")),
        ConfigurationKey(
            "reconfigEnabled", .boolean, .idle("the members are those of this file; reconfig is answered with an error")),
        ConfigurationKey(
            "dynamicConfigFile", .free, .refused("the members would be those of another file, which is not read")),
        ConfigurationKey("version", .free, .idle("it belongs to a dynamic configuration file")),
        ConfigurationKey(
            "oraclePath", .free, .refused("an oracle decides who may go on alone, and here nobody may")),
        ConfigurationKey("multiAddress.enabled", .boolean, .idle("each member has one address")),
        ConfigurationKey(
            "cnxTimeout", .integer(0...3_600_000, example: 5), .idle("quorate.silenceMs bounds a connection attempt")),
        ConfigurationKey("tcpKeepAlive", .boolean, .idle("keep-alive between members is always on")),
        ConfigurationKey("clientTcpKeepAlive", .boolean, .idle("keep-alive towards clients is always on")),
        ConfigurationKey("electionPortBindRetry", .integer(0...1_000_000, example: 3), .idle("a busy port ends the start")),
        ConfigurationKey("leaderServes", .yesNo, .idle("the leader takes clients like any other member")),
        ConfigurationKey("localSessionsEnabled", .boolean, .idle("every session is known to all members")),
        ConfigurationKey("localSessionsUpgradingEnabled", .boolean, .idle("every session is known to all members")),
        ConfigurationKey("readonlymode.enabled", .boolean, .idle("without a quorum no client is served")),
    ]

    /// Keys of log and snapshots.
    static let storage: [ConfigurationKey] = [
        ConfigurationKey(
            "snapCount", .integer(2...(1 << 40), example: 100_000),
            .differs("bytes of log are what makes a snapshot due; snapCount can only put it off")),
        ConfigurationKey("snapSizeLimitInKb", .integer(-1...Int.max, example: 4_194_304), .idle("see quorate.snapshotLogMb")),
        ConfigurationKey("preAllocSize", .integer(0...Int.max, example: 65536), .idle("see quorate.segmentMb")),
        ConfigurationKey("txnLogSizeLimitInKb", .integer(-1...Int.max, example: 65536), .idle("see quorate.segmentMb")),
        ConfigurationKey(
            "commitLogCount", .integer(0...Int.max, example: 500), .idle("a member catches up from the log on disk")),
        ConfigurationKey("autopurge.snapRetainCount", .integer(1...1_000_000, example: 3), .works),
        ConfigurationKey(
            "autopurge.purgeInterval", .integer(0...1_000_000, example: 1),
            .differs("what no kept snapshot needs is freed after each new snapshot; 0 keeps everything")),
        ConfigurationKey("forceSync", .yesNo, .works),
        ConfigurationKey(
            "fsync.warningthresholdms", .integer(0...Int.max, example: 1000), .idle("flush times are a histogram at /metrics")),
        ConfigurationKey("digest.enabled", .boolean, .idle("members always compare their digests")),
    ]

    /// Keys of batching, queues and limits.
    static let flow: [ConfigurationKey] = [
        ConfigurationKey("globalOutstandingLimit", .integer(1...100_000_000, example: 16384), .works),
        ConfigurationKey("maxBatchSize", .integer(1...65536, example: 4096), .works),
        ConfigurationKey("flushDelay", .integer(0...1_000, example: 0), .works),
        ConfigurationKey(
            "maxWriteQueuePollTime", .integer(0...Int.max, example: 0), .idle("see flushDelay")),
        ConfigurationKey("jute.maxbuffer", .integer(1024...0x7fff_ffff, example: 1_048_575), .works),
        ConfigurationKey("request_throttle_max_requests", .integer(0...Int.max, example: 0), .idle("see globalOutstandingLimit")),
        ConfigurationKey("throttledOpWaitTime", .integer(0...Int.max, example: 0), .idle("requests are held back, never marked")),
        ConfigurationKey("largeRequestMaxBytes", .integer(0...Int.max, example: 104_857_600), .idle("64 MiB may be unanswered")),
        ConfigurationKey("largeRequestThreshold", .integer(-1...Int.max, example: -1), .idle("64 MiB may be unanswered")),
        ConfigurationKey("maxResponseCacheSize", .integer(-1...Int.max, example: 400), .idle("there is no response cache")),
        ConfigurationKey(
            "maxGetChildrenResponseCacheSize", .integer(-1...Int.max, example: 400), .idle("there is no response cache")),
        ConfigurationKey("commitProcessor.numWorkerThreads", .integer(0...Int.max, example: 2), .idle(oneThread)),
        ConfigurationKey("commitProcessor.maxReadBatchSize", .integer(-1...Int.max, example: -1), .idle(oneThread)),
        ConfigurationKey("commitProcessor.maxCommitBatchSize", .integer(0...Int.max, example: 1), .idle(oneThread)),
        ConfigurationKey("nio.numSelectorThreads", .integer(0...Int.max, example: 1), .idle(oneThread)),
        ConfigurationKey("nio.numWorkerThreads", .integer(0...Int.max, example: 2), .idle(oneThread)),
        ConfigurationKey("quorum.cnxn.threads.size", .integer(0...Int.max, example: 20), .idle(oneThread)),
        ConfigurationKey(
            "enforceQuota", .boolean, .refusedWhen(["true"], "writes beyond a hard quota would be taken, as none is enforced")),
        ConfigurationKey("extendedTypesEnabled", .boolean, .idle("nodes with a time to live are refused")),
        ConfigurationKey(
            "znode.container.checkIntervalMs", .integer(0...Int.max, example: 60000), .idle("containers are refused")),
        ConfigurationKey("znode.container.maxPerMinute", .integer(0...Int.max, example: 10000), .idle("containers are refused")),
        ConfigurationKey(
            "znode.container.maxNeverUsedIntervalMs", .integer(0...Int.max, example: 0), .idle("containers are refused")),
    ]

    /// Keys of authentication and authorization.
    static let security: [ConfigurationKey] = [
        ConfigurationKey("skipACL", .yesNo, .refusedWhen(["yes"], "access control lists are always checked")),
        ConfigurationKey("DigestAuthenticationProvider.superDigest", .text(example: "super:BASE64"), .works),
        ConfigurationKey("superDigest", .text(example: "super:BASE64"), .works),
        ConfigurationKey(
            "DigestAuthenticationProvider.digestAlg", .text(example: "SHA1"),
            .refusedUnless(["SHA1"], "digest identities are made with SHA1, and other clients' lists would match nobody")),
        ConfigurationKey("authProvider.*", .free, .idle("clients authenticate by digest only")),
        ConfigurationKey(
            "sessionRequireClientSASLAuth", .boolean,
            .refusedWhen(["true"], "clients would be let in without SASL, which is not offered")),
        ConfigurationKey(
            "enforce.auth.enabled", .boolean, .refusedWhen(["true"], "clients would be let in without authentication")),
        ConfigurationKey("enforce.auth.schemes", .free, .idle("clients need not authenticate")),
        ConfigurationKey(
            "requireClientAuthScheme", .free,
            .refusedUnless(["", "none"], "clients would be let in without the authentication it demands")),
        ConfigurationKey("jaasLoginRenew", .free, .idle(noSASL)),
        ConfigurationKey("java.security.auth.login.config", .free, .idle(noSASL)),
        ConfigurationKey("java.security.krb5.conf", .free, .idle(noSASL)),
        ConfigurationKey("sun.security.krb5.debug", .free, .idle(noSASL)),
        ConfigurationKey("quorum.auth.enableSasl", .boolean, .refusedWhen(["true"], membersSASL)),
        ConfigurationKey("quorum.auth.learnerRequireSasl", .boolean, .refusedWhen(["true"], membersSASL)),
        ConfigurationKey("quorum.auth.serverRequireSasl", .boolean, .refusedWhen(["true"], membersSASL)),
        ConfigurationKey("quorum.auth.learner.loginContext", .free, .idle(noSASL)),
        ConfigurationKey("quorum.auth.server.loginContext", .free, .idle(noSASL)),
        ConfigurationKey("quorum.auth.kerberos.servicePrincipal", .free, .idle(noSASL)),
        ConfigurationKey("enableEagerACLCheck", .boolean, .idle("access is checked when a request is applied")),
        ConfigurationKey(
            "audit.enable", .boolean, .refusedWhen(["true"], "accesses would go on without the audit log it demands")),
    ]

    /// Keys of the four-letter words, the admin port, metrics and Java's own plumbing.
    static let interfaces: [ConfigurationKey] = [
        ConfigurationKey("4lw.commands.whitelist", .free, .works),
        ConfigurationKey("admin.enableServer", .boolean, .works),
        ConfigurationKey("admin.serverAddress", .text(example: "127.0.0.1"), .works),
        ConfigurationKey("admin.serverPort", .integer(0...65535, example: 8080), .works),
        ConfigurationKey("admin.commandURL", .text(example: "/commands"), .works),
        ConfigurationKey(
            "admin.idleTimeout", .integer(-1...Int.max, example: 30000),
            .idle("a connection that waits for 15 s is closed; 64 may wait at once, each with at most 8 KiB of a request")),
        ConfigurationKey("admin.forceHttps", .boolean, .refusedWhen(["true"], adminPlain)),
        ConfigurationKey("admin.needClientAuth", .boolean, .refusedWhen(["true"], adminPlain)),
        ConfigurationKey("admin.portUnification", .boolean, .idle("the admin port speaks HTTP without TLS")),
        ConfigurationKey("admin.snapshot.enabled", .boolean, .idle("the admin port gives out no snapshots")),
        ConfigurationKey("admin.restore.enabled", .boolean, .idle("the admin port takes no snapshots")),
        ConfigurationKey(
            "admin.rateLimiterIntervalInMS", .integer(0...Int.max, example: 300_000), .idle("there is nothing to limit")),
        ConfigurationKey("metricsProvider.className", .free, .idle(metricsPort)),
        ConfigurationKey("metricsProvider.httpHost", .free, .idle(metricsPort)),
        ConfigurationKey("metricsProvider.httpPort", .integer(0...65535, example: 7000), .idle(metricsPort)),
        ConfigurationKey("metricsProvider.exportJvmInfo", .boolean, .idle("there is no Java machine to report on")),
        ConfigurationKey("serverCnxnFactory", .free, .idle("there is one kind of connection")),
    ]

    static let oneThread = "one thread does this work"
    static let noSASL = "SASL is not offered"
    private static let membersSASL = "members would talk without SASL; their mutual authentication is TLS (sslQuorum=true)"
    private static let adminPlain = "the admin port speaks plain HTTP to everyone; bind it to loopback with admin.serverAddress"
    private static let metricsPort = "metrics are at /metrics of the admin port"
}
