// Which two results are compared: those that are named, or the two newest of one workload and machine.

import Benchmark
import Ensemble
import Foundation
import Report
import Results

enum ResultPair {
    static func find(
        _ base: String?, _ new: String?, checkout: Checkout?
    ) throws -> (base: ResultDocument, new: ResultDocument) {
        switch (base, new) {
        case (let base?, let new?): return (try read(base), try read(new))
        case (_?, nil): throw Failure("One result alone can't be compared; name two, or none for the two newest.", code: 64)
        default: return try newest(checkout)
        }
    }

    private static func read(_ path: String) throws -> ResultDocument {
        do {
            return try ResultFolder.read(path)
        } catch {
            throw Failure(error.description, code: 64)
        }
    }

    /// The newest result that can be read, and the newest before it that is like it.
    private static func newest(_ checkout: Checkout?) throws -> (base: ResultDocument, new: ResultDocument) {
        let places = ResultPlaces.list(checkout)
        let folders = places.flatMap { place in ProcFile.names(in: place).map { (name: $0, path: "\(place)/\($0)") } }
        // Folders' names begin with their time.
        let documents = folders.sorted { $0.name > $1.name }.lazy.compactMap { try? ResultFolder.read($0.path) }
            .filter { $0.status == .complete }
        guard let new = documents.first else {
            throw Failure("There is no result in \(places.joined(separator: " or ")); make two with: quorate bench.", code: 64)
        }
        let older = documents.dropFirst().first { Likeness.differences($0, new).isEmpty }
        guard let base = older else {
            throw Failure(
                "There is no earlier result of '\(new.workload.name)' on a machine like that of '\(new.id)'; name two results.",
                code: 64)
        }
        standardError("quorate: '\(base.id)' is the base, and '\(new.id)' is compared with it.\n")
        return (base, new)
    }
}
