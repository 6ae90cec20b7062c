// One simulated member: the core, and around it the least that Node, journal and transport have to do for it.

package import Batch
package import Zab

/// Where a learner's stream stands.
struct Stream {
    var connection: ConnectionNumber
    var cursor: Zxid
    /// Nil: batches go out as they are sealed.
    var limit: Zxid?
    var start: Start?
    var from: Zxid
}

struct SnapshotReceive {
    var connection: ConnectionNumber
    var start: Start
    var role: RoleNumber
    var keepLog: Bool
}

/// The core of a running process, which is a value that nobody copies.
package final class Core {
    package var zab: Zab

    init(_ zab: consuming Zab) { self.zab = zab }
}

package final class Member {
    package let id: MemberID
    package var disk: Disk
    package var core: Core?
    /// Counts processes; events of an earlier one are void.
    package internal(set) var life = 0
    package internal(set) var role = Role.looking
    package internal(set) var haltReason: String?
    package internal(set) var haltCode: HaltCode?

    // Of the running process.
    package internal(set) var log = LogImage()
    var commands: [JournalCommand] = []
    var isFlushing = false
    var streams: [Stream] = []
    var receiving: SnapshotReceive?
    var chunksArrived: [ConnectionNumber] = []
    var dialing: [(peer: MemberID, channel: Channel)] = []
    var outputs: [Output] = []
    var afterwards: [Output] = []
    package internal(set) var released = Zxid.zero
    package internal(set) var applied = Zxid.zero
    package internal(set) var appliedIndex = 0
    package internal(set) var digest: UInt64 = 0
    package internal(set) var serves = false
    var tickAt: UInt64 = .max
    var pausedFrom: UInt64 = 0
    var pausedUntil: UInt64 = 0
    package var reads: [UInt64: (floor: Zxid, kind: ReadKind)] = [:]
    package internal(set) var readsAnswered = 0
    package internal(set) var readsFailed = 0
    /// Faults of this member.
    package var diskDelay: UInt64 = 300_000
    package var isDiskStuck = false
    package var liesInDigests = false

    init(id: MemberID, disk: Disk) {
        self.id = id
        self.disk = disk
    }

    package var isUp: Bool { core != nil }
    package var canPropose: Bool { core?.zab.canPropose == true }
}
