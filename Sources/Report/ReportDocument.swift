// The kinds of documents that a page can be made of, and how one is read without being told which kind it is.

internal import Foundation
package import Results

package enum ReportDocument: Sendable {
    case result(ResultDocument)
    case capacity(CapacityDocument)
    case tuning(TuningDocument)

    private static let names = [ResultFolder.documentName, "capacity.json", "tuning.json"]

    private struct Head: Decodable {
        let schema: String
    }

    /// - Parameter path: a document, or the folder of one.
    package static func read(_ path: String) throws(ResultError) -> ReportDocument {
        let file = ResultFolder.file(path, named: names)
        let bytes = try ResultFolder.bytes(of: file)
        switch (try? JSONDecoder().decode(Head.self, from: bytes))?.schema {
        case CapacityDocument.schemaName: return .capacity(try ResultFolder.decode(bytes, of: file))
        case TuningDocument.schemaName: return .tuning(try ResultFolder.decode(bytes, of: file))
        default: return .result(try ResultFolder.decode(bytes, of: file))
        }
    }

    var title: String {
        switch self {
        case .result(let document): document.workload.name
        case .capacity(let document): "capacity of \(document.workload.name)"
        case .tuning(let document): "settings for \(document.workload)"
        }
    }

    var name: String {
        switch self {
        case .result(let document): document.id
        case .capacity(let document): "\(document.started) \(title)"
        case .tuning(let document): "\(document.started) \(title)"
        }
    }
}
