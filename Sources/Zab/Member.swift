// Names by which members, their directories, their connections and their roles are told apart.

/// The number of `server.N`.
package typealias MemberID = UInt32
/// Random, made once per data directory: a wiped member comes back as another incarnation of its id (rule G6).
package typealias Incarnation = UInt128
/// Random, made by the founding record; 0 while a member knows of no committed founding.
package typealias ClusterID = UInt128
/// Counts role changes of this process. An I/O completion carries the number of the role that asked for it (rule P6).
package typealias RoleNumber = UInt64

/// A connection to a peer after its HELLO was accepted. Unique in the process, never used again (rules L4, P6).
package struct ConnectionNumber: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    @inline(__always)
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package var description: String { "#\(rawValue)" }
}

/// Two connections join each pair of members that has business with each other.
package enum Channel: UInt8, Sendable {
    /// Prevotes, epochs, heartbeats and their echoes: small, never behind bulk. The member with the greater id dials it.
    case election
    /// Synchronization, proposals, acknowledgements, forwarded requests: bulk, in order. The learner dials it to its leader.
    case data
}

package enum Role: UInt8, Sendable {
    case looking
    case candidate
    case leaderSync
    case leading
    case followerSync
    case following
}
