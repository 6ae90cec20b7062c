// What the journal and the background thread report back, turned into inputs of the core. A completion carries the number of the
// role that asked for it, so that an old role's is ignored (rule P6): the core judges that.

import Batch
package import Journal
import Zab

extension Node {
    package func completed(_ completion: JournalCompletion) {
        guard !isHalted else { return }
        switch completion.event {
        case .durable(let through, let role):
            counters.journalFlushes += 1
            stages.noteDurable(through, at: completion.at.nanoseconds)
            step(.durable(log: through, role: role))
        case .epochsDurable(let sequence): step(.epochsDurable(seq: sequence))
        case .truncated(let zxid, let role): step(.truncated(to: zxid, role: role))
        case .snapshotInstalled(let zxid, _, let role): beginLoading(zxid, role)
        case .startsChanged(let logStart, let newest):
            step(
                .startsChanged(
                    logStart: logStart,
                    newest: newest.map { Start(zxid: $0.zxid, byteCount: UInt64($0.bytes), digest: $0.digest) }))
        case .damageRemains: beginSnapshot()
        case .bound: break
        case .stateMarkedBad: break
        case .failed(let code, let reason):
            // Rule F1: nothing leaves any more, and the process ends.
            step(.ioFailed(reason))
            if !isHalted { halt(code, reason) }
        }
    }

    package func completed(_ completion: BackgroundCompletion) {
        guard !isHalted else { return }
        switch completion {
        case .chunkWritten(let id): snapshotChunkWritten(id)
        case .snapshotTaken(let id, let info): snapshotTaken(id, info)
        case .snapshotFailed(let id, let reason): snapshotFailed(id, reason)
        case .received(let id, let info): received(id, info)
        case .receiveFailed(let id, let reason): receiveFailed(id, reason)
        case .chunkReceived(let id): snapshotChunkReceived(id)
        case .loaded(let id): loaded(id)
        case .logPiece(let id, let batches, let position): takeLogPiece(id, batches, position)
        case .snapshotOpened: break
        case .snapshotPiece(let id, let offset, let bytes, let isLast): takeSnapshotPiece(id, offset, bytes, isLast: isLast)
        case .streamGone(let id, let reason): streamGone(id, reason)
        case .startDamaged(let zxid, let reason): startDamaged(zxid, reason)
        case .logDamaged(let place): logDamaged(place)
        case .scrubbed(let bytes):
            counters.scrubs += 1
            counters.scrubbedBytes += bytes
        case .failed(let code, let reason):
            step(.ioFailed(reason))
            if !isHalted { halt(code, reason) }
        }
    }
}
