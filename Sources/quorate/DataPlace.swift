// Where the data of a command's ensemble goes: a directory of its own in the place that was named, or in the first of the usual
// ones that can be written. What killed runs have left there is removed.

import Benchmark
import CLinux
import Ensemble
import Foundation

enum DataPlace {
    static func make(prefix: String, in named: String?) throws -> DataDirectory {
        let places = try named.map { [$0] } ?? ResultPlaces.list(Checkout.find(program: ownProgram()))
        let name = "\(prefix)\(getpid())-\(quorate_realtime_ns() / 1_000_000)"
        var objection: EnsembleError?
        for place in places {
            DataDirectory.removeLeftovers(under: place, prefix: prefix)
            do throws(EnsembleError) {
                let data = try DataDirectory(path: "\(place)/\(name)")
                if let objection { standardError("\(objection.description) The data goes to \(place).\n") }
                return data
            } catch {
                objection = objection ?? error
            }
        }
        throw objection ?? EnsembleError(.unusable, "There is no place for the data; name one with --data-dir.")
    }
}
