// Where a command puts what it finds: `results/<UTC time>-<name>` in the checkout or here, elsewhere where that can't be
// written, or in the place that was named.

import Benchmark
import Foundation
import Report

enum NewResultFolder {
    static func make(_ name: String, out: String?, _ checkout: Checkout?) throws -> ResultFolder {
        do {
            let places = out.map { [$0] } ?? ResultPlaces.list(checkout)
            let (folder, notice) = try ResultFolder.make(in: places, workload: name, started: Date())
            if let notice { standardError(notice + "\n") }
            return folder
        } catch {
            throw Failure(error.description, code: 64)
        }
    }
}
