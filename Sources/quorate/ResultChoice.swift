// Which result a command is about: the one that is named, or the newest that `quorate bench` has left where it puts them.

import Benchmark
import Ensemble
import Foundation
import Report
import Results

enum ResultChoice {
    /// - Parameter named: a result.json or its folder.
    static func find(_ named: String?) throws -> (document: ResultDocument, path: String) {
        let path = try named ?? newest()
        let document: ResultDocument
        do {
            document = try ResultFolder.read(path)
        } catch {
            throw Failure(error.description, code: 64)
        }
        guard !document.isSweep else {
            throw Failure(
                "\(path) tried lists of values, and has several cells of one size, which this command can't tell apart; run "
                    + "one combination by itself, with --set.", code: 64)
        }
        return (document, path)
    }

    /// Folders with a result in the usual places, newest first: their names begin with their time.
    static func folders() throws -> (places: [String], paths: [String]) {
        let places = ResultPlaces.list(Checkout.find(program: try ownProgram()))
        let folders = places.flatMap { place in ProcFile.names(in: place).map { (name: $0, path: "\(place)/\($0)") } }
        let results = folders.filter { FileManager.default.fileExists(atPath: "\($0.path)/\(ResultFolder.documentName)") }
        return (places, results.sorted { $0.name > $1.name }.map(\.path))
    }

    static func newest() throws -> String {
        let (places, paths) = try folders()
        guard let newest = paths.first else {
            throw Failure(
                "There is no result in \(places.joined(separator: " or ")); name one, or make one with: quorate bench.", code: 64)
        }
        standardError("quorate: the newest result is \(newest).\n")
        return newest
    }
}
