// Reads how large payloads are: one size, a list of sizes, or a distribution, which becomes a list of sizes of equal chance.

import Foundation

extension PayloadSize {
    private static let range = 0...1_000_000
    /// Steps of equal chance that a distribution is cut into; each stands for the middle of its step.
    private static let steps = 256
    private static let sizesMax = 1_024
    private static let distributions = ["const", "list", "uniform", "exp", "lognormal"]

    init(_ node: DocumentNode?) throws(WorkloadError) {
        guard let node else {
            self = .constant(100)
            return
        }
        if let bare = try node.entries().first(where: { Self.distributions.contains($0.key) }) {
            throw node.complaint("a distribution is one of sizes: write 'payload: {size: {\(bare.key): ...}}'")
        }
        try node.checkKeys(["size"], later: ["compressible"])
        let size = try node.required("size")
        switch size.content {
        case .mapping: self = try Self.distribution(size)
        case .sequence:
            throw size.complaint("a bare list is a sweep, which quorate bench does; write {list: [...]} to mix sizes")
        case .scalar: self = .constant(try size.bytes(in: Self.range))
        }
    }

    private static func distribution(_ node: DocumentNode) throws(WorkloadError) -> PayloadSize {
        try node.checkKeys(distributions, later: ["empirical"])
        guard try node.entries().count == 1, let entry = try node.entries().first else {
            throw node.complaint("\(node.title) must name one distribution, as in {uniform: {min: 1B, max: 1KiB}}")
        }
        switch entry.key {
        case "const": return .constant(try entry.value.bytes(in: range))
        case "list": return .list(try listed(entry.value))
        case "uniform": return .list(try uniform(entry.value))
        case "exp": return .list(try exponential(entry.value))
        default: return .list(try lognormal(entry.value))
        }
    }

    /// `[100B, 4KiB]`, each with equal chance, or `[{size: 100B, weight: 3}, {size: 4KiB, weight: 1}]`.
    private static func listed(_ node: DocumentNode) throws(WorkloadError) -> [Int] {
        var sizes: [Int] = []
        for item in try node.items() {
            var weight = 1
            var size = item
            if case .mapping = item.content {
                try item.checkKeys(["size", "weight"])
                weight = try item.value(of: "weight")?.integer(in: 1...sizesMax) ?? 1
                size = try item.required("size")
            }
            sizes += [Int](repeating: try size.bytes(in: range), count: weight)
        }
        guard !sizes.isEmpty, sizes.count <= sizesMax else {
            throw node.complaint("a list of sizes has at least one element, and its weights add up to at most \(sizesMax)")
        }
        return sizes
    }

    private static func uniform(_ node: DocumentNode) throws(WorkloadError) -> [Int] {
        try node.checkKeys(["min", "max"])
        let least = try node.required("min").bytes(in: range)
        let most = try node.required("max").bytes(in: least...range.upperBound)
        // As many steps as there are sizes, if those are few: every size then has the same chance.
        let count = min(steps, most - least + 1)
        return quantiles(count) { Double(least) + ($0 * Double(most - least + 1)).rounded(.down) }
    }

    private static func exponential(_ node: DocumentNode) throws(WorkloadError) -> [Int] {
        try node.checkKeys(["mean", "min", "max"])
        let mean = Double(try node.required("mean").bytes(in: 1...range.upperBound))
        let limits = try limits(node)
        return quantiles(steps) { min(limits.upperBound, max(limits.lowerBound, -mean * log(1 - $0))) }
    }

    private static func lognormal(_ node: DocumentNode) throws(WorkloadError) -> [Int] {
        try node.checkKeys(["median", "p99", "min", "max"])
        let median = try node.required("median").bytes(in: 1...range.upperBound)
        let high = try node.required("p99").bytes(in: median...range.upperBound)
        let spread = log(Double(high) / Double(median)) / normalQuantile(0.99)
        let limits = try limits(node)
        return quantiles(steps) {
            min(limits.upperBound, max(limits.lowerBound, Double(median) * exp(spread * normalQuantile($0))))
        }
    }

    /// What lies outside is moved to the edge.
    private static func limits(_ node: DocumentNode) throws(WorkloadError) -> ClosedRange<Double> {
        let least = try node.value(of: "min")?.bytes(in: range) ?? range.lowerBound
        let most = try node.value(of: "max")?.bytes(in: max(1, least)...range.upperBound) ?? range.upperBound
        return Double(least)...Double(most)
    }

    private static func quantiles(_ count: Int, _ size: (Double) -> Double) -> [Int] {
        (0..<count).map { min(range.upperBound, max(0, Int(size((Double($0) + 0.5) / Double(count)).rounded()))) }
    }

    /// The standard normal distribution's quantile, by halving: it is needed some hundred times, once per file.
    private static func normalQuantile(_ chance: Double) -> Double {
        var low = -10.0
        var high = 10.0
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if erfc(-middle / 2.0.squareRoot()) / 2 < chance { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
