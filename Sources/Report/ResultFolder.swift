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
            do throws(ResultError) {
                let folder = try make(in: place, workload: workload, started: started)
                let notice = index == 0 ? nil : "\(places[0]) can't be written (\(reason)); results go to \(place)."
                return (folder, notice)
            } catch {
                if index == 0 { reason = error.description }
            }
        }
        throw ResultError(
            description: "No result can be written to \(places.joined(separator: " or ")) (\(reason)); name a place with --out.")
    }

    private static func make(in place: String, workload: String, started: Date) throws(ResultError) -> ResultFolder {
        let stamp = name(of: started)
        try makeWithParents(place)
        // Two runs in one second get different folders.
        for attempt in 1..<100 {
            let id = "\(stamp)-\(workload)" + (attempt == 1 ? "" : "-\(attempt)")
            let path = "\(place)/\(id)"
            if mkdir(path, 0o755) == 0 { return ResultFolder(path: path, id: id) }
            guard errno == EEXIST else { throw ResultError(description: systemErrorText(errno)) }
        }
        throw ResultError(description: "a hundred folders of that name exist")
    }

    private static func makeWithParents(_ path: String) throws(ResultError) {
        if mkdir(path, 0o755) == 0 { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try makeWithParents(String(path[..<slash]))
            if mkdir(path, 0o755) == 0 { return }
        }
        guard errno == EEXIST else { throw ResultError(description: systemErrorText(errno)) }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw ResultError(description: systemErrorText(ENOTDIR))
        }
    }

    /// Sorts by time, and is a file name everywhere.
    static func name(of date: Date) -> String { timestamp(date).replacing(":", with: "-") }

    /// UTC in whole seconds, as RFC 3339 has it.
    package static func timestamp(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(timeZone: TimeZone(secondsFromGMT: 0)!))
    }

    package func write(_ result: ResultDocument) throws(ResultError) { try write(result, as: Self.documentName) }

    /// Puts any document of a run into the folder, under `name`.
    package func write(_ value: some Encodable, as name: String) throws(ResultError) {
        let bytes = try Self.encode(value)
        let place = "\(path)/\(name)"
        let unfinished = place + ".new"
        let code = Self.write(bytes, to: unfinished)
        if code == 0, rename(unfinished, place) == 0 { return }
        let cause = systemErrorText(code == 0 ? errno : code)
        unlink(unfinished)
        throw ResultError(description: "\(place) can't be written: \(cause).")
    }

    /// Returns the error number, or 0.
    static func write(_ bytes: Data, to path: String) -> Int32 {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { return errno }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                let code = errno
                close(file)
                return code
            }
        }
        // Some file systems tell only here that there was no room.
        return close(file) == 0 ? 0 : errno
    }

    /// The document as text: indented, keys in order, so that two of them can be compared line by line.
    package static func encode(_ result: some Encodable) throws(ResultError) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return JSONLayout.leavesInLine(try encoder.encode(result)) + Data("\n".utf8)
        } catch {
            var place = ""
            if case .invalidValue(_, let context)? = error as? EncodingError { place = Self.place(context.codingPath) }
            throw ResultError(description: "The result can't be put into a document: \(place)there is no finite number.")
        }
    }

    /// Reads a document; `path` is a file, or a folder with a result.json in it.
    package static func read(_ path: String) throws(ResultError) -> ResultDocument {
        let file = file(path, named: [documentName])
        return try decode(bytes(of: file), of: file)
    }

    /// The first of these that is there, or the first, if `path` is a folder; else `path` itself.
    static func file(_ path: String, named names: [String]) -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return path }
        let found = names.first { FileManager.default.fileExists(atPath: "\(path)/\($0)") } ?? names[0]
        return "\(path)/\(found)"
    }

    static func bytes(of file: String) throws(ResultError) -> Data {
        errno = 0
        guard let bytes = FileManager.default.contents(atPath: file) else {
            let cause = access(file, R_OK) == 0 ? "it is no plain file" : systemErrorText(errno)
            throw ResultError(description: "\(file) can't be read: \(cause).")
        }
        return bytes
    }

    static func decode<Form: DocumentForm & Decodable>(_ bytes: Data, of file: String) throws(ResultError) -> Form {
        do {
            return try JSONDecoder().decode(Form.self, from: bytes)
        } catch {
            throw ResultError(description: "\(file) is no result that this version reads: \(explain(error)).")
        }
    }

    private static func explain(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, let context)?: "\(place(context.codingPath))'\(key.stringValue)' is missing"
        case .typeMismatch(_, let context)?: "\(place(context.codingPath))is a value of another kind"
        case .valueNotFound(_, let context)?: "\(place(context.codingPath))is no value"
        // A document of another kind, or of another version: its own words name both.
        case .dataCorrupted(let context)? where context.codingPath.map(\.stringValue) == ["schema"]: context.debugDescription
        case .dataCorrupted(let context)? where !context.codingPath.isEmpty:
            "\(place(context.codingPath))is a value that is not known"
        default: "it is not JSON"
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        path.isEmpty ? "" : "in \(path.map(\.stringValue).joined(separator: ".")) "
    }
}

/// The system's own words for an error number; those of Foundation name neither the file nor the cause.
private func systemErrorText(_ code: Int32) -> String { String(cString: strerror(code)) }
