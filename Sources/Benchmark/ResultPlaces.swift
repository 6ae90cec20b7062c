// Where the tools put what they make when nobody names a place: beside the checkout's results, whose file system holds the data,
// too, so that figures are those of a disk and not of a temporary directory in memory.

internal import Foundation
internal import Glibc

package enum ResultPlaces {
    /// The checkout's results or those of this directory; where they can't be written, the user's own place, then the system's.
    package static func list(
        _ checkout: Checkout?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String] {
        let first = checkout?.results ?? "\(FileManager.default.currentDirectoryPath)/results"
        return [first] + own(environment) + ["/var/tmp/quorate-results-\(getuid())"]
    }

    /// What the environment says counts before the system's list of users: in a container or under another account that list may
    /// name a home that is somebody else's. A path that is not absolute is to be ignored, as the XDG specification has it.
    private static func own(_ environment: [String: String]) -> [String] {
        func directory(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
        if let data = directory("XDG_DATA_HOME") { return ["\(data)/quorate-results"] }
        return directory("HOME").map { ["\($0)/quorate-results"] } ?? []
    }
}
