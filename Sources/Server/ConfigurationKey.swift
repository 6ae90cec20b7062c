// What the table of keys says of each key: its name, the form of its value, and what becomes of it.
// The tables themselves are in ConfigurationKeys.swift, ConfigurationKeys+TLS.swift and ConfigurationKeys+Quorate.swift.

/// The form that a value must have.
package enum ConfigurationKind: Sendable {
    /// A whole number in a range; `0x` numbers are taken too, as Java's property reader does.
    case integer(ClosedRange<Int>, example: Int)
    /// Exactly `true` or `false`.
    case boolean
    /// Exactly `yes` or `no`.
    case yesNo
    case choice([String])
    /// One of the words, or a whole number in the range.
    case choiceOrInteger([String], ClosedRange<Int>)
    /// Anything that is not empty.
    case text(example: String)
    /// Anything, even nothing.
    case free
}

/// What becomes of a key.
package enum ConfigurationHandling: Sendable {
    /// It does what it says.
    case works
    /// It works, but otherwise than an operator of ZooKeeper would expect; the sentence says how.
    case differs(String)
    /// Accepted, no effect yet; the sentence says what holds instead.
    case idle(String)
    /// Refused by name: ignoring it would change safety or security.
    case refused(String)
    /// Refused with one of these values; any other value is what holds anyway.
    case refusedWhen([String], String)
    /// Refused unless it has one of these values, which are what holds anyway.
    case refusedUnless([String], String)
}

package struct ConfigurationKey: Sendable {
    /// As written in the file; a name that ends in `.*` stands for `NAME.1`, `NAME.2`, … and for anything else behind the dot.
    package let name: String
    package let kind: ConfigurationKind
    package let handling: ConfigurationHandling

    init(_ name: String, _ kind: ConfigurationKind, _ handling: ConfigurationHandling) {
        self.name = name
        self.kind = kind
        self.handling = handling
    }

    /// The part before the number or name, for keys that carry one.
    var numberedPrefix: Substring? {
        name.hasSuffix(".*") ? name.dropLast() : nil
    }
}

extension ConfigurationKind {
    /// What is wrong with a value of this kind, and an example of a right one; nil if nothing is.
    package func objection(to value: String, key: String) -> (sentence: String, remedy: String)? {
        switch self {
        case .integer(let range, let example):
            guard let number = Self.integer(value) else {
                return (
                    "\(key) is '\(value)', which is not a whole number.", "Write for example \(key)=\(example)."
                )
            }
            if range.contains(number) { return nil }
            let bounds =
                range.upperBound == .max
                ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            return ("\(key) is \(value), but has to be \(bounds).", "Write for example \(key)=\(example).")
        case .boolean: return Self.objection(to: value, key: key, among: ["true", "false"])
        case .yesNo: return Self.objection(to: value, key: key, among: ["yes", "no"])
        case .choice(let choices): return Self.objection(to: value, key: key, among: choices)
        case .choiceOrInteger(let choices, let range):
            if let number = Self.integer(value), range.contains(number) { return nil }
            if choices.contains(value) { return nil }
            let forms = choices.joined(separator: ", ")
            return (
                "\(key) is '\(value)', but has to be \(forms) or a number from \(range.lowerBound) to \(range.upperBound).",
                "Write \(key)=\(choices[0])."
            )
        case .text(let example):
            return value.isEmpty ? ("\(key) has no value.", "Write for example \(key)=\(example).") : nil
        case .free: return nil
        }
    }

    private static func objection(
        to value: String, key: String, among choices: [String]
    ) -> (sentence: String, remedy: String)? {
        if choices.contains(value) { return nil }
        return (
            "\(key) is '\(value)', but has to be \(choices.joined(separator: " or ")).", "Write \(key)=\(choices[0])."
        )
    }

    /// A decimal or `0x` number without a sign other than a leading minus.
    static func integer(_ text: String) -> Int? {
        if text.hasPrefix("0x") || text.hasPrefix("0X") { return Int(text.dropFirst(2), radix: 16) }
        return text.hasPrefix("+") ? nil : Int(text)
    }
}
