// Figures as people read them: three significant digits, thousands apart, nothing where nothing was measured.

enum Numbers {
    /// What stands for a figure that was not measured.
    static let absent = "-"
    /// Stands behind a figure that is the generator's doing.
    static let void = "!"
    /// Stands behind a figure of a phase that was not steady when it was recorded.
    static let unsteady = "^"

    /// Nanoseconds as milliseconds.
    static func milliseconds(_ nanoseconds: UInt64?) -> String { significant(nanoseconds.map { Double($0) / 1e6 }) }

    /// The same for what members tell in buckets an eighth wide: two digits are what that holds.
    static func coarseMilliseconds(_ nanoseconds: UInt64?) -> String {
        guard let value = nanoseconds.map({ Double($0) / 1e6 }) else { return absent }
        if value >= 9.95 { return whole(value) }
        return fixed(value, places: value >= 0.995 ? 1 : value >= 0.0995 ? 2 : 3)
    }

    /// Three significant digits, but no more than three behind the point.
    static func significant(_ value: Double?) -> String {
        guard let value, value.isFinite else { return absent }
        if abs(value) >= 99.95 { return whole(value) }
        return fixed(value, places: abs(value) >= 9.995 ? 1 : abs(value) >= 0.9995 ? 2 : 3)
    }

    /// A whole number with its thousands apart.
    static func whole(_ value: Double?) -> String {
        guard let value, value.isFinite, abs(value) < 1e15 else { return absent }
        let digits = String(Int64(abs(value).rounded()))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value <= -0.5 ? "-" + text : text
    }

    static func fixed(_ value: Double, places: Int) -> String {
        precondition(places > 0, "without places a number is whole")
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int64((abs(value) * scale).rounded())
        let rest = String(scaled % Int64(scale))
        let text = "\(scaled / Int64(scale)).\(String(repeating: "0", count: places - rest.count))\(rest)"
        return value < 0 && scaled > 0 ? "-" + text : text
    }

    /// A, B and C.
    static func list(_ items: [String]) -> String {
        guard items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " and " + items[items.count - 1]
    }
}

func padded(_ text: String, to width: Int, left: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return left ? text + space : space + text
}
