// A YAML document as a tree in which every value knows its line and its dotted path, so that each later complaint can
// name them. The grammar of YAML is Yams' business; what keys and values mean is not known here.

import Foundation
internal import Yams

/// One value of the document.
struct DocumentNode: Sendable {
    struct Entry: Sendable {
        var key: String
        var keyPlace: Place
        var value: DocumentNode
    }

    enum Content: Sendable {
        case scalar(String)
        case sequence([DocumentNode])
        case mapping([Entry])
    }

    var content: Content
    var place: Place
    /// Dotted path from the top, such as `roles.producer.clients`; empty for the document itself.
    var path: String
    var file: String

    func complaint(_ sentence: String) -> WorkloadError {
        WorkloadError(file: file, place: place, sentence)
    }
}

extension DocumentNode {
    static let bytesMax = 1 << 20
    private static let depthMax = 32
    private static let nodesMax = 100_000

    /// Reads one document. `place` overrides the lines, for text that comes from the command line.
    static func read(_ text: String, file: String, place: Place? = nil, path: String = "") throws(WorkloadError) -> DocumentNode {
        guard text.utf8.count <= bytesMax else {
            throw WorkloadError(file: file, place: place, "is larger than 1 MiB; a workload file holds no data, only sizes")
        }
        if let line = lineOfTooDeepNesting(text) {
            throw WorkloadError(file: file, place: place ?? .line(line), "nests deeper than \(depthMax) levels")
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw unreadable(error, file: file, place: place)
        }
        guard let root else { throw WorkloadError(file: file, place: place, "is empty; begin with 'apiVersion: quorate/v1'") }
        var budget = nodesMax
        return try convert(root, file: file, place: place, path: path, depth: 0, budget: &budget)
    }

    /// Yams recurses once per level, so depth is bounded before it sees the text: brackets, and dashes on one line.
    private static func lineOfTooDeepNesting(_ text: String) -> Int? {
        var (brackets, dashes, line) = (0, 0, 1)
        var isIndent = true
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                dashes = 0
                isIndent = true
            case UInt8(ascii: "["), UInt8(ascii: "{"): brackets += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): brackets = max(0, brackets - 1)
            case UInt8(ascii: "-") where isIndent, UInt8(ascii: "?") where isIndent: dashes += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"): break
            default: isIndent = false
            }
            if brackets > depthMax || dashes > depthMax { return line }
        }
        return nil
    }

    private static func unreadable(_ error: any Error, file: String, place: Place?) -> WorkloadError {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            return WorkloadError(file: file, place: place ?? .line(mark.line), "is not YAML here: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "'\($0)'" }.joined(separator: ", ")
            return WorkloadError(
                file: file, place: place ?? .line(context.mark.line), "the key \(names) stands twice; keep one of the two")
        case .reader(let problem, _, _, _):
            return WorkloadError(file: file, place: place, "is not UTF-8 text that YAML allows: \(problem)")
        default:
            return WorkloadError(file: file, place: place, "is not YAML that can be read")
        }
    }

    private static func convert(
        _ node: Node, file: String, place: Place?, path: String, depth: Int, budget: inout Int
    ) throws(WorkloadError) -> DocumentNode {
        let here = place ?? .line(node.mark?.line ?? 1)
        budget -= 1
        guard depth <= depthMax, budget > 0 else {
            throw WorkloadError(file: file, place: here, "holds more than the format can mean; is an alias repeated?")
        }
        var result = DocumentNode(content: .sequence([]), place: here, path: path, file: file)
        switch node {
        case .scalar(let scalar):
            result.content = .scalar(scalar.string)
        case .sequence(let items):
            var converted: [DocumentNode] = []
            for (position, item) in items.enumerated() {
                let itemPath = "\(path)[\(position)]"
                converted.append(
                    try convert(item, file: file, place: place, path: itemPath, depth: depth + 1, budget: &budget))
            }
            result.content = .sequence(converted)
        case .mapping(let pairs):
            var entries: [Entry] = []
            for (key, value) in pairs {
                let keyPlace = place ?? .line(key.mark?.line ?? 1)
                guard let name = key.scalar?.string else {
                    throw WorkloadError(file: file, place: keyPlace, "a key must be a plain word")
                }
                let below = path.isEmpty ? name : "\(path).\(name)"
                let converted = try convert(value, file: file, place: place, path: below, depth: depth + 1, budget: &budget)
                entries.append(Entry(key: name, keyPlace: keyPlace, value: converted))
            }
            result.content = .mapping(entries)
        case .alias:
            throw WorkloadError(file: file, place: here, "aliases are not part of the format; write the value out")
        }
        return result
    }
}
