// The point of extension: a request handler owns some op codes and keeps its state in lent tables. Its writes are replicated and
// reach it in one order on every member; its queries are answered by whichever server the client is connected to.

/// Implementations must be deterministic: the same requests in the same order give the same state and the same answers on every
/// member. So no clock (a request carries the leader's time), no chance, no floating point, no order that a hash decides, no
/// setting that may differ between members; and no bytes that a client sends may make it trap.
public protocol RequestHandler: AnyObject {
    /// Op codes of requests that change state, 1000 or higher. Each code belongs to one handler.
    var writes: ClosedRange<Int32> { get }
    /// Op codes of requests that only look.
    var queries: ClosedRange<Int32> { get }
    /// The tables that this handler needs, in a fixed order.
    var tables: [TableShape] { get }

    /// Applies the requests of one segment, in order: consecutive requests of one batch that belong to this handler, from as
    /// many clients as there are. Each is answered, and may be followed by queries, before `next` steps to the one behind it; so
    /// nothing of a request may be left undone then. A handler that returns earlier is called again for the rest.
    func apply(_ requests: inout RequestSegment)

    /// Answers requests that only look.
    func query(_ requests: inout RequestSegment)

    /// Digest of the handler's state, for comparing members. The default covers all of its tables.
    func digest(of tables: [Table]) -> UInt64
}

extension RequestHandler {
    public func digest(of tables: [Table]) -> UInt64 {
        var digest: UInt64 = 0
        for table in tables { digest = Mix.word(table.digest, seed: digest) }
        return digest
    }
}
