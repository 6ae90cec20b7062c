// What a start makes of a configuration and its directories: the recovered journal on its threads, the state as far as it is
// known to be committed, and the node that goes on from there.

import Batch
import CLinux
import Glibc
import Handlers
import Journal
import Node
import StateMachine
import Transport
import Zab

struct MemberParts {
    let node: Node
    let journal: JournalThread
    let background: BackgroundThread
    let recoveryLine: String

    init(
        _ configuration: ServerConfiguration, handlers: [any RequestHandler], waker: Waker, log: ServerLog
    ) throws(ServerError) {
        let founding = try MemberParts.zabConfiguration(configuration)
        let disks = try Directories(configuration)
        var settings = JournalSettings()
        settings.segmentSize = configuration.segmentBytes
        settings.keptStarts = configuration.snapRetainCount
        settings.purges = configuration.purges
        settings.maxLag = configuration.maxLag ?? min(16 << 30, max(disks.freeBytes / 2, 1 << 30))
        settings.durableIsCommitted = founding.count == 1
        let recovered: Recovered
        do throws(JournalError) {
            recovered = try Journal.recover(
                disk: disks.log, snapshots: disks.snapshots, nodeID: UInt32(configuration.myID), settings: settings)
        } catch {
            throw ServerError("\(configuration.dataDir): \(error.description)", exitCode: error.exitCode)
        }
        let state = StateMachine(handlers: handlers)
        try MemberParts.load(state, recovered, disks)
        let durable = try MemberParts.durable(recovered, state, founding)
        let now = Instant(nanoseconds: quorate_monotonic_ns())
        node = Node(
            settings: NodeSettings(configuration), durable: durable, stateMachine: state, tail: recovered.tail,
            lastWallTime: recovered.lastWallTime, lastLogTime: recovered.lastLogTime, now: now)
        background = BackgroundThread(for: recovered.journal) { waker.wake() }
        // Handed over for good: after this line only the journal thread touches it, and `recovered` goes out of use.
        nonisolated(unsafe) let handed = recovered.journal
        journal = JournalThread(handed, background: background) { waker.wake() }
        let snapshots = disks.snapshots
        node.loadSnapshot = { info in try MemberParts.load(state, info, snapshots) }
        recoveryLine = recovered.line
    }

    /// The newest start, and the log behind it as far as it is known to be committed.
    private static func load(_ state: StateMachine, _ recovered: Recovered, _ disks: Directories) throws(ServerError) {
        do {
            if let start = recovered.start { try load(state, start, disks.snapshots) }
            while true {
                let piece = try recovered.replay.next(through: recovered.committedUpTo)
                if piece.isEmpty { break }
                for batch in piece { Node.replay(batch, into: state) }
            }
        } catch {
            throw ServerError("The state could not be loaded: \(error)", exitCode: exitCodeStorage)
        }
    }

    static func load(_ state: StateMachine, _ info: SnapshotInfo, _ disk: any Disk) throws {
        let reader = try SnapshotReader(info, on: disk)
        state.restoreBegin()
        while let chunk = try reader.next() { try state.restore(chunk: chunk.bytes) }
        try state.restoreEnd()
    }

    private static func durable(
        _ recovered: Recovered, _ state: StateMachine, _ founding: Configuration
    ) throws(ServerError) -> Durable {
        let epochs = recovered.epochs
        let inForce = ConfigurationRecord(of: state)
        if state.founding != nil, inForce == nil {
            throw ServerError("The configuration in the state can't be read.", exitCode: exitCodeStorage)
        }
        var configurations = [inForce ?? ConfigurationRecord(zxid: .zero, configuration: founding, clusterID: 0)]
        for batch in recovered.tail where batch.header.isConfiguration {
            if let record = ConfigurationRecord(in: batch, clusterID: configurations[configurations.count - 1].clusterID) {
                configurations.append(record)
            }
        }
        let newest = configurations[configurations.count - 1].configuration
        guard newest.hasSameRules(as: founding) else {
            throw ServerError(
                "The configuration file and the ensemble's state differ. File: \(founding.text). State: \(newest.text). "
                    + "Make server.N, quorate.commitQuorum and quorate.minCopies what they were when the ensemble was founded.",
                exitCode: 64)
        }
        return Durable(
            incarnation: epochs.incarnation, acceptedEpoch: epochs.acceptedEpoch, currentEpoch: epochs.currentEpoch,
            lastLogged: recovered.lastLogged, logStart: recovered.logStart,
            epochEnds: EpochEnds(recovered.epochEnds.map { EpochEnd(epoch: $0.epoch, last: $0.last) }),
            newestStart: recovered.start.map { Start(zxid: $0.zxid, byteCount: UInt64($0.bytes), digest: $0.digest) },
            committedUpTo: recovered.committedUpTo,
            bound: epochs.needsRepair ? History(epoch: epochs.currentEpoch, last: recovered.upperBound) : nil,
            isStateBad: epochs.stateBad, needsRepair: epochs.needsRepair, configurations: configurations)
    }

    /// The configuration as the files found it: every slot open.
    static func zabConfiguration(_ configuration: ServerConfiguration) throws(ServerError) -> Configuration {
        var voters = configuration.members.map { Voter(id: UInt32($0.id), host: $0.host) }
        if voters.isEmpty { voters = [Voter(id: UInt32(configuration.myID), host: "localhost")] }
        let rule: CommitRule = configuration.commitQuorum == .half ? .half : .majority
        do {
            return try Configuration(voters: voters, rule: rule, minCopies: configuration.minCopies)
        } catch {
            throw ServerError("\(configuration.file): \(error)", exitCode: 64)
        }
    }
}

/// The directories of a member, locked against a second process.
struct Directories {
    let log: any Disk
    let snapshots: any Disk
    let freeBytes: Int

    init(_ configuration: ServerConfiguration) throws(ServerError) {
        do {
            let skips = !configuration.flushes
            let data = try RealDisk(path: configuration.dataDir, skipsFlushes: skips)
            let separate = configuration.dataLogDir != configuration.dataDir
            let other = separate ? try RealDisk(path: configuration.dataLogDir, skipsFlushes: skips) : data
            snapshots = data
            if let faults = configuration.faults, faults.flushDelayMs > 0 || faults.failFlushAfter > 0 {
                var ordered = DiskFaults()
                ordered.slowFlushNanoseconds = UInt64(faults.flushDelayMs) * 1_000_000
                ordered.failingFlush = faults.failFlushAfter > 0 ? faults.failFlushAfter + 1 : 0
                log = FaultyDisk(other, faults: ordered)
            } else {
                log = other
            }
            freeBytes = try other.freeBytes()
        } catch {
            throw ServerError("\(error)", exitCode: exitCodeStorage)
        }
    }
}
