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
    let journal: JournalDriver
    let background: BackgroundThread
    let recoveryLine: String
    /// Something of the log or the state was lost, and peers have to give it back.
    let isDamaged: Bool

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
        settings.durableIsCommitted = founding.voterCount == 1
        settings.repairsFromPeers = founding.count > 1
        settings.knownVersions = StateMachine.oldestVersion...StateMachine.newestVersion
        let recovered: Recovered
        do throws(JournalError) {
            recovered = try Journal.recover(
                disk: disks.log, snapshots: disks.snapshots, nodeID: UInt32(configuration.myID), settings: settings)
        } catch {
            let remedy = error.remedy(in: configuration.dataLogDir)
            let place =
                disks.areTwo ? "\(configuration.dataDir) and \(configuration.dataLogDir)" : configuration.dataDir
            throw ServerError("\(place): \(error.description)\(remedy)", exitCode: error.exitCode)
        }
        do throws(StartError) {
            node = try Node.start(
                settings: NodeSettings(configuration), recovered: recovered, founding: founding, handlers: handlers,
                snapshots: disks.snapshots, now: Instant(nanoseconds: quorate_monotonic_ns()))
        } catch {
            throw ServerError(error.description, exitCode: error.cause == .configuration ? 64 : exitCodeStorage)
        }
        recoveryLine = recovered.line
        isDamaged = recovered.isDamaged
        let isInline = configuration.journal == .inline
        background = BackgroundThread(for: recovered.journal, wakesForJournal: isInline) { waker.wake() }
        // Handed over for good: after this line only its driver touches it, and `recovered` goes out of use.
        nonisolated(unsafe) let handed = recovered.journal
        journal =
            isInline
            ? .inline(InlineJournal(handed, background: background))
            : .threaded(JournalThread(handed, background: background) { waker.wake() })
    }

    /// The configuration as the files found it: every slot open.
    static func zabConfiguration(_ configuration: ServerConfiguration) throws(ServerError) -> Configuration {
        do {
            return try configuration.founding
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
    let areTwo: Bool

    init(_ configuration: ServerConfiguration) throws(ServerError) {
        do {
            let skips = !configuration.flushes
            let through = configuration.flushMethod == .dsync
            let data = try RealDisk(path: configuration.dataDir, skipsFlushes: skips, writesThrough: through)
            areTwo = !Self.isOneDirectory(configuration.dataDir, configuration.dataLogDir)
            let other =
                areTwo
                ? try RealDisk(
                    path: configuration.dataLogDir, skipsFlushes: skips, writesThrough: through) : data
            try Self.refuseForeignData(data, other)
            let faults = Self.diskFaults(configuration.faults)
            snapshots = faults.snapshots.isArmed ? FaultyDisk(data, faults: faults.snapshots) : data
            log = faults.log.isArmed ? FaultyDisk(other, faults: faults.log) : other
            freeBytes = try other.freeBytes()
        } catch let error as ServerError {
            throw error
        } catch {
            let isInUse = if case .inUse? = error as? DirectoryError { true } else { false }
            throw ServerError("\(error)", exitCode: isInUse ? 69 : exitCodeStorage)
        }
    }

    /// Apache ZooKeeper keeps log and snapshots in this folder; beside them an ensemble would be founded that holds none of it.
    private static let foreign = "version-2"

    private static func refuseForeignData(_ data: RealDisk, _ log: RealDisk) throws {
        guard try !log.names().contains(EpochFile.name) else { return }
        for disk in [data, log] where try disk.names().contains(foreign) {
            throw ServerError(
                "\(disk.path): \(foreign) there is Apache ZooKeeper's data, which is not read: name an empty directory, and copy what "
                    + "is needed through a client", exitCode: exitCodeStorage)
        }
    }

    private static func diskFaults(_ ordered: ServerConfiguration.Faults?) -> (log: DiskFaults, snapshots: DiskFaults) {
        var (log, snapshots) = (DiskFaults(), DiskFaults())
        guard let ordered else { return (log, snapshots) }
        log.slowFlushNanoseconds = UInt64(ordered.flushDelayUs) * 1_000
        log.failingFlush = ordered.failFlushAfter > 0 ? ordered.failFlushAfter + 1 : 0
        snapshots.hangsSnapshots = ordered.hangSnapshots
        return (log, snapshots)
    }

    /// Two spellings of one directory, which has one lock: `/d`, `/d/` and a link to it. The first one exists.
    private static func isOneDirectory(_ first: String, _ second: String) -> Bool {
        var (one, other) = (stat(), stat())
        guard first != second, stat(first, &one) == 0, stat(second, &other) == 0 else { return first == second }
        return one.st_dev == other.st_dev && one.st_ino == other.st_ino
    }
}
