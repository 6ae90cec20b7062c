// What can go wrong when sockets, listeners, TLS contexts and certificates are set up: one sentence that names the place
// and the remedy. What happens to a running connection is not thrown: it arrives as an event with a CloseReason.

package struct TransportError: Error, CustomStringConvertible, Sendable, Equatable {
    /// A whole sentence for the operator.
    package let text: String
    /// The system's error number, 0 where the system had no say.
    package let code: Int32

    package init(_ text: String, code: Int32 = 0) {
        self.text = text
        self.code = code
    }

    package var description: String { text }
}
