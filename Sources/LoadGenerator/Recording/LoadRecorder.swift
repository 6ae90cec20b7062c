// Records a load while it runs. The driver's thread turns requests and replies into records, some tens of bytes each, and hands
// full blocks over; a thread of its own seals and writes them, so that no disk holds the load up. A recording that can't be
// written is given up and said in the end: a trace is whole, or it is none.

internal import Glibc
internal import Workload

/// What became of a recording.
package struct RecordingFigures: Sendable, Equatable, Codable {
    package var file: String
    package var requests: UInt64
    package var bytes: UInt64
    /// Why there is no whole trace; nil if there is one.
    package var failure: String?
}

final class LoadRecorder {
    /// Handed over from this size on.
    private static let blockBytes = 128 << 10

    @exclusivity(unchecked) private var encoder = TraceEncoder()
    /// Of each session the requests without a reply, oldest first.
    @exclusivity(unchecked) private var open: [OpenRequests] = []
    private let file: String
    private let writer: TraceWriter

    private struct OpenRequest {
        let xid: Int32
        let kind: TraceOperation.Kind
        let parts: PartsMark
    }

    private struct OpenRequests {
        var requests: [OpenRequest] = []
        var first = 0

        /// Place of a request among those without a reply; nil if it was not recorded.
        func place(of xid: Int32) -> Int? { (first..<requests.count).first { requests[$0].xid == xid }.map { $0 - first } }

        mutating func remove(at place: Int) -> OpenRequest {
            guard place == 0 else { return requests.remove(at: first + place) }
            first += 1
            let request = requests[first - 1]
            if first == requests.count {
                requests.removeAll(keepingCapacity: true)
                first = 0
            }
            return request
        }
    }

    init(file: String, name: String, sessionTimeoutMilliseconds: Int32) throws(LoadError) {
        self.file = file
        writer = try TraceWriter(file: file)
        encoder.head(name: name, sessionTimeoutMilliseconds: Int(sessionTimeoutMilliseconds))
    }

    /// Clients of the load, in the order of their numbers.
    func session(role: String) {
        encoder.session(role: role)
        open.append(OpenRequests())
    }

    func znode(_ path: String, size: Int) {
        encoder.znode(path, size: size)
        handOverIfFull()
    }

    /// A request as it goes out, from its xid on.
    func sent(_ frame: UnsafeRawBufferPointer, session: Int, intended: UInt64) {
        var reader = RequestReader(frame)
        guard let kind = reader.kind else { return }
        var parts = PartsMark()
        encoder.request(kind, watches: reader.watches, session: session, intended: intended)
        if kind == .multi {
            encoder.count(reader.countOfParts())
            while let part = reader.nextPart() {
                encoder.part(part)
                parts.add(part)
                note(part, &reader, session: session)
            }
        } else {
            note(kind, &reader, session: session)
        }
        open[session].requests.append(OpenRequest(xid: frame.int32(at: 0), kind: kind, parts: parts))
        handOverIfFull()
    }

    private func note(_ kind: TraceOperation.Kind, _ reader: inout RequestReader, session: Int) {
        guard kind.hasPath else { return }
        encoder.path(reader.text(), session: session)
        switch kind {
        case .create:
            encoder.mode(reader.modeBehindData())
            encoder.size(reader.size)
        case .set:
            reader.skipData()
            encoder.size(reader.size)
            encoder.version(reader.int32())
        case .delete, .check: encoder.version(reader.int32())
        case .exists, .get, .list: reader.skipFlag()
        case .sync, .multi, .close: break
        }
    }

    func answered(
        session: Int, xid: Int32, error: Int32, zxid: Int64, nanoseconds: UInt64, _ body: UnsafeRawBufferPointer
    ) {
        guard let place = open[session].place(of: xid) else { return }
        let request = open[session].remove(at: place)
        var outcome = error
        if error == 0, request.kind == .multi { outcome = MultiReply.outcome(of: body) ?? ReplyFindings.unreadable }
        let findings = ReplyFindings(request.kind, parts: request.parts, body)
        if outcome == 0, !findings.isReadable { outcome = ReplyFindings.unreadable }
        encoder.reply(session: session, place: place, nanoseconds: nanoseconds, error: outcome, zxid: zxid)
        if outcome == 0 {
            findings.each { finding in
                switch finding {
                case .name(let name): encoder.path(name, session: session)
                case .version(let version): encoder.version(version)
                }
            }
        }
        handOverIfFull()
    }

    func broken(session: Int) {
        guard open[session].first < open[session].requests.count else { return }
        open[session] = OpenRequests()
        encoder.broken(session: session)
        handOverIfFull()
    }

    private func handOverIfFull() {
        if encoder.bytes.count >= Self.blockBytes { writer.write(encoder.takeContent()) }
    }

    /// Writes what is left, and the end. Waits for the disk.
    func finish() -> RecordingFigures {
        encoder.end()
        writer.write(encoder.takeContent())
        let (bytes, failure) = writer.finish()
        return RecordingFigures(file: file, requests: encoder.requests, bytes: bytes, failure: failure)
    }

    /// There was no load, so there is nothing to keep.
    func discard() {
        _ = writer.finish()
        unlink(file)
    }
}
