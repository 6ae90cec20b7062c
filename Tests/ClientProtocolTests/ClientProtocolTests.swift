// The client protocol's records byte by byte: handshake in both lengths, Stat, headers and events, lists, identities, commands.

import ClientProtocol
import Jute
import Testing

@Suite struct RecordTests {
    private func bytes(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        write(&buffer)
        return [UInt8](buffer.bytes)
    }

    private func text(_ span: RawSpan) -> String { String(decoding: span.withUnsafeBytes { [UInt8]($0) }, as: UTF8.self) }

    @Test func handshakeInBothLengths() throws {
        let password = [UInt8](1...16)
        let new = bytes { $0.writeConnectRequest(lastZxidSeen: 5, timeout: 4000, session: 7, password: password, readOnly: true) }
        let old = bytes { $0.writeConnectRequest(lastZxidSeen: 5, timeout: 4000, session: 7, password: password, readOnly: nil) }
        #expect(new.count == 45 && old.count == 44)
        let request = try ConnectRequest(new.span.bytes)
        #expect(request.lastZxidSeen == 5 && request.timeout == 4000 && request.session == 7)
        #expect(request.readOnly && request.carriesReadOnly)
        #expect(request.password?.withUnsafeBytes { [UInt8]($0) } == password)
        let older = try ConnectRequest(old.span.bytes)
        #expect(!older.readOnly && !older.carriesReadOnly)
        for length in 0..<44 {
            #expect(throws: JuteError.self) { _ = try ConnectRequest(old.span.bytes.extracting(0..<length)) }
        }
        let answer = ConnectResponse(timeout: 4000, session: 7, password: password, readOnly: false)
        #expect(bytes { $0.write(answer) }.count == 37)
        let written = bytes { $0.write(answer) }
        let read = try ConnectResponse(reading: written.span.bytes)
        #expect(read == answer)
        let invalid = bytes { $0.write(ConnectResponse.invalid(readOnly: nil)) }
        #expect(invalid == [UInt8](repeating: 0, count: 16) + [0, 0, 0, 16] + [UInt8](repeating: 0, count: 16))
    }

    @Test func statHas68Bytes() throws {
        var stat = Stat()
        stat.czxid = 1
        stat.mzxid = 2
        stat.ctime = 3
        stat.mtime = 4
        stat.version = 5
        stat.cversion = 6
        stat.aversion = 7
        stat.ephemeralOwner = 8
        stat.dataLength = 9
        stat.numChildren = 10
        stat.pzxid = 11
        let written = bytes { $0.write(stat) }
        let fields: [(Int, Int)] = [(8, 1), (8, 2), (8, 3), (8, 4), (4, 5), (4, 6), (4, 7), (8, 8), (4, 9), (4, 10), (8, 11)]
        #expect(written == fields.flatMap { [UInt8](repeating: 0, count: $0.0 - 1) + [UInt8($0.1)] })
        var reader = JuteReader(written.span.bytes)
        #expect(try Stat(reading: &reader) == stat)
    }

    @Test func headersAndEvents() throws {
        #expect(bytes { $0.write(RequestHeader(xid: 1, type: 2)) } == [0, 0, 0, 1, 0, 0, 0, 2])
        #expect(
            bytes { $0.write(ReplyHeader(xid: -2, zxid: 258, error: -101)) } == [
                0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 0, 0, 0, 1, 2, 0xff, 0xff, 0xff, 0x9b,
            ])
        let path = Array("/a".utf8)
        let frame = bytes { buffer in path.withUnsafeBytes { buffer.writeEventFrame(type: 3, zxid: -1, path: $0) } }
        #expect(frame.count == 4 + 16 + 4 + 4 + 4 + 2 && frame[3] == 30)
        var reader = JuteReader(frame.span.bytes.extracting(4..<frame.count))
        let header = try ReplyHeader(reading: &reader)
        #expect(header == ReplyHeader(xid: Xid.notification, zxid: -1, error: 0))
        let event = try WatcherEvent(reading: &reader)
        let (type, state) = (event.type, event.state)
        #expect(type == 3 && state == 3)
        guard let span = event.path else { throw JuteError.truncated }
        let path2 = text(span)
        #expect(path2 == "/a")
    }

    @Test func multiFraming() throws {
        #expect(bytes { $0.write(MultiHeader.end) } == [0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff])
        #expect(bytes { $0.writeMultiError(-2) } == [0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xfe])
    }

    @Test func setWatchesLists() throws {
        let written = bytes {
            $0.writeLong(9)
            $0.writeInt(2)
            $0.writeString("/a")
            $0.writeString("/b")
            $0.writeInt(0)
            $0.writeNull()
        }
        var reader = JuteReader(written.span.bytes)
        var request = try SetWatchesRequest(reading: &reader, isSecond: false)
        var paths: [String] = []
        while let path = request.data.next() { paths.append(text(path)) }
        let others = request.exist.next() == nil && request.child.next() == nil && request.persistent.next() == nil
        #expect(request.relativeZxid == 9 && paths == ["/a", "/b"] && others)
        #expect(throws: JuteError.self) {
            var reader = JuteReader(written.span.bytes)
            _ = try SetWatchesRequest(reading: &reader, isSecond: true)
        }
    }

    @Test func identities() {
        let written = bytes { buffer in
            ([10, 0, 0, 1] as [UInt8]).withUnsafeBytes { buffer.writeIdentity(scheme: IdentityScheme.ip, id: $0) }
            Array("u:p".utf8).withUnsafeBytes { buffer.writeIdentity(scheme: IdentityScheme.digest, id: $0) }
        }
        var reader = IdentityReader(written.span.bytes)
        var list: [String] = []
        while let identity = reader.next() { list.append("\(identity.scheme) \(identity.id.byteCount)") }
        #expect(list == ["1 4", "2 3"])
        var cut = IdentityReader(written.span.bytes.extracting(0..<written.count - 1))
        var whole = 0
        while cut.next() != nil { whole += 1 }
        #expect(whole == 1)
        #expect(IdentityScheme.isAuthenticated(IdentityScheme.digest) && !IdentityScheme.isAuthenticated(IdentityScheme.ip))
    }

    @Test func fourLetterWords() {
        for word in FourLetterWord.allCases {
            #expect(wordOf(Array((word.name + "\n").utf8)) == word)
        }
        #expect(FourLetterWord.allCases.count == 18)
        // The length of a handshake frame is no command.
        #expect(wordOf([0, 0, 0, 45]) == nil)
        #expect(wordOf(Array("ruo".utf8)) == nil)
    }
}

/// What can't outlive its bytes can't be written inside of an expectation.
private func wordOf(_ bytes: [UInt8]) -> FourLetterWord? { FourLetterWord(firstBytes: bytes.span.bytes) }
