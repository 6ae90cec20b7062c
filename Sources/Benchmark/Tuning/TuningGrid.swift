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

    /// What batches, their flow and their way to the disk and the members depend on. The commit quorum stands beside them for
    /// what another copy costs.
    /// - Parameter tls: whether members encrypt what they send each other.
    package static func usualOfQuorate(nodes: Int, tls: Bool) -> [TuningKnob] {
        let half = (nodes + 1) / 2
        let quorums = Set([nodes / 2 + 1, nodes]).filter { $0 > max(half, 2) && $0 <= nodes }.sorted().map(String.init)
        var knobs = [
            TuningKnob("maxBatchSize", ["4096", "256", "16384"]), TuningKnob("quorate.lingerUs", ["0", "200"]),
            TuningKnob("quorate.journal", ["threaded", "inline"]), TuningKnob("quorate.dispatch", ["stream", "gated"]),
            TuningKnob("quorate.maxInFlightBatches", ["0", "1", "4"]), TuningKnob("quorate.flushMethod", ["fdatasync", "dsync"]),
        ]
        if tls, nodes > 1 {
            knobs.append(TuningKnob("ssl.quorum.ciphersuites", ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"]))
        }
        if !quorums.isEmpty { knobs.append(TuningKnob("quorate.commitQuorum", quorums, changesPromise: true)) }
        return knobs
    }

    /// Whether a line sets what the other one sets, too: a linger has a name in milliseconds and one in microseconds.
    package static func isOneSetting(_ key: String, _ other: String) -> Bool {
        let linger: Set<String> = ["flushDelay", "quorate.lingerUs"]
        return key == other || linger.isSuperset(of: [key, other])
    }

    /// What the server does without a line, where the common lines say otherwise; of knobs whose first value that is.
    package func undone(from common: [(key: String, value: String)]) -> TuningSetting? {
        guard !changesPromise, let line = common.first(where: { Self.isOneSetting($0.key, key) }),
            line.key != key || line.value != values[0]
        else { return nil }
        return TuningSetting(key: key, value: values[0])
    }

    /// Without the value that all candidates have anyway: that of their common line, or else the first one, if that is what the
    /// server does without a line.
    package func turned(from common: [(key: String, value: String)]) -> TuningKnob {
        guard !changesPromise else { return self }
        guard let line = common.first(where: { Self.isOneSetting($0.key, key) }) else {
            return TuningKnob(key, Array(values.dropFirst()), changesPromise: changesPromise)
        }
        return TuningKnob(key, values.filter { line.key != key || $0 != line.value }, changesPromise: changesPromise)
    }

    /// Apache ZooKeeper's own names; what it does without a line comes first.
    package static let usualOfZooKeeper = [
        TuningKnob("maxBatchSize", ["1000", "100", "4000"]), TuningKnob("flushDelay", ["0", "2", "10"]),
        TuningKnob("globalOutstandingLimit", ["1000", "10000"]), TuningKnob("commitProcessor.maxCommitBatchSize", ["1", "32"]),
    ]
}

/// One set of settings to try.
package struct TuningCandidate: Sendable, Equatable {
    package static let defaultName = "default"

    package let name: String
    package let settings: [TuningSetting]
    package let changesPromise: Bool

    init(_ settings: [TuningSetting], changesPromise: Bool) {
        name = settings.isEmpty ? Self.defaultName : settings.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        self.settings = settings
        self.changesPromise = changesPromise
    }
}

package struct TuningSetting: Sendable, Equatable, Hashable {
    package let key: String
    package let value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

package enum TuningGrid {
    /// - Parameters:
    ///   - limit: of candidates, the default among them. Settings that change a promise are tried by themselves only.
    ///   - second: a set that comes right behind the default, if it turns several knobs at once.
    package static func candidates(
        _ knobs: [TuningKnob], limit: Int, second: [TuningSetting] = []
    ) -> [TuningCandidate] {
        var sets: [[TuningSetting]] = [[]]
        if second.count > 1 { sets.append(second) }
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
        if second.count > 1 { sets = sets.enumerated().filter { $0.offset <= 1 || $0.element != second }.map(\.element) }
        return sets.prefix(max(limit, 1)).map { settings in
            TuningCandidate(settings, changesPromise: settings.contains { promises.contains($0.key) })
        }
    }

    /// What one step leads to from these settings: one knob turned more, or turned otherwise.
    /// - Parameter tried: names of candidates that there were.
    package static func around(
        _ base: [TuningSetting], _ knobs: [TuningKnob], limit: Int, tried: Set<String>
    ) -> [TuningCandidate] {
        var found: [TuningCandidate] = []
        for knob in knobs where !knob.changesPromise {
            for value in knob.values {
                let others = base.filter { $0.key != knob.key }
                // In the order of the knobs, so that one set has one name.
                let settings = knobs.compactMap { other in
                    other.key == knob.key
                        ? TuningSetting(key: knob.key, value: value) : others.first { $0.key == other.key }
                }
                let candidate = TuningCandidate(settings, changesPromise: false)
                if !tried.contains(candidate.name) { found.append(candidate) }
            }
        }
        return Array(found.prefix(limit))
    }
}
