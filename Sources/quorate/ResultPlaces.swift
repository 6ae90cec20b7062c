// Where the tools put what they make when nobody names a place: beside the checkout's results, whose file system holds the data,
// too, so that figures are those of a disk and not of a temporary directory in memory.

import Benchmark
import Foundation

enum ResultPlaces {
    /// The checkout's results or those of this directory; where they can't be written, the home directory, then the system's.
    static func list(_ checkout: Checkout?) -> [String] {
        let files = FileManager.default
        return [
            checkout?.results ?? "\(files.currentDirectoryPath)/results",
            "\(files.homeDirectoryForCurrentUser.path)/quorate-results", "/var/tmp/quorate-results-\(getuid())",
        ]
    }
}
