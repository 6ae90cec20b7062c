// Who makes a state of a snapshot's chunks, on the background thread: building the tables of a large state takes longer than a
// turn of the loop may.

/// Handed to the background thread with a `load` and not touched by anyone else until it is reported `loaded`.
package protocol SnapshotConsumer: AnyObject, Sendable {
    /// Called once, before the first chunk.
    func begin()
    /// The chunks in order, each valid during the call.
    func take(_ chunk: UnsafeRawBufferPointer) throws
    /// Everything has come.
    func finish() throws
}
