// A member whose data directory is gone for good: the operator's word, passed on to the core.

package import Zab

extension Node {
    /// Whose directory counts as this member by what is known to be committed; nil for an open slot.
    package func committedIncarnation(of member: MemberID) -> Incarnation? { zab.committedIncarnation(of: member) }

    /// - Returns: nil if the member may now come with an empty directory, else one sentence that says why not.
    package func allowReplacement(of member: MemberID) -> String? {
        let objection = zab.allowReplacement(of: member)
        if objection == nil {
            outputs.append(
                .log("by the operator's word the data directory of member \(member) is gone: an empty one may replace it"))
        }
        return objection
    }
}
