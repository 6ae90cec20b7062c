// The identities that a connection carries into its records: its address from the start, digests as auth packets prove them. What
// they allow is judged at apply, against the state, by every member: so there are not many of them.

import ClientProtocol
import Jute

enum Credentials {
    /// One connection may prove so many; whoever wants more is refused.
    static let maxIdentities = 64

    /// An IPv4 client of a port that takes both kinds comes as ::ffff:a.b.c.d (16 bytes) and is what it is, an IPv4 client (4).
    static func unmapped(_ address: [UInt8]) -> [UInt8] {
        let prefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]
        let isMapped = address.count == 16 && address.starts(with: prefix)
        return isMapped ? Array(address[12...]) : address
    }

    /// 127.0.0.0/8 or ::1.
    static func isLoopback(_ address: [UInt8]) -> Bool {
        address.count == 4 ? address[0] == 127 : address.dropLast().allSatisfy { $0 == 0 } && address.last == 1
    }

    static func ofAddress(_ address: [UInt8]) -> [UInt8] {
        var buffer = ByteBuffer(capacity: 32)
        address.withUnsafeBytes { buffer.writeIdentity(scheme: IdentityScheme.ip, id: $0) }
        return Array(buffer.bytes)
    }

    /// The identities with the one added that this auth packet proves, or as they were if it is among them; nil if the scheme is
    /// none of ours or there are too many. Whoever proves to be `superDigest` passes every access test from then on.
    static func adding(
        to identities: [UInt8], authPacket: RawSpan, superDigest: [UInt8]?, sha1: ([UInt8]) -> [UInt8]
    ) -> [UInt8]? {
        var reader = JuteReader(authPacket)
        guard (try? reader.int()) != nil, let scheme = text(&reader), scheme == Array("digest".utf8) else { return nil }
        let blob = text(&reader) ?? []
        let user = blob.prefix { $0 != UInt8(ascii: ":") }
        let id = Array(user) + [UInt8(ascii: ":")] + base64(sha1(blob))
        guard id.count <= 0x1000, identities.count + id.count + 8 <= 0xffff else { return nil }
        let (count, isHeld) = look(for: id, in: identities)
        if isHeld { return identities }
        guard count < maxIdentities else { return nil }
        var buffer = ByteBuffer(capacity: identities.count + id.count + 8)
        buffer.append(identities)
        id.withUnsafeBytes { buffer.writeIdentity(scheme: IdentityScheme.digest, id: $0) }
        if id == superDigest {
            buffer.writeIdentity(scheme: IdentityScheme.superuser, id: UnsafeRawBufferPointer(start: nil, count: 0))
        }
        return Array(buffer.bytes)
    }

    private static func look(for id: [UInt8], in identities: [UInt8]) -> (count: Int, isHeld: Bool) {
        identities.withUnsafeBytes { bytes in
            var reader = IdentityReader(bytes.bytes)
            var count = 0
            while let identity = reader.next() {
                count += 1
                guard identity.scheme == IdentityScheme.digest else { continue }
                if identity.id.withUnsafeBytes({ $0.elementsEqual(id) }) { return (count, true) }
            }
            return (count, false)
        }
    }

    private static func text(_ reader: inout JuteReader) -> [UInt8]? {
        reader.optionalBytes()
    }

    /// Standard alphabet with padding.
    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var value = 0
            for offset in 0..<3 { value = value << 8 | (offset < group.count ? Int(group[start + offset]) : 0) }
            for place in 0..<4 {
                out.append(place <= group.count ? alphabet[value >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return out
    }
}
