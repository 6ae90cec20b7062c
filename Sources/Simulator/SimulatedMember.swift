// One member: the shipping node, its journal and its background work, while it is up, over a disk that outlives them.

import Batch
import Journal
package import Node
package import Zab

package final class SimulatedMember {
    package let index: Int
    package let id: MemberID
    let disk = SimulatedDisk()
    package internal(set) var node: Node?
    var journal: Journal?
    var background: BackgroundWork?
    /// Counts starts and ends: an event of an earlier life is void.
    var life: UInt64 = 0

    // The journal's thread.
    var commands: [JournalCommand] = []
    /// Given to the disk, which is still at it.
    var flushing: [JournalCommand] = []
    var isFlushing = false
    var completions: [JournalCompletion] = []
    // The background thread.
    var chores: [BackgroundCommand] = []
    var isWorking = false
    var done: [BackgroundCompletion] = []

    /// Its connections to other members, in the order in which they were made.
    var pipes: [Pipe] = []
    /// When its loop turns next; .max: nothing is planned.
    var turnAt: UInt64 = .max
    var deadline: UInt64 = 0
    /// Turns in a row that asked for the next one at once.
    var hurries = 0
    var pausedUntil: UInt64 = 0
    /// It stands still until somebody stands against it.
    var wakesAtVote = false

    /// Its own clock runs at `clockRate` thousandths since `clockBase`.
    var clockRate: UInt64 = 1_000
    var clockBase: (real: UInt64, own: UInt64) = (0, 0)
    var wallOffset: Int64 = 0

    /// Bytes that clients sent before they left, and the ends of their connections: the kernel holds both for a loop that is
    /// late.
    var left: [(connection: UInt64, bytes: [UInt8], isClosed: Bool)] = []

    // What faults have set.
    /// The power goes in its next flush.
    var falls: Fault?
    var isDiskSlow = false
    var areLinksSlow = false
    var isDeafToClients = false
    /// It must not be started again before then.
    var downUntil: UInt64 = 0
    var exit: (code: Int32, reason: String)?
    var refusedToStart: String?
    /// A disk error was injected: it may end with exit code 74.
    var mayFail = false

    /// What its last start found.
    var found = (last: Zxid.zero, needsRepair: false, line: "")
    /// What was flushed last was damaged, and may be taken for a torn end (rule F2).
    var mayCutLastFlush = false
    /// Its files were damaged.
    var isRotten = false
    /// Its directory was lost: it must not take part any more.
    var isWiped = false
    /// The operator has told a leader that another directory may take the place of the one that was lost.
    var isAllowed = false
    var incarnation: UInt128 = 0
    /// Everybody is bound, by a record that its disk calls committed.
    var knowsEverybody = false
    /// What its log called committed when it started.
    var committedAtStart = Zxid.zero
    /// What its directory is to become again, and whose it was.
    var image: (disk: SimulatedDisk, incarnation: UInt128)?
    /// Its directory holds less than was called durable, and nobody has looked at it since.
    var holdsLess = false
    /// What it has lost of its word, as long as that may matter.
    var loss: LostWord?
    /// Its leader certainly has this from it.
    var heardOf: (epoch: UInt32, last: Zxid) = (0, .zero)

    // What was looked at last.
    let shadow = ShadowLog()
    var checkedCommit = Zxid.zero
    var checkedApplied = Zxid.zero
    var checkedLife: UInt64 = 0
    var checkedEpoch: UInt32 = 0
    /// By how much its loop was late, as far as that counts for nobody's silence; on its own clock.
    var lateTotal: UInt64 = 0
    /// When it decided that sessions end, of which it has not proposed that yet; how many it ever did.
    var decidedExpiries: [UInt64] = []
    var countedExpiries: UInt64 = 0
    /// Since when it leads its epoch.
    var ledSince: (epoch: UInt32, at: LivelyTime)?

    package init(index: Int) {
        self.index = index
        id = MemberID(index + 1)
    }

    package var isUp: Bool { node != nil }

    func ownTime(_ time: UInt64) -> UInt64 {
        time < clockBase.real ? clockBase.own : clockBase.own + (time - clockBase.real) * clockRate / 1_000
    }

    /// The real time at which the own clock shows `own`.
    func realTime(_ own: UInt64) -> UInt64 {
        guard own > clockBase.own else { return clockBase.real }
        let ahead = own - clockBase.own
        if ahead > 1 << 50 { return .max }
        return clockBase.real + (ahead * 1_000 + clockRate - 1) / clockRate
    }

    func setClockRate(_ rate: UInt64, at now: UInt64) {
        clockBase = (now, ownTime(now))
        clockRate = rate
    }
}
