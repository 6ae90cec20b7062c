// What more members cost, for a terminal: bars of throughput and of the 99th percentile by ensemble size, how fast the rate
// falls, and the shape beside the one that was published for ZooKeeper.

package import Results

package enum ScalingText {
    private static let width = 40
    /// Writes a second relative to three servers, of 1 KiB on a cluster of machines: Hunt, Konar, Junqueira and Reed, "ZooKeeper:
    /// wait-free coordination for internet-scale systems", USENIX ATC 2010, table 1.
    static let published: [(nodes: Int, share: Double)] = [
        (3, 1), (5, 18.0 / 21), (7, 14.0 / 21), (9, 12.0 / 21), (13, 8.0 / 21),
    ]

    /// Nothing of one size.
    package static func text(_ document: ResultDocument) -> String {
        let all = CellFigures.all(document).filter { $0.failure == nil }
        guard Set(all.map(\.nodes)).count > 1 else { return "" }
        let rates = bars(all, document, "writes/s by members, more is better") {
            $0.writesPerSecond
        } shown: {
            Numbers.whole($0)
        }
        let tails = bars(all, document, "commit p99 in ms by members, less is better") {
            $0.commit.map { Double($0.p99) / 1e6 }
        } shown: {
            Numbers.significant($0)
        }
        return ([rates, tails] + words(document)).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private static func bars(
        _ all: [CellFigures], _ document: ResultDocument, _ title: String, _ value: (CellFigures) -> Double?,
        shown: (Double) -> String
    ) -> String {
        let points = all.compactMap { figures in value(figures).map { (figures, $0) } }
        guard points.count > 1, let most = points.map(\.1).max(), most > 0 else { return "" }
        let names = points.map { "\($0.0.nodes)" + (document.namesTargets ? " \($0.0.target)" : "") }
        let side = names.map(\.count).max() ?? 0
        let lines = zip(names, points).map { name, point in
            padded(name, to: side, left: true) + " " + bar(point.1 / most) + " " + shown(point.1)
        }
        return ([title] + lines).joined(separator: "\n") + "\n"
    }

    /// In eighths of a sign.
    static func bar(_ share: Double) -> String {
        let eighths = max(1, Int((share * Double(width) * 8).rounded()))
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    }

    // MARK: words

    /// A sentence for each target that had several sizes.
    static func words(_ document: ResultDocument) -> [String] {
        let all = CellFigures.all(document)
        var found: [String] = []
        for target in document.targets {
            var points: [(x: Double, y: Double)] = []
            for figures in all where figures.target == target.name && figures.failure == nil {
                if let rate = figures.writesPerSecond { points.append((Double(figures.nodes), rate)) }
            }
            let text = [fit(points) ?? "", shape(points) ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
            if !text.isEmpty { found.append((document.namesTargets ? "\(target.name): " : "") + text) }
        }
        return found
    }

    private static func fit(_ points: [(x: Double, y: Double)]) -> String? {
        guard let law = PowerLaw(points) else { return nil }
        let off = Numbers.whole((law.worstFactor - 1) * 100)
        return "Writes/s go as the members to the power of \(Numbers.fixed(law.exponent, places: 2))"
            + " (each point within \(off) % of that)."
    }

    private static func shape(_ points: [(x: Double, y: Double)]) -> String? {
        guard let base = points.first(where: { $0.x == 3 }), base.y > 0 else { return nil }
        let shared = published.dropFirst().compactMap { known -> String? in
            guard let own = points.first(where: { Int($0.x) == known.nodes }) else { return nil }
            return "\(known.nodes) members carry \(Numbers.fixed(own.y / base.y, places: 2)) of that "
                + "(published for ZooKeeper with a machine each: \(Numbers.fixed(known.share, places: 2)))"
        }
        guard !shared.isEmpty else { return nil }
        return "Against 3 members, \(Numbers.list(shared)); here all members share one machine."
    }
}
