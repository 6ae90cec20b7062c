// Why a member is without a leader.

package enum LookingCause: UInt8, Sendable, CaseIterable {
    case start
    case leaderConnectionsClosed
    case leaderSilent
    case dataConnectionLost
    case leaderRejected
    case synchronizationStalled
    case synchronizationFailed
    case promised
    case candidacyFailed
    case quorumLost
    case higherEpoch
    case counterEnd
    case newLeaderFound
    case stateBad
    /// The leader asked for it, or this member begins a new epoch in order.
    case handedOver

    /// For people who read a log.
    package var text: String {
        switch self {
        case .start: "it has just started"
        case .leaderConnectionsClosed: "the leader's connections were closed"
        case .leaderSilent: "nothing was heard of the leader for too long"
        case .dataConnectionLost: "the connection to the leader was lost"
        case .leaderRejected: "the leader refused it"
        case .synchronizationStalled: "bringing it level came to a stand"
        case .synchronizationFailed: "it could not be brought level"
        case .promised: "another member begins a new epoch"
        case .candidacyFailed: "too few members elected it"
        case .quorumLost: "too few members answer it as their leader"
        case .higherEpoch: "a newer epoch has begun elsewhere"
        case .counterEnd: "the numbers of its epoch are used up"
        case .newLeaderFound: "another member leads"
        case .stateBad: "its state was found bad"
        case .handedOver: "the lead is handed over"
        }
    }
}
