// The decoders of the client port by themselves: greeting, heads, and every operation's body, at once on the same bytes.

import Batch
import ClientProtocol
import Jute

final class ClientRecords: FuzzTarget {
    let name = "client-records"
    let corpus: [[UInt8]]
    let bound = AllocationBound.decoder
    /// What was read counts for something, or the compiler would leave the reading out.
    private var seen = 0

    init() {
        var greetings = [ClientRecordings.connect(), ClientRecordings.connect(readOnly: nil)]
        greetings.append(ClientRecordings.connect(session: 7, password: [UInt8](repeating: 3, count: 16)))
        let response = ClientRecordings.frame {
            $0.write(ConnectResponse(timeout: 1, session: 2, password: [UInt8](repeating: 0, count: 16), readOnly: true))
        }
        let event = ClientRecordings.frame { buffer in
            Array("/a".utf8).withUnsafeBytes { buffer.writeEventFrame(type: 1, zxid: 3, path: $0) }
        }
        let bodies = ClientRecordings.bodies.map { ClientRecordings.request(1, $0.0, $0.1) }
        corpus =
            (greetings + [response, event] + bodies).map { Array($0.dropFirst(4)) }
            + [ClientRecordings.auth("digest", "u:p"), Array("ruok".utf8), PeerRecordings.records]
    }

    func run(_ input: [UInt8]) {
        let bytes = input.span.bytes
        if let word = FourLetterWord(firstBytes: bytes) { seen &+= word.name.utf8.count }
        if let request = try? ConnectRequest(bytes) { seen &+= Int(request.timeout) }
        if let response = try? ConnectResponse(reading: bytes) { seen &+= response.password.count }
        var reader = JuteReader(bytes)
        guard let header = try? RequestHeader(reading: &reader) else { return }
        readBody(header.type, reader.rest)
        // The same bytes under another type: what a body is read as is the client's word alone.
        for type in [OpCode.create, OpCode.setACL, OpCode.multi, OpCode.setWatches2, OpCode.auth] { readBody(type, reader.rest) }
        readAnswers(bytes)
        walkIdentities(reader.rest)
    }

    private func readBody(_ type: Int32, _ body: RawSpan) {
        var reader = JuteReader(body)
        defer { seen &+= reader.offset }
        switch type {
        case OpCode.create, OpCode.create2, OpCode.createContainer, OpCode.createTTL:
            if let create = try? CreateRequest(reading: &reader, hasTTL: type == OpCode.createTTL) {
                seen &+= PathSyntax.isValid(create.path) ? 1 : PathSyntax.lastSlash(create.path) ?? 2
                seen &+= CreateMode.isKnown(create.flags) ? 1 : 0
                walk(create.acl)
            }
        case OpCode.setACL: if let set = try? SetACLRequest(reading: &reader) { walk(set.acl) }
        case OpCode.delete, OpCode.check: _ = try? VersionedPath(reading: &reader)
        case OpCode.setData: _ = try? SetDataRequest(reading: &reader)
        case OpCode.exists, OpCode.getData, OpCode.getChildren, OpCode.getChildren2: _ = try? WatchedPath(reading: &reader)
        case OpCode.checkWatches, OpCode.removeWatches, OpCode.addWatch: _ = try? NumberedPath(reading: &reader)
        case OpCode.setWatches, OpCode.setWatches2:
            if let set = try? SetWatchesRequest(reading: &reader, isSecond: type == OpCode.setWatches2) {
                for list in [0, 1, 2, 3, 4] { walk(list, set) }
            }
        case OpCode.auth: _ = try? AuthPacket(reading: &reader)
        case OpCode.multi, OpCode.multiRead: walkMulti(&reader)
        default: seen &+= PathSyntax.hasNUL(body) ? 1 : 0
        }
    }

    private func walkMulti(_ reader: inout JuteReader) {
        while let part = try? MultiHeader(reading: &reader), !part.done {
            switch part.type {
            case OpCode.create, OpCode.create2: guard (try? CreateRequest(reading: &reader, hasTTL: false)) != nil else { return }
            case OpCode.setData: guard (try? SetDataRequest(reading: &reader)) != nil else { return }
            case OpCode.delete, OpCode.check: guard (try? VersionedPath(reading: &reader)) != nil else { return }
            default: return
            }
        }
    }

    private func walk(_ list: consuming ACLList) {
        var left = list.count
        while let entry = list.next() {
            seen &+= Int(entry.permissions) &+ entry.id.byteCount
            left -= 1
        }
        expect(left == 0, "a list of \(left) more entries ends early")
    }

    private func walk(_ number: Int, _ set: borrowing SetWatchesRequest) {
        switch number {
        case 0: walk(set.data)
        case 1: walk(set.exist)
        case 2: walk(set.child)
        case 3: walk(set.persistent)
        default: walk(set.recursive)
        }
    }

    private func walk(_ list: consuming TextList) {
        while let text = list.next() { seen &+= PathSyntax.isValid(text) ? 1 : 0 }
    }

    private func readAnswers(_ bytes: RawSpan) {
        var reader = JuteReader(bytes)
        guard (try? ReplyHeader(reading: &reader)) != nil else { return }
        var second = JuteReader(reader.rest)
        if let event = try? WatcherEvent(reading: &second) { seen &+= Int(event.type) }
        if let stat = try? Stat(reading: &reader) { seen &+= Int(stat.version) }
        seen &+= reader.optionalBytes()?.count ?? 1
    }

    private func walkIdentities(_ bytes: RawSpan) {
        var identities = IdentityReader(bytes)
        while let identity = identities.next() {
            if IdentityScheme.isAuthenticated(identity.scheme) { seen &+= IdentityScheme.name(identity.scheme).utf8CodeUnitCount }
        }
    }
}
