// Multis: put together from prepared pieces, and their replies checked part by part.

internal import Statistics

extension LoadClient {
    /// Sends a multi; its number decides what it consists of.
    @inline(__always) func sendMulti(_ operation: PlannedOperation, _ request: InFlight, _ run: LoadDriver) {
        let plan = run.multis[operation.multi]
        var request = request
        let first = run.names.take(plan.size.upperBound)
        request.detail = Int64(first)
        request.place = Int32(truncatingIfNeeded: operation.multi)
        output.reserve(plan.bytesMax)
        let frame = send(run.multiHeadTemplate, request, run)
        var draw = MultiDraw(plan, first: first, run.names)
        var count = run.multiHeadTemplate.frame.count + run.multiEnd.frame.count
        for _ in 0..<draw.count {
            let drawn = draw.next(plan, run.names)
            let part = plan.parts[drawn.part]
            let template = part.templates[drawn.template]
            template.fill(output.append(template.frame), parent: drawn.znode, number: drawn.number, run.names)
            count += template.frame.count
            guard !part.tails.isEmpty else { continue }
            _ = output.append(part.tails[drawn.tail].frame)
            count += part.tails[drawn.tail].frame.count
        }
        _ = output.append(run.multiEnd.frame)
        frame.store(Int32(truncatingIfNeeded: count - 4), at: 0)
    }

    func multiAnswered(_ request: InFlight, error: Int32, _ body: UnsafeRawBufferPointer, _ run: LoadDriver, now: UInt64) {
        var outcome: Int32? = error
        if error == 0 {
            let isRefused = body.count >= 4 && body.int32(at: 0) == MultiWire.error
            outcome = isRefused ? refusal(of: request, body, run) : checkParts(request, body, run) ? 0 : nil
        }
        if outcome == nil { run.anomalies.wrongContent += 1 }
        finish(request, error: outcome ?? 0, run, now: now)
    }

    /// Why the server carried nothing out: the error of the first part that it could not. Those before it are answered with 0,
    /// those behind it as not tried; nil if that is not so.
    private func refusal(of request: InFlight, _ body: UnsafeRawBufferPointer, _ run: LoadDriver) -> Int32? {
        let count = MultiDraw(run.multis[Int(request.place)], first: UInt64(request.detail), run.names).count
        var reply = MultiReply(body)
        var found: Int32 = 0
        for _ in 0..<count {
            guard let head = reply.head(), head.type == MultiWire.error, !head.isEnd, let error = reply.number(),
                error == head.error, found == 0 || error == MultiWire.notTried
            else { return nil }
            if found == 0 { found = error }
        }
        return reply.isOver() && found != 0 ? found : nil
    }

    /// Every part must have the result that it asked for: the path that was created, the Stat of what was set, and the zxid of
    /// all sets is the one in the reply's head.
    private func checkParts(_ request: InFlight, _ body: UnsafeRawBufferPointer, _ run: LoadDriver) -> Bool {
        let plan = run.multis[Int(request.place)]
        var draw = MultiDraw(plan, first: UInt64(request.detail), run.names)
        var reply = MultiReply(body)
        for _ in 0..<draw.count {
            let drawn = draw.next(plan, run.names)
            let part = plan.parts[drawn.part]
            guard let head = reply.head(), head.type == part.kind.partType, !head.isEnd, head.error == 0 else { return false }
            switch part.kind {
            case .create:
                guard let length = reply.number(), let path = reply.take(Int(length)),
                    part.templates[drawn.template].isPath(
                        path, parent: drawn.znode, number: drawn.number, isSequential: part.isSequential, run.names)
                else { return false }
            case .set:
                guard let stat = reply.take(MultiWire.statCount),
                    stat.int32(at: 52) == Int32(truncatingIfNeeded: part.templates[drawn.template].dataCount)
                else { return false }
                let modified = stat.int64(at: 8)
                guard replyZxid == 0 || modified == replyZxid else { return false }
                if run.verifiesSets {
                    run.setLedger.acknowledged(
                        znode: part.firstZnode + Int(drawn.znode), zxid: modified, version: stat.int32(at: 32))
                }
            default: break
            }
        }
        return reply.isOver()
    }
}
