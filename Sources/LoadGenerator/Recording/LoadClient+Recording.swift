// Where the load is recorded: requests when their bytes are whole and about to go out, replies when they are read, and the end
// of a connection. Only the load itself: what lays out znodes, reads them again or closes sessions is not part of it.

internal import Workload

extension LoadClient {
    /// Whatever was put into the output since this was called last.
    func noteOutput(_ recorder: LoadRecorder, _ run: LoadDriver) {
        let fresh = output.takeUnseen()
        guard run.isRecording, case .ready = state else { return }
        var position = 0
        while fresh.count - position >= 12 {
            let length = Int(fresh.int32(at: position))
            let frame = UnsafeRawBufferPointer(rebasing: fresh[(position + 4)..<(position + 4 + length)])
            position += 4 + length
            guard let request = matcher.inFlight(xid: frame.int32(at: 0)), request.kind.isOfTheLoad else { continue }
            recorder.sent(frame, session: index, intended: request.intended - min(run.startedAt, request.intended))
        }
    }

    func noteReply(_ request: InFlight, _ frame: UnsafeRawBufferPointer, _ recorder: LoadRecorder, now: UInt64) {
        guard request.kind.isOfTheLoad else { return }
        recorder.answered(
            session: index, xid: frame.int32(at: 0), error: frame.int32(at: 12), zxid: frame.int64(at: 4),
            nanoseconds: now - min(request.intended, now), UnsafeRawBufferPointer(rebasing: frame[16...]))
    }

    func noteBreak(_ recorder: LoadRecorder, _ run: LoadDriver) {
        noteOutput(recorder, run)
        if index < run.loadClients.count { recorder.broken(session: index) }
    }
}

extension LoadDriver {
    var isRecording: Bool { startedAt > 0 && (stage == .running || stage == .finishing || stage == .draining) }

    /// Who takes part, and what was laid out for them.
    func describe(to recorder: LoadRecorder) {
        for client in loadClients { recorder.session(role: client.role.name) }
        var list = SetupList(workload, script)
        while let znode = list.next() { recorder.znode(znode.path, size: znode.size) }
    }
}

extension RequestKind {
    fileprivate var isOfTheLoad: Bool {
        switch self {
        case .setupCreate, .setupSet, .verify, .close: false
        default: true
        }
    }
}
