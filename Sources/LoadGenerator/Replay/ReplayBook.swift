// The book of a replay: what earlier replies have said that later requests borrow, who waits for it, and which results differ
// from those of the trace.

internal import Workload

/// What a replay found, beside the figures that every load has.
package struct ReplayAccounting: Sendable, Equatable, Codable {
    package var speed = ""
    /// Requests that the trace holds.
    package var requests: UInt64 = 0
    /// Replies that could be held against the trace's.
    package var compared: UInt64 = 0
    /// Of these, how many said something else, by what was asked, what the trace says and what came.
    package var differing: [String: UInt64] = [:]
    /// Requests that had to wait for the reply to an earlier one.
    package var waited: UInt64 = 0
    /// Names and versions that stood for recorded ones.
    package var names: UInt64 = 0
    package var versions: UInt64 = 0
    /// Requests whose name or version the reply that should have told it did not tell: they went out as recorded.
    package var untold: UInt64 = 0
    /// Versions of which the trace does not say where its client had them from.
    package var unknownVersions: UInt64 = 0
    /// Events of watches.
    package var events: UInt64 = 0
    /// Znodes that were laid out before the first request.
    package var laidOut: UInt64 = 0

    package var differences: UInt64 { differing.values.reduce(0, +) }

    /// By how often, the most first.
    package var differenceText: String {
        differing.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    package init() {}
}

final class ReplayBook {
    enum Slot {
        /// The reply has not come yet.
        case open
        case name([UInt8])
        case version(Int32)
        /// It did not say so, or never came.
        case failed
    }

    @exclusivity(unchecked) private var slots: [Slot]
    /// Clients that can't go on before a slot is filled.
    private var waiting: [Int32: [Int]] = [:]
    @exclusivity(unchecked) var accounting = ReplayAccounting()
    private struct Difference: Hashable {
        let kind: TraceOperation.Kind
        let recorded: Int32
        let came: Int32
    }
    private var differing: [Difference: UInt64] = [:]
    /// Requests that are neither answered nor given up.
    @exclusivity(unchecked) var left: Int

    init(_ script: ReplayScript, speed: String) {
        slots = [Slot](repeating: .open, count: script.slots)
        left = script.requests.reduce(0) { $0 + $1.count }
        accounting.speed = speed
        accounting.requests = UInt64(left)
        accounting.laidOut = UInt64(script.znodes.count)
    }

    func slot(_ number: Int32) -> Slot { slots[Int(number)] }

    func isOpen(_ number: Int32) -> Bool {
        guard number >= 0, case .open = slots[Int(number)] else { return false }
        return true
    }

    func wait(for slot: Int32, client: Int) { waiting[slot, default: []].append(client) }

    /// Fills a slot once; those who waited for it are told.
    func fill(_ number: Int32, _ slot: Slot, wake: (Int) -> Void) {
        guard isOpen(number) else { return }
        slots[Int(number)] = slot
        for client in waiting.removeValue(forKey: number) ?? [] { wake(client) }
    }

    func compare(_ kind: TraceOperation.Kind, recorded: Int32, came: Int32) {
        accounting.compared += 1
        if recorded != came { differing[Difference(kind: kind, recorded: recorded, came: came), default: 0] += 1 }
    }

    var settled: ReplayAccounting {
        var whole = accounting
        for (difference, count) in differing {
            let words = "\(difference.kind.name) \(Self.word(difference.recorded)) became \(Self.word(difference.came))"
            whole.differing[words] = count
        }
        return whole
    }

    private static func word(_ code: Int32) -> String { code == 0 ? "ok" : errorName(code) }
}
