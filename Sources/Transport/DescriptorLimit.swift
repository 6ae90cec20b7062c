// How many descriptors this process may have open, and what of them is kept back from clients.

import Glibc

package enum DescriptorLimit {
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    /// What Linux gives where nobody decided.
    private static let usual = 1_024

    /// What a member opens for itself before any client comes, twice over.
    package static let least = 64

    /// Descriptors have numbers below this.
    package static var current: Int {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return usual }
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the limit as far as this user may: the usual soft limit of 1,024 is a default, not somebody's decision.
    /// - Returns: the limit from now on.
    @discardableResult
    package static func raise() -> Int {
        var limit = rlimit()
        if getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            _ = setrlimit(resource, &limit)
        }
        return current
    }

    /// The first descriptor number that a client's connection may not have: the rest is for members, files and the admin port.
    /// The system gives out the lowest free number, so a number tells how many are open.
    static func ceiling(keeping reserve: Int) -> Int {
        let limit = current
        return limit - min(reserve, limit / 4)
    }
}
