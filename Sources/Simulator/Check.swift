// By what something wrong was found: the checks of a run, none of which is the node's own.

package enum Check: String, Sendable, CaseIterable {
    /// What a member says or does against what its disk was seen to hold.
    case shadow = "shadow disk"
    /// What members commit against what was committed before.
    case chain = "committed chain"
    /// The state that comes of it.
    case results = "result chain"
    /// What clients saw.
    case history
    /// What was asked of whom before a read was answered.
    case reads
    /// When sessions end.
    case sessions
    /// Who is called silent.
    case silence
    /// A process ended that had no reason to.
    case halt = "end of a process"
    case start = "refused start"
    /// The ensemble does not come to rest.
    case rest = "no rest"
}
