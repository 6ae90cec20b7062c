// Which run of its process each member speaks from, to notice when two processes speak for one member.

import Zab

/// A process that has been started again never speaks as its earlier run. A connection that the earlier one left in a queue may
/// still be taken up late, once for each of its connections; two processes that live displace each other again and again.
struct PeerRuns {
    private struct Voice {
        let member: MemberID
        var run: UInt64
        var displaced: UInt64 = 0
        /// How often a run that was displaced has come back.
        var returns = 0
    }

    private var voices: [Voice] = []
    /// More than what connections that waited in a queue can cause.
    static let returnsOfOne = 4

    /// Notes who speaks for `member`.
    /// - Returns: true if the last runs can only be two processes that both live.
    mutating func areTwo(_ member: MemberID, run: UInt64) -> Bool {
        guard run != 0 else { return false }
        guard let index = voices.firstIndex(where: { $0.member == member }) else {
            voices.append(Voice(member: member, run: run))
            return false
        }
        guard voices[index].run != run else { return false }
        voices[index].returns = voices[index].displaced == run ? voices[index].returns + 1 : 0
        (voices[index].displaced, voices[index].run) = (voices[index].run, run)
        return voices[index].returns > Self.returnsOfOne
    }
}
