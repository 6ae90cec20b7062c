// What a node asks of the process around it. Bytes for sockets are not among these: they wait in the connections' buffers.

package import Journal
package import Zab

package enum NodeOutput {
    /// Interest in a client's input; when it is switched on, buffered bytes are offered anew.
    case setReading(UInt64, Bool)
    /// The same for a member's connection.
    case setPeerReading(UInt64, Bool)
    case closeClient(UInt64, String)
    /// Open a connection to this member and report its number with `peerDialing`.
    case dialPeer(MemberID, Channel)
    case closePeer(UInt64, String)
    /// This connection has said who it is: it may send whole frames from now on.
    case peerGreeted(UInt64)
    case journal(JournalCommand)
    case background(BackgroundCommand)
    case halt(Int32, String)
    case log(String)
    /// What an operator should see to; it may come again and again.
    case warning(String)
    /// Serving began: one line for the operator.
    case serving(String)
    case stoppedServing(String)
}
