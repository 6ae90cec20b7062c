// From what the journal recovered to a node that goes on: the newest start and the log behind it, as far as it is known to be
// committed, become the state; the rest waits in the log for a leader's word.

package import Batch
import ClientProtocol
package import Handlers
package import Journal
import StateMachine
package import Zab

/// Why a member can't start: one sentence, and whose fault it is.
package struct StartError: Error, CustomStringConvertible {
    package enum Cause: Sendable {
        /// Files and state say different things about the ensemble.
        case configuration
        /// What is stored can't be read.
        case storage
    }

    package let cause: Cause
    package let description: String
}

extension Node {
    /// Rule V2: of what a damaged log may have held nothing is known if a whole segment is missing.
    private static func bound(_ epochs: EpochState, _ recovered: Recovered) -> History {
        recovered.upperBound == EpochState.unbounded
            ? .unbounded : History(epoch: epochs.currentEpoch, last: recovered.upperBound)
    }

    /// - Parameter founding: the configuration as the files have it; the state's own wins once there is one, and must have the
    /// same rules.
    package static func start(
        settings: NodeSettings, recovered: Recovered, founding: Configuration, handlers: [any RequestHandler],
        snapshots: any Disk, now: Instant
    ) throws(StartError) -> Node {
        let state = StateMachine(handlers: handlers)
        do {
            if let start = recovered.start { try load(state, start, snapshots) }
            while true {
                let piece = try recovered.replay.next(through: recovered.committedUpTo)
                if piece.isEmpty { break }
                for batch in piece {
                    try refuseStrangeRequests(in: batch, state)
                    replay(batch, into: state)
                }
            }
            for batch in recovered.tail { try refuseStrangeRequests(in: batch, state) }
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError(cause: .storage, description: "The state could not be loaded: \(error)")
        }
        let durable = try durable(recovered, state, founding)
        return Node(
            settings: settings, durable: durable, stateMachine: state, handlers: handlers, tail: recovered.tail,
            lastWallTime: recovered.lastWallTime, lastLogTime: recovered.lastLogTime,
            bytesSinceStart: Int(clamping: recovered.journal.counters.bytesSinceStart), now: now)
    }

    /// A log with requests of a handler belongs to a program that has it: another one would answer them with an error and lose
    /// what they did.
    private static func refuseStrangeRequests(in batch: SealedBatch, _ state: StateMachine) throws(StartError) {
        var reader = RecordReader(batch.requests.bytes)
        for _ in 0..<batch.count {
            guard let head = (try? reader.next()) ?? nil else { return }
            guard head.type >= OpCode.firstOfHandlers, state.kind(of: head.type) != .write else { continue }
            throw StartError(
                cause: .configuration,
                description:
                    "The log holds requests of type \(head.type) in the batch up to \(batch.lastZxid), for which this "
                    + "program has no request handler. Start the program that wrote them, on every member.")
        }
    }

    private static func load(_ state: StateMachine, _ info: SnapshotInfo, _ disk: any Disk) throws {
        let reader = try SnapshotReader(info, on: disk)
        state.restoreBegin(bytes: info.bytes)
        while let chunk = try reader.next() { try state.restore(chunk: chunk.bytes) }
        try state.restoreEnd()
    }

    private static func durable(
        _ recovered: Recovered, _ state: StateMachine, _ founding: Configuration
    ) throws(StartError) -> Durable {
        let epochs = recovered.epochs
        let inForce = ConfigurationRecord(of: state)
        if state.founding != nil, inForce == nil {
            throw StartError(cause: .storage, description: "The configuration in the state can't be read.")
        }
        var configurations = [inForce ?? ConfigurationRecord(zxid: .zero, configuration: founding, clusterID: 0)]
        for batch in recovered.tailConfigurations {
            if let record = ConfigurationRecord(in: batch, clusterID: configurations[configurations.count - 1].clusterID) {
                configurations.append(record)
            }
        }
        // Each that is in force, not the newest alone: a record in the log that changes the rules is none that this program made.
        if let other = configurations.first(where: { !$0.configuration.hasSameRules(as: founding) }) {
            throw StartError(
                cause: .configuration,
                description:
                    "The configuration file and the ensemble's state differ. File: \(founding.text). State: "
                    + "\(other.configuration.text). "
                    + "Make server.N, quorate.commitQuorum and quorate.minCopies what they were when the ensemble was founded.")
        }
        return Durable(
            incarnation: epochs.incarnation, clusterID: epochs.clusterID, acceptedEpoch: epochs.acceptedEpoch,
            currentEpoch: epochs.currentEpoch,
            lastLogged: recovered.lastLogged, logStart: recovered.logStart,
            epochEnds: EpochEnds(recovered.epochEnds.map { EpochEnd(epoch: $0.epoch, last: $0.last) }),
            newestStart: recovered.start.map { Start(zxid: $0.zxid, byteCount: UInt64($0.bytes), digest: $0.digest) },
            committedUpTo: recovered.committedUpTo,
            bound: epochs.needsRepair ? bound(epochs, recovered) : nil,
            isStateBad: epochs.stateBad, needsRepair: epochs.needsRepair, configurations: configurations)
    }
}
