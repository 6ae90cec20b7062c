// Reads single values out of a document: words, numbers, durations, sizes, rates, and mappings with a closed set of keys.

extension DocumentNode {
    /// What this value is called in a complaint.
    var title: String { path.isEmpty ? "the file" : "'\(path)'" }

    func word() throws(WorkloadError) -> String {
        guard case .scalar(let text) = content else { throw complaint("\(title) must be a single value") }
        return text
    }

    func items() throws(WorkloadError) -> [DocumentNode] {
        guard case .sequence(let items) = content else {
            throw complaint("\(title) must be a list, as in [a, b]")
        }
        return items
    }

    func entries() throws(WorkloadError) -> [Entry] {
        guard case .mapping(let entries) = content else {
            throw complaint("\(title) must hold 'key: value' entries")
        }
        return entries
    }

    func integer(in range: ClosedRange<Int>) throws(WorkloadError) -> Int {
        let text = try word()
        let digits = text.filter { $0 != "_" }
        guard let value = Int(digits), !digits.hasPrefix("+") else {
            if case .scalar = content { throw complaint("\(title) must be a whole number, not '\(text)'") }
            throw complaint("\(title) must be a whole number")
        }
        guard range.contains(value) else {
            throw complaint("\(title) must lie between \(range.lowerBound) and \(range.upperBound), not \(value)")
        }
        return value
    }

    func seed() throws(WorkloadError) -> UInt64 {
        let text = try word()
        guard let value = UInt64(text) else { throw complaint("\(title) must be a whole number from 0 on, not '\(text)'") }
        return value
    }

    func flag() throws(WorkloadError) -> Bool {
        let text = try word()
        switch text.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default: throw complaint("\(title) must be true or false, not '\(text)'")
        }
    }

    func number(in range: ClosedRange<Double>) throws(WorkloadError) -> Double {
        let text = try word()
        guard let value = Double(text), value.isFinite, range.contains(value) else {
            throw complaint("\(title) must be a number between \(range.lowerBound) and \(range.upperBound), not '\(text)'")
        }
        return value
    }

    /// A duration with its unit, in nanoseconds: 250us, 20ms, 10s, 2m, 1h.
    func duration() throws(WorkloadError) -> UInt64 {
        let text = try word()
        guard let nanoseconds = parseDuration(text) else {
            throw complaint("\(title) must be a duration with its unit, such as 500ms or 10s and at most 24h, not '\(text)'")
        }
        return nanoseconds
    }

    /// A size with its unit, in bytes: 100B, 1KiB, 1MB.
    func bytes(in range: ClosedRange<Int>) throws(WorkloadError) -> Int {
        let text = try word()
        let units: [(String, Double)] = [("KiB", 1_024), ("MiB", 1_048_576), ("KB", 1_000), ("MB", 1_000_000), ("B", 1)]
        guard let value = scaled(text, by: units), value == value.rounded() else {
            throw complaint("\(title) must be a size with its unit, such as 100B or 4KiB, not '\(text)'")
        }
        guard value >= Double(range.lowerBound), value <= Double(range.upperBound) else {
            throw complaint("\(title) must lie between \(range.lowerBound)B and \(range.upperBound)B, not \(text)")
        }
        return Int(value)
    }

    /// A rate a second: 2000/s, 90/m; with `orNone` it may be 0/s.
    func rate(orNone: Bool = false) throws(WorkloadError) -> Double {
        let text = try word()
        guard let value = scaled(text, by: [("/s", 1), ("/m", 1.0 / 60)]), value > 0 || orNone, value <= 100_000_000 else {
            throw complaint("\(title) must be a rate\(orNone ? "" : " above 0") with its unit, such as 2000/s, not '\(text)'")
        }
        return value
    }

    /// One of a few words.
    func choice(_ names: [String], later: [String] = []) throws(WorkloadError) -> String {
        let text = try word()
        if names.contains(text) { return text }
        if later.contains(text) {
            throw complaint(
                "\(title): '\(text)' belongs to the format but does not work yet; use \(names.joined(separator: " or "))")
        }
        let hint = nearestName(to: text, among: names).map { "; did you mean '\($0)'?" } ?? ""
        throw complaint("\(title) must be \(names.joined(separator: ", ")), not '\(text)'\(hint)")
    }

    /// Refuses every key that the format does not have, naming the nearest, and every key that does not work yet.
    func checkKeys(_ known: [String], later: [String] = []) throws(WorkloadError) {
        for entry in try entries() where !known.contains(entry.key) {
            let place = path.isEmpty ? "" : " in '\(path)'"
            if later.contains(entry.key) {
                throw WorkloadError(
                    file: file, place: entry.keyPlace,
                    "the key '\(entry.key)'\(place) belongs to the format but does not work yet; take it out")
            }
            let hint = nearestName(to: entry.key, among: known).map { "did you mean '\($0)'?" }
            throw WorkloadError(
                file: file, place: entry.keyPlace,
                "unknown key '\(entry.key)'\(place); \(hint ?? "the keys are " + known.joined(separator: ", "))")
        }
    }

    func value(of key: String) -> DocumentNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    func required(_ key: String) throws(WorkloadError) -> DocumentNode {
        guard let found = value(of: key) else {
            throw complaint("\(path.isEmpty ? "the file" : "'\(path)'") needs the key '\(key)'")
        }
        return found
    }
}

/// Nanoseconds of a text such as 10s; nil if it is not a duration of at most a day.
package func parseDuration(_ text: String) -> UInt64? {
    let units: [(String, Double)] = [("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3_600e9)]
    guard let value = scaled(text, by: units), value >= 0, value <= 24 * 3_600e9 else { return nil }
    return UInt64(value.rounded())
}

/// Splits a number from its unit and multiplies; nil if either is missing.
private func scaled(_ text: String, by units: [(String, Double)]) -> Double? {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "_") }
    let unit = text.dropFirst(number.count).drop { $0 == " " }
    guard let factor = units.first(where: { $0.0 == unit })?.1,
        let value = Double(number.filter { $0 != "_" })
    else { return nil }
    return value * factor
}
