// What the core can be told.

package import Batch

package enum Input: Sendable {
    /// A connection whose HELLOs were exchanged and found good by both sides. `dialed`: this side opened it.
    case connectionUp(ConnectionNumber, Channel, peer: MemberID, incarnation: Incarnation, dialed: Bool)
    case connectionDown(ConnectionNumber)
    case received(ConnectionNumber, Message)
    /// A frame that Node handles itself (FORWARD, SNAPCHUNK) arrived: the peer lives.
    case heard(ConnectionNumber)
    /// Bytes of a synchronization stream left for the peer.
    case progressed(ConnectionNumber)

    /// The log is durable up to here; asked for in this role.
    case durable(log: Zxid, role: RoleNumber)
    case epochsDurable(seq: UInt64)
    case truncated(to: Zxid, role: RoleNumber)
    /// A received snapshot is installed and, unless the log was kept, a new log generation is based on it.
    case snapshotInstalled(Zxid, role: RoleNumber, configurations: [ConfigurationRecord])
    /// The received snapshot was no good, or could not be stored.
    case snapshotFailed(role: RoleNumber, reason: String)
    case ioFailed(String)
    /// The log can be streamed from behind `logStart`, and this is the newest start.
    case startsChanged(logStart: Zxid, newest: Start?)

    /// Node's stream on this connection has handed everything up to here to the socket's buffer, snapshot included.
    case streamMoved(ConnectionNumber, to: Zxid)

    /// Deadlines are judged. Only after a turn that read every ready peer socket.
    case tick
    /// The loop came this much too late: nobody is blamed for that time.
    case lateBy(nanoseconds: UInt64)

    /// Numbers are wanted for `count` requests of `bytes` bytes; answered by `.assigned` or `.notAssigned` in the same step.
    case propose(count: Int, bytes: Int, isConfiguration: Bool)
    /// The batch made from `.assigned`; nothing else may step the core in between.
    case sealed(SealedBatch)
    /// Node found this configuration in a batch just appended; fed while that `.append` is carried out.
    indirect case noteConfiguration(ConfigurationRecord)

    /// The lead is to go to this voter, or to whichever is nearest; to this member itself for a new epoch. Node has nothing left
    /// to propose.
    case handOver(to: MemberID?)
    case readIndex(id: UInt64, ReadKind)
    case applied(Zxid)
    case digests([DigestPair])
}

/// A configuration with the place in the log that brought it.
package struct ConfigurationRecord: Hashable, Sendable {
    /// Zero: the files.
    package var zxid: Zxid
    package var configuration: Configuration
    package var clusterID: ClusterID

    package init(zxid: Zxid, configuration: Configuration, clusterID: ClusterID) {
        self.zxid = zxid
        self.configuration = configuration
        self.clusterID = clusterID
    }
}
