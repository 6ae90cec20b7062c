// Which two results are compared: those that are named, or the two newest of one workload and machine.

import Benchmark
import Report
import Results

enum ResultPair {
    static func find(_ base: String?, _ new: String?) throws -> (base: ResultDocument, new: ResultDocument) {
        switch (base, new) {
        case (let base?, let new?): return (try ResultChoice.find(base).document, try ResultChoice.find(new).document)
        case (_?, nil): throw Failure("One result alone can't be compared; name two, or none for the two newest.", code: 64)
        default: return try newest()
        }
    }

    /// The newest result that can be read, and the newest before it that is like it.
    private static func newest() throws -> (base: ResultDocument, new: ResultDocument) {
        let (places, paths) = try ResultChoice.folders()
        let documents = paths.lazy.compactMap { try? ResultFolder.read($0) }.filter { $0.status == .complete && !$0.isSweep }
        guard let new = documents.first else {
            throw Failure("There is no result in \(places.joined(separator: " or ")); make two with: quorate bench.", code: 64)
        }
        guard let base = documents.dropFirst().first(where: { Likeness.differences($0, new).isEmpty }) else {
            throw Failure(
                "There is no earlier result of '\(new.workload.name)' on a machine like that of '\(new.id)'; name two results.",
                code: 64)
        }
        standardError("quorate: '\(base.id)' is the base, and '\(new.id)' is compared with it.\n")
        return (base, new)
    }
}
