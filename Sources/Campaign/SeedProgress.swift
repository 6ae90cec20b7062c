// How far a run of many seeds is: a bar where somebody looks on, a line a minute where the output goes elsewhere.

import Foundation

package struct SeedProgress {
    private let wanted: UInt64
    private let before: SeedLedger
    private let isWatched: Bool
    private var toldAt = Date()
    private var hasBar = false

    package init(wanted: UInt64, before: SeedLedger) {
        (self.wanted, self.before) = (wanted, before)
        isWatched = isatty(2) == 1
    }

    /// What to write now, if anything.
    package mutating func line(_ ledger: SeedLedger) -> String? {
        guard Date().timeIntervalSince(toldAt) >= (isWatched ? 0.5 : 60) else { return nil }
        toldAt = Date()
        let done = ledger.runs - before.runs
        let seconds = max(ledger.seconds - before.seconds, 0.001)
        let rates = "\(Int(Double(done) / seconds)) seeds/s, \(Int(Double(ledger.steps - before.steps) / seconds)) steps/s"
        let all = "\(ledger.broken.count - before.broken.count) broken, \(ledger.runs) altogether"
        guard isWatched else { return "\(done) of \(wanted) seeds, \(rates), \(all)\n" }
        hasBar = true
        let width = 30
        let full = min(width, Int(UInt64(width) * done / max(wanted, 1)))
        let bar = String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
        return "\r[\(bar)] \(done)/\(wanted), \(rates), \(all)  "
    }

    package var end: String { hasBar ? "\n" : "" }
}
