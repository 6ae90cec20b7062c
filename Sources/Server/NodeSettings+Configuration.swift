// How the typed configuration becomes what a node is told.

import Batch
import CLinux
import Glibc
import Node
import Transport
import Zab

extension NodeSettings {
    init(_ configuration: ServerConfiguration) {
        let run = NodeSettings.random()
        self.init(
            serverID: UInt32(configuration.myID), run: run, seed: NodeSettings.random(),
            lastSession: NodeSettings.firstSession(configuration.myID), cryptography: .system, versionText: Version.zookeeperText)
        timing = Timing(
            heartbeat: UInt64(configuration.heartbeatMs) * 1_000_000, silence: UInt64(configuration.silenceMs) * 1_000_000,
            initLimit: UInt64(max(configuration.initLimit * configuration.tickTimeMs, configuration.silenceMs)) * 1_000_000)
        flight = FlightLimits(requests: configuration.maxInFlightRequests, bytes: configuration.maxInFlightBytes)
        tickMs = configuration.tickTimeMs
        minSessionTimeoutMs = Int32(clamping: configuration.minSessionTimeoutMs)
        maxSessionTimeoutMs = Int32(clamping: configuration.maxSessionTimeoutMs)
        maxFrame = configuration.juteMaxBuffer
        maxReply = configuration.maxReply
        maxUnansweredRequests = configuration.maxConnectionRequests
        globalRequests = configuration.globalOutstandingLimit
        maxBatchRequests = configuration.maxBatchSize
        maxBatchBytes = configuration.maxBatchBytes
        readsLinearizably = configuration.reads == .linearizable
        holdsUnflushed = configuration.dispatch == .gated
        lingerNanoseconds = UInt64(configuration.lingerUs) * 1_000
        snapshotLogBytes = configuration.snapshotLogBytes
        snapshotIntervalNanoseconds = UInt64(configuration.snapshotMinutes) * 60_000_000_000
        snapshotSendShare = configuration.snapshotSendShare
        snapshotSendRate = configuration.snapshotSendBytes
        snapshotRecords = configuration.snapCount
        scrubNanoseconds = UInt64(configuration.scrubHours) * 3_600_000_000_000
        superDigest = configuration.superDigest.map { Array($0.utf8) }
        isStandalone = configuration.isStandalone
        switch configuration.fourLetterWords {
        case .all: allowedWords = .all
        case .only(let words): allowedWords = .only(words)
        }
        maxInFlightBatches = configuration.maxInFlightBatches
        ensembleText = NodeSettings.ensembleText(configuration)
        environment = Version.environment()
        descriptorCounts = NodeSettings.countDescriptors
        configurationLines = NodeSettings.lines(configuration)
        arm(configuration.faults)
    }

    private mutating func arm(_ faults: ServerConfiguration.Faults?) {
        guard let faults else { return }
        self.faults.commitDelayNanoseconds = UInt64(faults.commitDelayUs) * 1_000
        guard faults.cpuPerWriteNs > 0 else { return }
        let burn = UInt64(faults.cpuPerWriteNs)
        self.faults.burnPerWrite = {
            let end = quorate_monotonic_ns() + burn
            while quorate_monotonic_ns() < end {}
        }
    }

    /// Linux says since 6.2 how many descriptors there are as the size of this folder; before that they have to be counted.
    private static func countDescriptors() -> (open: Int, limit: Int)? {
        var limit = rlimit()
        var folder = stat()
        guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0, stat("/proc/self/fd", &folder) == 0
        else {
            return nil
        }
        if folder.st_size > 0 { return (Int(folder.st_size), Int(clamping: limit.rlim_cur)) }
        guard let names = opendir("/proc/self/fd") else { return nil }
        defer { closedir(names) }
        // Without ".", ".." and the one that reads.
        var count = -3
        while readdir(names) != nil { count += 1 }
        return (count, Int(clamping: limit.rlim_cur))
    }

    private static func random() -> UInt64 {
        Cryptography.randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) } | 1
    }

    /// Server id in the top byte, then milliseconds, then a count, so that no id comes back after a restart.
    private static func firstSession(_ member: Int) -> Int64 {
        let ms = quorate_realtime_ns() / 1_000_000
        return Int64(bitPattern: UInt64(member & 0xff) << 56 | ((ms << 24) >> 8) & 0x00ff_ffff_ffff_ffff)
    }

    /// As reconfiguration tools read it: one line a member.
    private static func ensembleText(_ configuration: ServerConfiguration) -> String {
        guard configuration.members.count > 1 else { return "" }
        let lines = configuration.members.sorted { $0.id < $1.id }.map { member in
            let host = member.host.contains(":") ? "[\(member.host)]" : member.host
            let role = member.isObserver ? "observer" : "participant"
            let client = member.clientPort.map { ";\(member.clientHost ?? "0.0.0.0"):\($0)" } ?? ""
            return "server.\(member.id)=\(host):\(member.quorumPort):\(member.electionPort):\(role)\(client)\n"
        }
        return lines.joined() + "version=0"
    }

    private static func lines(_ configuration: ServerConfiguration) -> [(String, String)] {
        var lines = [
            ("clientPort", configuration.clientPort.map(String.init) ?? "-1"),
            ("secureClientPort", configuration.secureClientPort.map { "\($0.port)" } ?? "-1"), ("dataDir", configuration.dataDir),
            ("dataLogDir", configuration.dataLogDir), ("tickTime", "\(configuration.tickTimeMs)"),
            ("maxClientCnxns", "\(configuration.maxClientCnxns)"),
            ("minSessionTimeout", "\(configuration.minSessionTimeoutMs)"),
            ("maxSessionTimeout", "\(configuration.maxSessionTimeoutMs)"),
            ("clientPortListenBacklog", "\(configuration.clientPortListenBacklog)"), ("serverId", "\(configuration.myID)"),
        ]
        guard let me = configuration.me else { return lines }
        lines += [
            ("initLimit", "\(configuration.initLimit)"), ("syncLimit", "\(configuration.syncLimit)"), ("electionAlg", "3"),
            ("electionPort", "\(me.electionPort)"), ("quorumPort", "\(me.quorumPort)"), ("peerType", me.isObserver ? "1" : "0"),
        ]
        return lines
    }
}

extension NodeCryptography {
    /// The system's libcrypto.
    static var system: NodeCryptography {
        NodeCryptography(
            hmacSHA256: { Cryptography.hmacSHA256(key: $0, $1) }, sha1: { Cryptography.sha1($0) },
            randomBytes: { Cryptography.randomBytes($0) })
    }
}
