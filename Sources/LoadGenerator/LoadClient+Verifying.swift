// After the load: a sync, then each znode that was set is looked at once more, so that an acknowledged set that is lost shows.
// The clients share the znodes among them, and thus the servers do.

internal import Statistics
internal import Workload

/// How far a client is with its share of the znodes.
struct Verification {
    enum Step {
        case syncing, reading
    }

    var step = Step.syncing
    /// The next place of the client's share.
    var next: Int
    let stride: Int
}

extension LoadClient {
    /// Begins with this client's share: every `count`-th znode.
    func beginVerifying(_ run: LoadDriver, of count: Int, as ordinal: Int, now: UInt64) {
        verification = Verification(next: ordinal, stride: count)
        guard isReady else { return }
        _ = send(run.syncTemplate, InFlight(kind: .sync, intended: now, sent: now), run)
    }

    func pumpVerification(_ run: LoadDriver, now: UInt64) {
        guard verification?.step == .reading else { return }
        while hasRoom, verification!.next < run.setLedger.count {
            let znode = verification!.next
            verification!.next += verification!.stride
            guard run.setLedger.isOpen(znode), let pool = run.pools.first(where: { $0.znodes.contains(znode) }) else {
                continue
            }
            var request = InFlight(kind: .verify, intended: now, sent: now)
            request.detail = Int64(znode)
            let place = send(pool.look, request, run)
            if pool.look.poolOffset > 0 {
                place.storeDigits(UInt64(znode - pool.znodes.lowerBound), width: poolDigits, at: pool.look.poolOffset)
            }
        }
    }

    func verified(_ request: InFlight, error: Int32, _ body: UnsafeRawBufferPointer, _ run: LoadDriver) {
        let znode = Int(request.detail)
        if error == ClientError.noNode { return run.setLedger.found(znode: znode, nil) }
        guard error == 0, isStatRight(body, of: znode, run) else {
            run.anomalies.wrongContent += 1
            return
        }
        run.setLedger.found(znode: znode, (zxid: body.int64(at: 8), version: body.int32(at: 32)))
    }

    /// The connection broke: the share is gone through again, less what was read.
    func verifyAgain() {
        guard let old = verification else { return }
        verification = Verification(next: old.next % old.stride, stride: old.stride)
    }

    /// True once nothing of the share is left to read.
    func hasVerified(_ run: LoadDriver) -> Bool {
        guard let verification else { return true }
        return verification.step == .reading && verification.next >= run.setLedger.count && matcher.unanswered == 0
    }
}

/// The znodes of a tree entry that are set or read, by their numbers in the books.
struct ZnodePool {
    let entry: Int
    let znodes: Range<Int>
    /// Whether any role sets them.
    var isSet: Bool
    let look: RequestTemplate
}
