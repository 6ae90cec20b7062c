// Figures as the findings of an examination tell them, with their units.

import Foundation

enum DoctorWords {
    static func milliseconds(_ nanoseconds: UInt64) -> String {
        let value = Double(nanoseconds) / 1e6
        return String(format: value < 0.0995 ? "%.3f ms" : value < 9.95 ? "%.2f ms" : value < 99.5 ? "%.1f ms" : "%.0f ms", value)
    }

    static func percent(_ share: Double) -> String { String(format: share < 0.0995 ? "%.1f %%" : "%.0f %%", share * 100) }

    static func bytes(_ count: Double) -> String {
        let gibibytes = count / 1_073_741_824
        if gibibytes >= 10 || gibibytes >= 1 && gibibytes == gibibytes.rounded() { return String(format: "%.0f GiB", gibibytes) }
        return count < 1_048_576 ? String(format: "%.0f KiB", count / 1_024) : String(format: "%.0f MiB", count / 1_048_576)
    }

    /// With its thousands apart.
    static func whole(_ count: UInt64) -> String {
        var text = ""
        for (place, digit) in String(count).reversed().enumerated() {
            if place > 0, place % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }
}
