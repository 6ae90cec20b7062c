// Access lists: who is let in by which scheme, how lists are judged and written down, and what getACL hides.

import ApplyHarness
import Batch
import ClientProtocol
import DataTree
import Glibc
import Handlers
import Jute
import StateMachine
import Testing

@Suite struct AccessTests {
    private let ann = Body.identities([(IdentityScheme.ip, [127, 0, 0, 1]), (IdentityScheme.digest, Array("ann:x1".utf8))])
    private let bob = Body.identities([(IdentityScheme.ip, [10, 1, 2, 3]), (IdentityScheme.digest, Array("bob:x2".utf8))])

    private func started() -> Applier {
        let applier = Applier()
        #expect(applier.openSession() == 0)
        return applier
    }

    private func list(_ answer: Answer) -> [String] {
        var reader = JuteReader(answer.body.span.bytes)
        guard var list = try? ACLList(reading: &reader) else { return [] }
        var texts: [String] = []
        while let entry = list.next() {
            let scheme = String(decoding: entry.scheme.withUnsafeBytes { [UInt8]($0) }, as: UTF8.self)
            let id = String(decoding: entry.id.withUnsafeBytes { [UInt8]($0) }, as: UTF8.self)
            texts.append("\(entry.permissions) \(scheme) \(id)")
        }
        return texts
    }

    @Test func digestAndAuth() {
        let a = started()
        a.identities = ann
        #expect(a.apply(OpCode.create, Body.create("/t", acl: [(31, "auth", "whatever"), (31, "auth", "")])).error == 0)
        #expect(list(a.read(OpCode.getACL, Body.path("/t"))) == ["31 digest ann:x1"])
        a.identities = bob
        #expect(a.read(OpCode.getData, Body.watched("/t")).error == ErrorCode.noAuth)
        #expect(a.apply(OpCode.setData, Body.setData("/t", [1])).error == ErrorCode.noAuth)
        a.identities = ann
        #expect(a.apply(OpCode.setData, Body.setData("/t", [1])).error == 0)
        a.identities = Body.identities([(IdentityScheme.superuser, [])])
        #expect(a.read(OpCode.getData, Body.watched("/t")).error == 0)
        a.identities = []
        #expect(a.read(OpCode.getData, Body.watched("/t")).error == ErrorCode.noAuth)
    }

    @Test func maskedWithoutAdmin() {
        let a = started()
        a.identities = ann
        let acl: Body.ACL = [(Permission.all, "digest", "ann:x1"), (Permission.read, "world", "anyone")]
        #expect(a.apply(OpCode.create, Body.create("/t", acl: acl)).error == 0)
        #expect(list(a.read(OpCode.getACL, Body.path("/t"))) == ["31 digest ann:x1", "1 world anyone"])
        a.identities = bob
        #expect(list(a.read(OpCode.getACL, Body.path("/t"))) == ["31 digest ann:x", "1 world anyone"])
    }

    @Test func addresses() {
        let a = started()
        a.identities = bob
        func mayRead(_ id: String) -> Int32 {
            a.apply(OpCode.create, Body.create("/t", acl: [(Permission.read, "ip", id)]))
            defer { a.apply(OpCode.delete, Body.versioned("/t")) }
            return a.read(OpCode.getData, Body.watched("/t")).error
        }
        for id in [
            "10.1.2.3", "10.1.2.0/24", "10.0.0.0/8", "0.0.0.0/0", "10.1.2.2/31", "::ffff:10.1.2.3", "::ffff:a01:203",
            "::FFFF:10.1.0.0/16",
        ] {
            #expect(mayRead(id) == 0, "\(id)")
        }
        for id in ["10.1.2.4", "10.1.3.0/24", "11.0.0.0/8", "::/0"] { #expect(mayRead(id) == ErrorCode.noAuth, "\(id)") }
        for id in [
            "10.1.2", "10.1.2.256", "10.1.2.3/33", "", "/8", "x", "1:2", ":1", "1::2::3", "12345::", "10.1.2.3/",
            "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:1.2.3.4", "::ffff:1.2.3", "::ffff:1.2.3.4.5", "::ffff:1.2.3.4/33", "1.2.3.4::",
        ] {
            #expect(a.apply(OpCode.create, Body.create("/bad", acl: [(1, "ip", id)])).error == ErrorCode.invalidACL, "\(id)")
        }
        let six: [UInt8] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        a.identities = Body.identities([(IdentityScheme.ip, six)])
        for id in ["2001:db8::1", "2001:DB8::/32", "2001:db8:0:0:0:0:0:1/128", "::/0"] { #expect(mayRead(id) == 0, "\(id)") }
        #expect(mayRead("2001:db8::2") == ErrorCode.noAuth)
    }

    @Test func judgedLists() {
        let a = started()
        a.identities = ann
        for (scheme, id) in [("digest", "nocolon"), ("digest", "a:b:c"), ("world", ""), ("super", "x"), ("sasl", "x"), ("", "")] {
            #expect(a.apply(OpCode.create, Body.create("/t", acl: [(31, scheme, id)])).error == ErrorCode.invalidACL, "\(scheme)")
        }
        // Duplicates go, order stays, odd bits stay.
        let acl: Body.ACL = [(255, "world", "anyone"), (1, "digest", "a:b"), (255, "world", "anyone")]
        #expect(a.apply(OpCode.create, Body.create("/t", acl: acl)).error == 0)
        #expect(list(a.read(OpCode.getACL, Body.path("/t"))) == ["255 world anyone", "1 digest a:b"])
        let long = (0..<2000).map { (Int32(1), "digest", "u\($0):p") }
        #expect(a.apply(OpCode.create, Body.create("/u", acl: long)).error == ErrorCode.invalidACL)
        #expect(a.apply(OpCode.create, Body.create("/u", acl: Array(long[..<AccessLists.maxEntries]))).error == 0)
    }

    /// What one record may cost every member: `auth` written often is worked off once, and a list stays short.
    @Test func authIsExpandedOnce() {
        let a = started()
        let count = AccessLists.maxEntries
        a.identities = Body.identities((0..<count).map { (IdentityScheme.digest, Array("u\($0):p".utf8)) })
        let same: Body.ACL = Array(repeating: (31, "auth", ""), count: count)
        let body = Body.create("/t", acl: same)
        let start = processorTime()
        for _ in 0..<100 {
            #expect(a.apply(OpCode.create, body).error == 0)
            #expect(a.apply(OpCode.delete, Body.versioned("/t")).error == 0)
        }
        // 128 entries are compared with those before them once: some 8,000 comparisons (5 ms in a debug build), not a million.
        #expect(Double(processorTime() - start) / 1e9 / 100 < 0.05)
        let different: Body.ACL = (0..<count).map { (Int32($0), "auth", "") }
        #expect(a.apply(OpCode.create, Body.create("/t", acl: different)).error == ErrorCode.invalidACL)
        a.identities = Body.identities((0...count).map { (IdentityScheme.digest, Array("u\($0):p".utf8)) })
        #expect(a.apply(OpCode.create, body).error == ErrorCode.invalidACL)
    }

    private func processorTime() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
