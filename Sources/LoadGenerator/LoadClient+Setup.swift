// Lays out the znodes of the workload before the load begins. What exists already is left, but gets its data again.

internal import Workload

extension LoadClient {
    func pumpSetup(_ run: LoadDriver, now: UInt64) {
        while matcher.unanswered < SetupList.window, output.pending.count < Self.outputMax {
            guard let (path, size) = setup!.next() else {
                if matcher.unanswered == 0 && !run.isLaidOut {
                    run.isLaidOut = true
                    beginLeaving(run, now: now)
                }
                return
            }
            run.setupPaths.append(path)
            var request = InFlight(kind: .setupCreate, intended: now, sent: now)
            request.detail = Int64(run.setupPaths.count - 1)
            request.place = Int32(truncatingIfNeeded: size)
            sendOnce(
                createFrame(path: path, size: size, isNumbered: ofTrace(request, run)?.isNumbered ?? false, run), request, run)
        }
    }

    /// The connection broke: all is laid out again from the start, which changes nothing where it was done; a few times only.
    func beginSetupAgain(_ run: LoadDriver) {
        guard !run.setupPaths.isEmpty else { return }
        run.setupPaths.removeAll()
        run.setupBreaks += 1
        setup = SetupList(run.workload, run.script)
        if run.setupBreaks > Self.setupBreaksMax {
            run.setupFailure = "the connection broke \(run.setupBreaks) times while the znodes were laid out: \(run.lastTrouble)"
        }
    }

    private static let setupBreaksMax = 5

    func setupAnswered(_ request: InFlight, error: Int32, _ body: UnsafeRawBufferPointer, _ run: LoadDriver, now: UInt64) {
        run.setupHeard = now
        let path = run.setupPaths[Int(request.detail)]
        let recorded = ofTrace(request, run)
        switch (request.kind, error) {
        case (_, 0): if let recorded { learn(of: recorded, request, body, run) }
        case (.setupCreate, ClientError.nodeExists):
            guard request.place > 0 || recorded?.keepsVersion ?? -1 >= 0 else { break }
            var again = InFlight(kind: .setupSet, intended: now, sent: now)
            again.detail = request.detail
            sendOnce(setFrame(path: path, size: Int(request.place), run), again, run)
        default:
            run.setupFailure = "the znode \(path) can not be laid out: the server answered \(errorName(error))"
        }
    }

    private func sendOnce(_ frame: [UInt8], _ request: InFlight, _ run: LoadDriver) {
        frame.withUnsafeBytes { bytes in
            let template = RequestTemplate(frame: bytes, poolOffset: 0, sequenceOffset: 0, dataOffset: 0, dataCount: 0)
            _ = send(template, request, run)
        }
    }

    /// The znode of the trace that is laid out by this request, if it is one.
    private func ofTrace(_ request: InFlight, _ run: LoadDriver) -> ReplayZnode? {
        guard let script = run.script, let first = setup?.recordedFrom else { return nil }
        let place = Int(request.detail) - first
        return script.znodes.indices.contains(place) ? script.znodes[place] : nil
    }

    /// Requests of the trace go by the name that it got, and by its version.
    private func learn(of znode: ReplayZnode, _ request: InFlight, _ body: UnsafeRawBufferPointer, _ run: LoadDriver) {
        guard let book = run.book else { return }
        var version: Int32 = 0
        if request.kind == .setupSet, body.count == ZnodeStat.byteCount { version = ZnodeStat(body, at: 0).version }
        book.fill(znode.keepsVersion, .version(version)) { _ in }
        guard request.kind == .setupCreate, body.count > 4 else { return }
        book.fill(znode.keepsName, .name(Array(body[4...]))) { _ in }
    }

    private func createFrame(path: String, size: Int, isNumbered: Bool, _ run: LoadDriver) -> [UInt8] {
        var builder = FrameBuilder(opCode: OpCode.create)
        builder.append(isNumbered ? withoutNumber(path) : path)
        builder.append(buffer: run.store.filler[..<size])
        builder.appendOpenACL()
        builder.append(isNumbered ? CreateMode.sequential.rawValue : CreateMode.persistent.rawValue)
        return builder.finished()
    }

    private func setFrame(path: String, size: Int, _ run: LoadDriver) -> [UInt8] {
        var builder = FrameBuilder(opCode: OpCode.setData)
        builder.append(path)
        builder.append(buffer: run.store.filler[..<size])
        builder.append(Int32(-1))
        return builder.finished()
    }
}
