// How a server of known behaviour paces its replies: when the reply to a request is due, given when the request arrived. Pure,
// so that the pace itself can be looked at without sockets.

/// The server's one rule.
enum Pace: Sendable {
    /// Each reply so many nanoseconds after its request.
    case fixed(UInt64)
    /// A bucket without depth that gets so many tokens a second; each reply takes one, and requests wait for it in a line.
    case tokens(perSecond: Double)
    /// Each reply `service` nanoseconds after its request, but none in one stretch: it begins so long after the first request and
    /// lasts so long.
    case pause(after: UInt64, lasting: UInt64, service: UInt64)
}

struct PaceKeeper {
    private let pace: Pace
    private var first: UInt64?
    private var previous: UInt64 = 0

    init(_ pace: Pace) { self.pace = pace }

    /// When the reply to a request that arrives at `instant` is due. Requests are told in the order of their arrival.
    mutating func due(arrived instant: UInt64) -> UInt64 {
        let begin = first ?? instant
        first = begin
        switch pace {
        case .fixed(let nanoseconds): previous = instant + nanoseconds
        case .tokens(let perSecond): previous = max(instant, previous + UInt64(1e9 / perSecond))
        case .pause(let after, let lasting, let service):
            let end = begin + after + lasting
            let isPaused = instant + service >= begin + after && instant + service < end
            previous = isPaused ? end : instant + service
        }
        return previous
    }
}
