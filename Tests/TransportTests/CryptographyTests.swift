// Digests, codes and base64 against published values; addresses against their own text.

import Testing
import Transport

@Suite("Cryptography")
struct CryptographyTests {
    private func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    @Test("digests have their published values")
    func digests() {
        let abc = Array("abc".utf8)
        #expect(hex(Cryptography.sha1(abc)) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(hex(Cryptography.sha1([])) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(hex(Cryptography.sha256(abc)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test("HMAC-SHA-256 has its published value")
    func hmac() {
        let code = Cryptography.hmacSHA256(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
        #expect(hex(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(Cryptography.hmacSHA256(key: [], []).count == 32)
    }

    @Test("random bytes differ")
    func random() {
        #expect(Cryptography.randomBytes(0).isEmpty)
        #expect(Cryptography.randomBytes(16).count == 16)
        #expect(Cryptography.randomBytes(16) != Cryptography.randomBytes(16))
    }

    @Test("base64 goes there and back, and nothing else is taken for it")
    func base64() {
        for (plain, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            #expect(Cryptography.base64(Array(plain.utf8)) == text)
            #expect(Cryptography.bytes(base64: text) == Array(plain.utf8))
        }
        for length in 0..<100 {
            let bytes = pattern(length)
            #expect(Cryptography.bytes(base64: Cryptography.base64(bytes)) == bytes)
        }
        for bad in ["Zg", "Zg=", "Z===", "====", " Zg==", "Zg==\n\n\n\n", "Zm9v\n", "Zm9$", "Z=9v"] {
            #expect(Cryptography.bytes(base64: bad) == nil, "\(bad) was taken")
        }
    }

    @Test("equality looks at all bytes")
    func equality() {
        #expect(Cryptography.equal([1, 2, 3], [1, 2, 3]))
        #expect(!Cryptography.equal([1, 2, 3], [1, 2, 4]))
        #expect(!Cryptography.equal([1, 2], [1, 2, 3]))
        #expect(Cryptography.equal([], []))
    }
}

@Suite("Socket addresses")
struct SocketAddressTests {
    @Test(
        "numeric text goes there and back",
        arguments: [
            ("127.0.0.1", "127.0.0.1:7"), ("0.0.0.0", "0.0.0.0:7"), ("::1", "[::1]:7"), ("2001:db8::a", "[2001:db8::a]:7"),
        ])
    func numeric(host: String, text: String) throws {
        let address = try #require(SocketAddress(host: host, port: 7))
        #expect(address.description == text)
        #expect(address.host == host)
        #expect(address == SocketAddress(host: host, port: 7))
        #expect(address != SocketAddress(host: host, port: 8))
    }

    @Test(
        "what is no address is refused",
        arguments: ["", "localhost", "1.2.3", "1.2.3.256", ":::", "127.0.0.1:80", "::1%nosuchcard"])
    func bad(host: String) { #expect(SocketAddress(host: host, port: 1) == nil) }

    @Test("loopback and wildcard are known")
    func kinds() throws {
        #expect(SocketAddress.loopback(port: 1).isLoopback)
        #expect(try #require(SocketAddress(host: "::1", port: 1)).isLoopback)
        #expect(try #require(SocketAddress(host: "127.8.9.1", port: 1)).isLoopback)
        #expect(try #require(SocketAddress(host: "::ffff:127.0.0.1", port: 1)).isLoopback)
        #expect(!(try #require(SocketAddress(host: "10.0.0.1", port: 1)).isLoopback))
        #expect(SocketAddress.any(port: 1).isWildcard)
    }

    @Test("resolving a numeric text needs no resolver, and a bad name names itself")
    func resolve() throws {
        #expect(try SocketAddress.resolve(host: "10.1.1.1", port: 5) == [SocketAddress(host: "10.1.1.1", port: 5)!])
        #expect(try SocketAddress.resolve(host: "localhost", port: 5).contains { $0.isLoopback && $0.port == 5 })
        let error = #expect(throws: TransportError.self) { try SocketAddress.resolve(host: "no such name.invalid", port: 5) }
        #expect(error?.text.contains("'no such name.invalid' cannot be resolved") == true)
    }
}
