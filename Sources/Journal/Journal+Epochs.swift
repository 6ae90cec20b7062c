// Changes of the epoch file, whose only writer the journal is: promises, the current epoch, the marks that end with it, and how
// far the log was durable meanwhile.

import Batch
import Rules

extension Journal {
    func changeEpochs(_ change: (inout EpochState) -> Void) throws(JournalError) {
        let newestBefore = epochs.newestUse
        let durable = lastDurable
        try storing { () throws(DiskError) in
            try epochFile.update { state in
                // Rule F3: both flushes of the change carry this along for nothing.
                state.durableThrough = durable
                state.hasEnded = false
                change(&state)
            }
        }
        counters.epochChanges &+= 1
        if let reserved, epochs.newestUse > newestBefore {
            pool.append(reserved)
            self.reserved = nil
        }
    }

    /// Rule D1: the completion follows when both slots are on disk. Rule D2: whatever was appended before has been flushed by
    /// now, because commands are carried out in order.
    func persistEpochs(accepted: UInt32, current: UInt32) throws(JournalError) {
        demand(lastDurable == lastLogged, "Rule D2: the epoch would become durable before the history")
        let hasFreshState = hasFreshState
        if current == accepted, !putAside.isEmpty {
            jobs.append(.remove(putAside, snapshots: false))
            putAside = []
        }
        try changeEpochs { state in
            state.acceptedEpoch = accepted
            state.currentEpoch = current
            // Rule D3: with cE = aE = e durable this member's log is that of its leader, so earlier marks have served.
            guard current == accepted else { return }
            state.tornAt = nil
            state.needsRepair = false
            state.upperBound = .zero
            if hasFreshState { state.stateBad = false }
        }
    }

    /// Rule F3: a log that is shorter at the next start than at this clean end has lost something, whatever its frames say.
    func markEnd() throws(JournalError) {
        if epochs.hasEnded { return }
        try changeEpochs { $0.hasEnded = true }
    }

    /// The log goes on: its end is no longer where the epoch file says.
    func unmarkEnd() throws(JournalError) {
        guard epochs.hasEnded else { return }
        try changeEpochs { _ in }
    }
}
