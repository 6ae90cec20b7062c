// As much of JSON Schema, draft 2020-12, as docs/workload.schema.json uses. A keyword that is not known here is a problem of
// every value, so that none is passed over.

import Foundation

struct JSONSchema {
    private static let remarks: Set<String> = ["$schema", "title", "description", "$defs"]
    let root: JSONValue

    /// What is wrong with a value; nothing if it fits.
    func problems(_ value: JSONValue) -> [String] { problems(value, root, at: "") }

    func fits(_ value: JSONValue, _ schema: JSONValue) -> Bool { problems(value, schema, at: "").isEmpty }

    /// What a reference stands for.
    func resolved(_ schema: JSONValue) -> JSONValue {
        guard let name = schema.object?["$ref"]?.text?.split(separator: "/").last else { return schema }
        return root.object?["$defs"]?.object?[String(name)] ?? .flag(false)
    }

    private func problems(_ value: JSONValue, _ schema: JSONValue, at place: String) -> [String] {
        guard let keywords = schema.object else { return schema == .flag(true) ? [] : ["\(place): nothing may stand here"] }
        return keywords.sorted { $0.key < $1.key }.flatMap { keyword, rule -> [String] in
            if Self.remarks.contains(keyword) { return [] }
            if keyword == "$ref" { return problems(value, resolved(schema), at: place) }
            if let found = found(keyword, rule, value, keywords, at: place) { return found }
            return check(keyword, rule, value) ? [] : ["\(place): \(value.json) is against \(keyword) \(rule.json)"]
        }
    }

    /// Keywords that lead to parts of the value, or to other schemas; nil for all others.
    private func found(
        _ keyword: String, _ rule: JSONValue, _ value: JSONValue, _ keywords: [String: JSONValue], at place: String
    ) -> [String]? {
        let entries = (value.object ?? [:]).sorted { $0.key < $1.key }
        switch keyword {
        case "properties":
            return entries.flatMap { key, part in
                rule.object?[key].map { problems(part, $0, at: "\(place).\(key)") } ?? []
            }
        case "additionalProperties":
            return entries.filter { keywords["properties"]?.object?[$0.key] == nil }.flatMap {
                problems($0.value, rule, at: "\(place).\($0.key)")
            }
        case "propertyNames": return entries.flatMap { problems(.text($0.key), rule, at: "\(place).\($0.key)") }
        case "items":
            return (value.list ?? []).enumerated().flatMap { problems($1, rule, at: "\(place)[\($0)]") }
        case "anyOf", "oneOf":
            let all = (rule.list ?? []).map { problems(value, $0, at: place) }
            let fitting = all.count { $0.isEmpty }
            let isFine = keyword == "anyOf" ? fitting > 0 : fitting == 1
            return isFine
                ? [] : ["\(place): \(fitting) of \(all.count) in \(keyword) fit"] + (all.min { $0.count < $1.count } ?? [])
        default: return nil
        }
    }

    private func check(_ keyword: String, _ rule: JSONValue, _ value: JSONValue) -> Bool {
        let limit = rule.number ?? 0
        switch keyword {
        case "type": return isOf(rule.text, value)
        case "enum": return rule.list?.contains(value) == true
        case "required":
            return value.object.map { entries in rule.list?.allSatisfy { entries[$0.text ?? ""] != nil } == true } ?? true
        case "pattern": return value.text.map { $0.range(of: rule.text ?? "", options: .regularExpression) != nil } ?? true
        case "minimum": return value.number.map { $0 >= limit } ?? true
        case "maximum": return value.number.map { $0 <= limit } ?? true
        case "maxLength": return value.text.map { Double($0.count) <= limit } ?? true
        case "minItems": return value.list.map { Double($0.count) >= limit } ?? true
        case "maxItems": return value.list.map { Double($0.count) <= limit } ?? true
        case "minProperties": return value.object.map { Double($0.count) >= limit } ?? true
        case "maxProperties": return value.object.map { Double($0.count) <= limit } ?? true
        default: return false
        }
    }

    private func isOf(_ type: String?, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .list), ("string", .text), ("number", .number), ("boolean", .flag), ("null", .null):
            true
        case ("integer", .number(let number)): number == number.rounded()
        default: false
        }
    }
}
