// Which paths are legal, tested on characters at both sides of every border, and on bytes that are no characters.

import ClientProtocol
import Testing

@Suite struct PathSyntaxTests {
    private func isValid(_ path: String) -> Bool { isValidBytes(Array(path.utf8)) }

    @Test func shapes() {
        for path in ["/", "/a", "/a/b", "/a.b", "/...", "/.a", "/a..", "/ ", "/a b/c"] { #expect(isValid(path), "\(path)") }
        for path in ["", "a", "a/b", "//", "/a/", "/a//b", "/.", "/..", "/a/.", "/a/../b", "/./a", "//a"] {
            #expect(!isValid(path), "\(path)")
        }
    }

    @Test func characters() {
        let legal: [UInt32] = [0x20, 0x7e, 0xa0, 0x7ff, 0x800, 0xfff, 0xd7ff, 0xf900, 0xffef]
        let illegal: [UInt32] = [0, 1, 0x1f, 0x7f, 0x80, 0x9f, 0xe000, 0xf8ff, 0xfff0, 0xfffd, 0xffff, 0x10000, 0x10ffff]
        for scalar in legal { #expect(isValid("/a\(Character(Unicode.Scalar(scalar)!))b"), "\(scalar)") }
        for scalar in illegal { #expect(!isValid("/a\(Character(Unicode.Scalar(scalar)!))b"), "\(scalar)") }
    }

    @Test func bytesThatAreNoCharacters() {
        let broken: [[UInt8]] = [
            [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xc3, 0x41], [0xe0, 0x80, 0x80], [0xe2, 0x82],
            [0xed, 0xa0, 0x80],
            [0xed, 0xbf, 0xbf], [0xf0, 0x9f, 0x98, 0x80], [0xff],
        ]
        for bytes in broken {
            #expect(!isValidBytes(([0x2f, 0x61] + bytes)), "\(bytes)")
            #expect(!isValidBytes(([0x2f, 0x61] + bytes + [0x62])), "\(bytes)")
        }
    }

    @Test func parts() {
        #expect(lastSlash(Array("/a/b".utf8)) == 2)
        #expect(lastSlash(Array("/".utf8)) == 0)
        #expect(lastSlash(Array("ab".utf8)) == nil)
        #expect(hasNUL([0x2f, 0]) && !hasNUL([0x2f, 1]))
    }

    @Test func createModes() {
        #expect((-1...8).map { CreateMode.isKnown($0) } == [false, true, true, true, true, true, true, true, false, false])
        #expect((0...6).filter { CreateMode.isEphemeral($0) } == [1, 3])
        #expect((0...6).filter { CreateMode.isSequential($0) } == [2, 3, 6])
        #expect((0...6).filter { CreateMode.isTTL($0) } == [5, 6])
    }
}

// What can't outlive its bytes can't be written inside of an expectation.
private func isValidBytes(_ path: [UInt8]) -> Bool { PathSyntax.isValid(path.span.bytes) }
private func lastSlash(_ path: [UInt8]) -> Int? { PathSyntax.lastSlash(path.span.bytes) }
private func hasNUL(_ path: [UInt8]) -> Bool { PathSyntax.hasNUL(path.span.bytes) }
