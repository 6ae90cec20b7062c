// Whether the faults of a workload can strike ensembles of the sizes that were asked for, said before anything is started.

package import Workload

package enum FaultFit {
    /// One sentence; nil if all fit.
    package static func objection(to faults: [Fault], nodes: [Int]) -> String? {
        guard let least = nodes.min() else { return nil }
        for (place, fault) in faults.enumerated() {
            if case .members(let ids) = fault.role, let unknown = ids.first(where: { $0 > least }) {
                return "The workload's faults[\(place)] is for member \(unknown), and an ensemble of \(least) has none; "
                    + "name larger sizes with --nodes."
            }
            if fault.kind.isOfLinks, least == 1 {
                return "The workload's faults[\(place)], \(fault.kind.rawValue), is one of links between members, which a single "
                    + "member has none of; name larger sizes with --nodes."
            }
        }
        return nil
    }
}
