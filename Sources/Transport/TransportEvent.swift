// What a loop tells its owner: the names of connections and listeners, the events of a turn, and why a connection ended.

/// Names a connection: the slot in the low 32 bits, the slot's generation in the high 32. A slot gets a new generation with
/// every connection, so a stale id never hits a later one.
package struct ConnectionID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }
    init(slot: Int, generation: UInt32) { rawValue = UInt64(generation) << 32 | UInt64(UInt32(slot)) }

    var slot: Int { Int(UInt32(truncatingIfNeeded: rawValue)) }
    package var description: String { "\(slot).\(rawValue >> 32)" }
}

package struct ListenerID: Hashable, Sendable {
    package let rawValue: UInt32
}

/// Who is served first: every turn sees all urgent sockets that are ready, and before the others, however many these are.
package enum Urgency: Sendable { case ordinary, urgent }

/// Events of one turn. Every connection and listener carries the tag that its owner gave it, so that peers can be served
/// before clients without a look-up.
package enum TransportEvent: Sendable {
    /// A listener took in a connection; with TLS its handshake is complete.
    case accepted(ConnectionID, ListenerID, tag: UInt32)
    /// A connection that this side opened is up; with TLS its handshake is complete.
    case connected(ConnectionID, tag: UInt32)
    /// `read` has something to say.
    case readable(ConnectionID, tag: UInt32)
    /// A `write` that took fewer bytes than offered may be tried again.
    case writable(ConnectionID, tag: UInt32)
    /// The connection failed. It comes once, never after the owner's own `close`; for an inbound connection whose TLS handshake
    /// failed it is the only event, any other was `accepted` before.
    case closed(ConnectionID, tag: UInt32, CloseReason)
    /// Somebody called the waker.
    case woken
}

/// Why a connection ended without its owner's doing.
package struct CloseReason: Sendable, CustomStringConvertible, Equatable {
    package enum Kind: Sendable, Equatable {
        case connectFailed, nameUnresolved, connectTimeout
        case handshakeFailed, handshakeTimeout, plaintext, certificateRefused, refusedByPeer
        case reset, tlsFailed
    }
    package let kind: Kind
    /// One sentence for the log, without the peer's address.
    package let text: String

    package init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
    package var description: String { text }
}

package enum ReadOutcome: Sendable, Equatable {
    /// There is input to take with `withInput`.
    case data
    /// Nothing new has arrived.
    case wouldBlock
    /// The peer will send no more. What was received before can still be taken, and answers can still be written; closing
    /// is up to the owner.
    case endOfStream
    /// The connection is gone (a `.closed` event with the reason follows, unless the owner closes it first), or the id is
    /// stale.
    case failed
}
