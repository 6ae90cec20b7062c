// What the zxids in the heads of replies say: a session's replies never go back, and a write that is done has a zxid of its own.

extension LoadClient {
    /// Holds a reply's zxid against the one before it; `replyZxid` is 0 if it can't be true, and counted then. Each reply is held
    /// against the last one, whatever that said, so that a single wrong zxid counts once: if it is too low at its own reply, if
    /// it is too high at the next.
    @inline(__always) func checkZxid(_ zxid: Int64, of kind: RequestKind, error: Int32, _ run: LoadDriver) {
        replyZxid = zxid
        if zxid > 0 { lastZxid = zxid }
        // The item itself will tell which zxid it has.
        if kind == .enqueue && error == 0 && run.ledger.isRead && zxid > 0 { return }
        if zxid < zxidFloor || zxid == zxidFloor && error == 0 && kind.makesZxid {
            run.anomalies.zxidBack += 1
            replyZxid = 0
        }
        zxidFloor = zxid
    }

    /// A ping may be answered while the reply to a write is still on its way, so it raises nothing.
    func checkPing(_ frame: UnsafeRawBufferPointer, zxid: Int64, error: Int32, _ run: LoadDriver) {
        if error != 0 || frame.count != 16 { run.anomalies.wrongError += 1 }
        guard zxid > 0, zxid < zxidFloor else { return }
        run.anomalies.zxidBack += 1
        zxidFloor = zxid
    }

    /// No znode can have changed after the instant that a reply's zxid stands for.
    var zxidLimit: Int64 { replyZxid == 0 ? .max : replyZxid }
}

extension RequestKind {
    /// Writes that get a zxid which no earlier reply of their session can have shown. Of a multi it is not known: what it does
    /// may be nothing but checks.
    @inline(__always) var makesZxid: Bool {
        switch self {
        case .create, .set, .delete, .enqueue, .takeDelete, .lockCreate, .lockDelete, .publish, .publishDelete, .taskDelete,
            .setupCreate, .setupSet:
            true
        default: false
        }
    }
}
