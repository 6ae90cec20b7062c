// Reads when a role's requests are due: closed, at a rate, by chance, or at a rate that changes over the phase.

extension Arrivals {
    private static let shapes = ["burst", "ramp", "steps"]
    private static let stepsMax = 1_000

    init(_ node: DocumentNode?) throws(WorkloadError) {
        guard let node else {
            self = .closed
            return
        }
        guard case .mapping = node.content else {
            _ = try node.choice(["closed"], later: ["trace"])
            self = .closed
            return
        }
        try node.checkKeys(["rate", "poisson"] + Self.shapes, later: ["trace"])
        let kinds = try node.entries().filter { $0.key != "poisson" }
        guard kinds.count <= 1 else {
            throw node.complaint("\(node.title) has both '\(kinds[0].key)' and '\(kinds[1].key)'; keep one of the two")
        }
        let poisson = node.value(of: "poisson")
        guard let kind = kinds.first else {
            self = .poisson(perSecond: try node.required(poisson == nil ? "rate" : "poisson").rate())
            return
        }
        if kind.key == "rate" {
            guard poisson == nil else {
                throw node.complaint("\(node.title) has both 'rate' and 'poisson'; keep one of the two")
            }
            self = .rate(perSecond: try kind.value.rate())
        } else {
            self = .shaped(try Self.shape(kind), isPoisson: try poisson?.besideShape(kind.key) ?? false)
        }
    }

    private static func shape(_ entry: DocumentNode.Entry) throws(WorkloadError) -> RateShape {
        let node = entry.value
        switch entry.key {
        case "burst":
            try node.checkKeys(["rate", "on", "off"])
            return .burst(
                perSecond: try node.required("rate").rate(), on: try node.required("on").stretch(),
                off: try node.required("off").stretch())
        case "ramp":
            try node.checkKeys(["from", "to"])
            let (from, to) = (try node.required("from").rate(orNone: true), try node.required("to").rate(orNone: true))
            guard from + to > 0 else { throw node.complaint("\(node.title) goes from nothing to nothing; raise one of the two") }
            return .ramp(from: from, to: to)
        default:
            guard case .mapping = node.content else { return .steps(try steps(node)) }
            try node.checkKeys(["from", "by", "every"])
            return .stairs(
                from: try node.required("from").rate(orNone: true), by: try node.required("by").rate(),
                every: try node.required("every").stretch())
        }
    }

    private static func steps(_ node: DocumentNode) throws(WorkloadError) -> [RateStep] {
        guard case .sequence(let items) = node.content else {
            throw node.complaint(
                "\(node.title) must be {from: 1000/s, by: 1000/s, every: 5s} or a list, as in [{rate: 1000/s, for: 5s}, "
                    + "{rate: 2000/s}]"
            )
        }
        guard (1...stepsMax).contains(items.count) else {
            throw node.complaint("\(node.title) has \(items.count) steps; write 1 to \(stepsMax)")
        }
        var steps: [RateStep] = []
        for (place, item) in items.enumerated() {
            try item.checkKeys(["rate", "for"])
            let length = place < items.count - 1 ? try item.required("for") : item.value(of: "for")
            steps.append(RateStep(perSecond: try item.required("rate").rate(orNone: true), nanoseconds: try length?.stretch()))
        }
        guard steps.contains(where: { $0.perSecond > 0 }) else {
            throw node.complaint("\(node.title) has no step with a rate above 0; raise one of them")
        }
        return steps
    }
}

extension DocumentNode {
    /// A part of a phase.
    fileprivate func stretch() throws(WorkloadError) -> UInt64 {
        let nanoseconds = try duration()
        guard nanoseconds >= 1_000_000 else { throw complaint("\(title) is at least 1ms, not \(try word())") }
        return nanoseconds
    }

    /// Beside a shape it is a word, as the rate stands with the shape.
    fileprivate func besideShape(_ shape: String) throws(WorkloadError) -> Bool {
        if case .scalar(let text) = content, text.contains("/") {
            throw complaint("\(title) is true or false beside '\(shape)', which has the rate, not '\(text)'")
        }
        return try flag()
    }
}
