// Instants as logs write them: a date and a time of day with a fraction, or seconds since 1970.

enum LogInstant {
    private static let second: Int64 = 1_000_000_000
    /// From 1970 on, and in nanoseconds no later one can be told.
    private static let secondsMax: Int64 = 9_000_000_000

    /// Nanoseconds since 1970, if the date is taken for one of UTC; nil if it is none.
    static func nanoseconds(_ text: String) -> Int64? {
        let halves = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let seconds = wholeSeconds(halves[0]), (0...secondsMax).contains(seconds) else { return nil }
        var fraction: Int64 = 0
        if halves.count == 2 {
            guard (1...9).contains(halves[1].utf8.count), let digits = digits(halves[1]) else { return nil }
            fraction = digits
            for _ in halves[1].utf8.count..<9 { fraction *= 10 }
        }
        return seconds * second + fraction
    }

    private static func wholeSeconds(_ text: Substring) -> Int64? {
        if let seconds = digits(text) { return seconds }
        let parts = text.split(whereSeparator: { "-:T ".contains($0) }).map { digits($0) }
        guard parts.count == 6, let year = parts[0], let month = parts[1], let day = parts[2], let hour = parts[3],
            let minute = parts[4], let second = parts[5], (1970...2200).contains(year), (1...12).contains(month),
            (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        return ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    }

    /// Days since 1970, with years that begin in March, so that the leap day is the last of its year.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }

    private static func digits(_ text: Substring) -> Int64? {
        guard (1...10).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}
