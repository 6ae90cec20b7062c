// Which settings are tried: the default, each knob turned by itself, then two at a time and so on, until there are enough.

/// A key of `zoo.cfg` and the values that are tried of it.
package struct TuningKnob: Sendable, Equatable {
    package let key: String
    package let values: [String]
    /// Turning it changes how many copies a write has when it is acknowledged.
    package let changesPromise: Bool

    package init(_ key: String, _ values: [String], changesPromise: Bool = false) {
        self.key = key
        self.values = values
        self.changesPromise = changesPromise
    }

    private static let promises: Set<String> = ["quorate.commitQuorum", "quorate.minCopies", "forceSync"]

    /// Reads `key=value,value`.
    package init?(parsing text: String) {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
        let values = text[text.index(after: equals)...].split(separator: ",", omittingEmptySubsequences: false)
        guard !values.isEmpty, !values.contains(where: \.isEmpty), Set(values).count == values.count else { return nil }
        let key = String(text[..<equals])
        self.init(key, values.map(String.init), changesPromise: Self.promises.contains(key))
    }

    /// What batches and their flow depend on. The commit quorum stands beside them for what another copy costs.
    package static func usualOfQuorate(nodes: Int) -> [TuningKnob] {
        let half = (nodes + 1) / 2
        let others = Set([nodes / 2 + 1, nodes]).filter { $0 > max(half, 2) && $0 <= nodes }.sorted().map(String.init)
        let quorum = others.isEmpty ? [] : [TuningKnob("quorate.commitQuorum", others, changesPromise: true)]
        return [
            TuningKnob("maxBatchSize", ["256", "1024", "16384"]), TuningKnob("quorate.dispatch", ["gated"]),
            TuningKnob("quorate.maxInFlightBatches", ["1", "4"]),
        ] + quorum
    }

    /// Apache ZooKeeper's own names and, but for `flushDelay`, its own defaults between the values.
    package static let usualOfZooKeeper = [
        TuningKnob("maxBatchSize", ["100", "4000"]), TuningKnob("flushDelay", ["2", "10"]),
        TuningKnob("globalOutstandingLimit", ["10000"]),
    ]
}

/// One set of settings to try.
package struct TuningCandidate: Sendable, Equatable {
    package static let defaultName = "default"

    package let name: String
    package let settings: [TuningSetting]
    package let changesPromise: Bool
}

package struct TuningSetting: Sendable, Equatable, Hashable {
    package let key: String
    package let value: String
}

package enum TuningGrid {
    /// - Parameter limit: of candidates, the default among them. Settings that change a promise are tried by themselves only.
    package static func candidates(_ knobs: [TuningKnob], limit: Int) -> [TuningCandidate] {
        var sets: [[TuningSetting]] = [[]]
        var front: [(settings: [TuningSetting], next: Int)] = [([], 0)]
        let promises = Set(knobs.filter(\.changesPromise).map(\.key))
        while !front.isEmpty {
            var wider: [(settings: [TuningSetting], next: Int)] = []
            for (settings, next) in front {
                for place in next..<knobs.count {
                    let knob = knobs[place]
                    if !settings.isEmpty && (knob.changesPromise || promises.contains(settings[0].key)) { continue }
                    for value in knob.values {
                        wider.append((settings + [TuningSetting(key: knob.key, value: value)], place + 1))
                    }
                }
            }
            sets += wider.map(\.settings)
            front = wider
        }
        return sets.prefix(max(limit, 1)).map { settings in
            let name =
                settings.isEmpty ? TuningCandidate.defaultName : settings.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            return TuningCandidate(
                name: name, settings: settings, changesPromise: settings.contains { promises.contains($0.key) })
        }
    }
}
