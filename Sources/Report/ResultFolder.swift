// The folder of one run: where it is made, how its result.json is written and read again. A document is put in place whole or
// not at all, so that a run that is killed leaves the last complete state.

package import Foundation
package import Results

package struct ResultError: Error, Equatable, CustomStringConvertible {
    package let description: String
}

package struct ResultFolder: Sendable {
    package let path: String
    /// Its name, which is the result's, too.
    package let id: String
    package static let documentName = "result.json"
    package var document: String { "\(path)/\(Self.documentName)" }

    /// Makes the folder in the first of the places where that is possible. `notice` says so if it is not the first one.
    package static func make(
        in places: [String], workload: String, started: Date
    ) throws(ResultError) -> (folder: ResultFolder, notice: String?) {
        precondition(!places.isEmpty, "there is at least one place to try")
        var reason = ""
        for (index, place) in places.enumerated() {
            do {
                let folder = try make(in: place, workload: workload, started: started)
                let notice = index == 0 ? nil : "\(places[0]) can't be written (\(reason)); results go to \(place)."
                return (folder, notice)
            } catch {
                if index == 0 { reason = sentence(error) }
            }
        }
        throw ResultError(
            description: "No result can be written to \(places.joined(separator: " or ")) (\(reason)); name a place with --out.")
    }

    private static func make(in place: String, workload: String, started: Date) throws -> ResultFolder {
        let stamp = name(of: started)
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        // Two runs in one second get different folders.
        for attempt in 1..<100 {
            let id = "\(stamp)-\(workload)" + (attempt == 1 ? "" : "-\(attempt)")
            let path = "\(place)/\(id)"
            if FileManager.default.fileExists(atPath: path) { continue }
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            return ResultFolder(path: path, id: id)
        }
        throw ResultError(description: "a hundred folders of that name exist")
    }

    /// Sorts by time, and is a file name everywhere.
    static func name(of date: Date) -> String { timestamp(date).replacing(":", with: "-") }

    /// UTC in whole seconds, as RFC 3339 has it.
    package static func timestamp(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(timeZone: TimeZone(secondsFromGMT: 0)!))
    }

    package func write(_ result: ResultDocument) throws(ResultError) {
        do {
            try Self.encode(result).write(to: URL(fileURLWithPath: document), options: .atomic)
        } catch {
            throw ResultError(description: "\(document) can't be written: \(Self.sentence(error)).")
        }
    }

    /// The document as text: indented, keys in order, so that two of them can be compared line by line.
    package static func encode(_ result: ResultDocument) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(result) + Data("\n".utf8)
    }

    /// Reads a document; `path` is a file, or a folder with a result.json in it.
    package static func read(_ path: String) throws(ResultError) -> ResultDocument {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let file = exists && isFolder.boolValue ? "\(path)/\(documentName)" : path
        do {
            return try JSONDecoder().decode(ResultDocument.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        } catch let error as DecodingError {
            throw ResultError(description: "\(file) is no result that this version reads: \(explain(error)).")
        } catch {
            throw ResultError(description: "\(file) can't be read: \(sentence(error)).")
        }
    }

    private static func explain(_ error: DecodingError) -> String {
        switch error {
        case .dataCorrupted(let context): context.debugDescription
        case .keyNotFound(let key, let context): "\(place(context))'\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context): "\(place(context))\(context.debugDescription)"
        @unknown default: "\(error)"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        context.codingPath.isEmpty ? "" : "in \(context.codingPath.map(\.stringValue).joined(separator: ".")) "
    }

    private static func sentence(_ error: any Error) -> String {
        if let error = error as? ResultError { return error.description }
        if let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError, cause.domain == NSPOSIXErrorDomain {
            return String(cString: strerror(Int32(cause.code)))
        }
        return error.localizedDescription
    }
}
