// What the core asks for. Node carries outputs out in order and feeds completions back as inputs.

package import Batch

package enum HaltCode: Int32, Sendable {
    /// Rule F1.
    case ioFailure = 74
    /// Rule A3.
    case stateBad = 75
    /// What the rules exclude has happened.
    case impossible = 70
}

package enum Output: Sendable {
    case send(ConnectionNumber, Message)
    case closeConnection(ConnectionNumber, reason: String)
    /// Keep trying to connect until it is up or cancelled.
    case dial(MemberID, Channel)
    case cancelDial(MemberID, Channel)

    case assigned(first: Zxid, prev: Zxid)
    case notAssigned
    case append(SealedBatch, role: RoleNumber)
    case persistEpochs(seq: UInt64, accepted: UInt32, current: UInt32)
    case truncate(to: Zxid, role: RoleNumber)

    /// Send the start, if any, then all batches behind `from`, but none beyond `limit`.
    case startStream(ConnectionNumber, from: Zxid, start: Start?, limit: Zxid)
    /// From now on batches go out as they are sealed.
    case unlimitStream(ConnectionNumber)
    /// For an observer: the stream goes on, up to here.
    case limitStream(ConnectionNumber, to: Zxid)
    case stopStream(ConnectionNumber)
    /// A start is wanted for a learner and there is none: take a snapshot.
    case needSnapshot
    /// SNAPCHUNKs follow on this connection. `keepLog`: the log holds the start's zxid and stays.
    case beginSnapshotReceive(ConnectionNumber, Start, role: RoleNumber, keepLog: Bool)
    case abortSnapshotReceive(role: RoleNumber)

    /// Everything up to here may be applied (rules A1, A2).
    case committed(through: Zxid)
    /// The watermark moved: learners that get no PROPOSAL in this turn are told by one without batches.
    case announceCommit(Zxid)

    case roleChanged(RoleNumber)
    case becameLooking(LookingCause)
    case becameCandidate(epoch: UInt32)
    /// Leading. Clients are served once everything up to `serveFrom` is applied and `isServing` says so.
    case becameLeader(epoch: UInt32)
    /// Following. Clients are served once `isServing` says so (rule L6).
    case becameFollower(leader: MemberID, epoch: UInt32)
    /// Propose the founding record with this configuration in it, alone in its batch; then `.noteConfiguration`.
    case needFounding(Configuration)
    /// The same with a configuration record that binds another member's incarnation.
    case needConfiguration(Configuration)
    /// A founding record is committed: the directory belongs to this ensemble for good.
    case foundingCommitted(ClusterID)
    /// The configuration record at this zxid is known committed: that is to be durable even if nothing follows in the log.
    case configurationCommitted(Zxid)

    /// The lead stays here.
    case handoverFailed(String)
    case readReady(id: UInt64, Zxid)
    case readFailed(id: UInt64)

    /// To be durable before `halt` is carried out.
    case markStateBad
    case halt(HaltCode, reason: String)
    /// Members' states differ and no majority says which is right: keep on, take no snapshot.
    case alarm(String)
    case log(String)
    /// What an operator should see to; it may come again and again.
    case warning(String)
}
