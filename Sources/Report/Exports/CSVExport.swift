// Every figure of every cell as a row: which cell, phase and operation, the figure by its keys in the document, its unit and its
// value. It follows the document, so that a figure that is new there is here, too. Distributions are left out; their percentiles
// are figures.

internal import Foundation
internal import Results

struct CSVExport {
    private static let columns = [
        "result", "workload", "nodes", "target", "phase", "recorded", "role", "op", "figure", "unit", "value", "void",
    ]
    /// Slots and buckets.
    static let distributions: Set<String> = ["histogram", "bucket_bounds_ns", "bucket_counts"]
    /// Names and columns of their own.
    private static let places: Set<String> = ["nodes", "target", "name", "recorded", "role", "op", "void", "second"]

    private struct Place {
        var row: ResultCell
        var phase: ResultPhase?
        var phaseName = ""
        var role = ""
        var op = ""
    }

    private let document: ResultDocument
    private var lines: [String] = []

    static func export(_ document: ResultDocument) throws(ResultError) -> Exported {
        var export = CSVExport(document)
        for row in document.rows {
            let fields: DocumentValue
            do {
                fields = try JSONDecoder().decode(DocumentValue.self, from: JSONEncoder().encode(row))
            } catch {
                throw ResultError(description: "The result holds a number that is not finite.")
            }
            export.add(fields, key: "", path: [], Place(row: row))
        }
        for summary in document.summaries ?? [] { export.add(summary) }
        guard !export.lines.isEmpty else { throw ResultError(description: "'\(document.id)' has no cell, and so no figure.") }
        return Exported(text: ([columns.joined(separator: ",")] + export.lines).joined(separator: "\n") + "\n")
    }

    private init(_ document: ResultDocument) { self.document = document }

    private mutating func add(_ value: DocumentValue, key: String, path: [String], _ place: Place) {
        switch value {
        case .number(let text): write(path, key, text, place)
        case .flag(let flag): write(path, key, flag ? "1" : "0", place)
        case .object(let fields):
            for (name, field) in fields.sorted(by: { $0.key < $1.key }) where !Self.places.contains(name) {
                add(field, key: name, path: path + [name], place)
            }
        case .list(let values):
            for (index, value) in values.enumerated() { addElement(value, index, key: key, path: path, place) }
        case .other: return
        }
    }

    /// A phase and an operation are columns; a check is named, a second counted, the rest numbered.
    private mutating func addElement(_ value: DocumentValue, _ index: Int, key: String, path: [String], _ place: Place) {
        var place = place
        var path = path
        switch key {
        case "phases" where place.phase == nil && path.count == 1:
            place.phase = place.row.phases[index]
            place.phaseName = place.row.phases[index].name
            path = []
        case "operations":
            place.role = value["role"] ?? ""
            place.op = value["op"] ?? ""
            path = []
        default:
            if let phase = value["phase"] { place.phaseName = phase }
            path.append(value["name"] ?? value["second"] ?? "\(index)")
        }
        add(value, key: key, path: path, place)
    }

    private mutating func write(_ path: [String], _ key: String, _ value: String, _ place: Place) {
        let recorded = place.phase.map { $0.isRecorded ? "1" : "0" } ?? ""
        let names = [place.row.target, place.phaseName, recorded, place.role, place.op]
        let void = place.phase.map { isVoid(key, of: $0) } ?? false
        write(nodes: place.row.nodes, names, path, FigureUnit.of(key: key), value, void: void)
    }

    private mutating func add(_ summary: ResultSummary) {
        let phase = document.rows.first { $0.nodes == summary.nodes && $0.target == summary.target }?.phases.first {
            $0.name == summary.phase
        }
        let value = summary.value
        let figures: [(String, Double?)] = [("median", value.median), ("low", value.low), ("high", value.high)]
        for (name, figure) in figures {
            guard let figure else { continue }
            write(
                nodes: summary.nodes, [summary.target, summary.phase, "1", "", ""],
                ["over_runs", summary.metric.rawValue, name], summary.metric.unit, "\(figure)",
                void: phase?.makesVoid(summary.metric) == true)
        }
    }

    private mutating func write(
        nodes: Int, _ names: [String], _ path: [String], _ unit: String, _ value: String, void: Bool
    ) {
        let figure = path.joined(separator: ".")
        let cells = [document.id, document.workload.name, "\(nodes)"] + names + [figure, unit, value, void ? "void" : ""]
        lines.append(cells.map(Self.cell).joined(separator: ","))
    }

    /// Of a phase with arrivals the percentiles from the 99th on, of a closed one the rates.
    private func isVoid(_ key: String, of phase: ResultPhase) -> Bool {
        if phase.makesVoid(.commitP99) { return ["p99_ns", "p999_ns", "p9999_ns", "max_ns"].contains(key) }
        return phase.makesVoid(.writes) && key.hasSuffix("_per_s")
    }

    private static func cell(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"\(text.replacing("\"", with: "\"\""))\""
    }
}

/// Any part of a document, but for distributions.
private enum DocumentValue: Decodable {
    case number(String)
    case flag(Bool)
    case object([String: DocumentValue])
    case list([DocumentValue])
    /// A text is no figure.
    case other(String)

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        if let fields = try? decoder.container(keyedBy: Key.self) {
            let kept = fields.allKeys.filter { !CSVExport.distributions.contains($0.stringValue) }
            self = .object(
                try Dictionary(uniqueKeysWithValues: kept.map { ($0.stringValue, try fields.decode(Self.self, forKey: $0)) }))
        } else if var values = try? decoder.unkeyedContainer() {
            var all: [DocumentValue] = []
            while !values.isAtEnd { all.append(try values.decode(Self.self)) }
            self = .list(all)
        } else {
            let value = try decoder.singleValueContainer()
            if let whole = try? value.decode(UInt64.self) {
                self = .number("\(whole)")
            } else if let number = try? value.decode(Double.self) {
                self = .number("\(number)")
            } else if let flag = try? value.decode(Bool.self) {
                self = .flag(flag)
            } else {
                self = .other(try value.decode(String.self))
            }
        }
    }

    /// A name or a number in it.
    subscript(_ key: String) -> String? {
        guard case .object(let fields) = self else { return nil }
        switch fields[key] {
        case .other(let text)?, .number(let text)?: return text
        default: return nil
        }
    }
}
