// Where a workload that is named on the command line lies.

import Benchmark
import Foundation

/// Where workload files are looked for: as given, then in `workloads` here, then in the checkout.
enum WorkloadPlace {
    static func find(_ name: String, _ checkout: Checkout?) throws -> String {
        let files = FileManager.default
        var isFolder: ObjCBool = false
        if files.fileExists(atPath: name, isDirectory: &isFolder), !isFolder.boolValue { return name }
        let places = ["workloads"] + (checkout.map { [$0.workloads] } ?? [])
        for place in places {
            for file in ["\(place)/\(name).yaml", "\(place)/\(name)"] where files.isReadableFile(atPath: file) { return file }
        }
        let known = places.lazy.compactMap { try? files.contentsOfDirectory(atPath: $0) }.first { !$0.isEmpty } ?? []
        let names = known.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted().joined(separator: ", ")
        throw Failure(
            "There is no workload '\(name)'; \(names.isEmpty ? "give the path of a workload file" : "known are \(names)").",
            code: 64)
    }
}
