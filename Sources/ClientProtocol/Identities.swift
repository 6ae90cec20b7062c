// The identities of a connection as they travel in records: who the client was when it sent the request. A run of entries, each
// {u8 scheme, u8 zero, u16 length little-endian, bytes}. Addresses are binary (4 or 16 bytes), everything else is text.

package import Jute

package enum IdentityScheme {
    package static let ip: UInt8 = 1
    package static let digest: UInt8 = 2
    package static let x509: UInt8 = 3
    package static let sasl: UInt8 = 4
    /// Passes every access test. Its text is empty.
    package static let superuser: UInt8 = 9

    /// The scheme's name in access control lists; empty for a number that is not known.
    package static func name(_ scheme: UInt8) -> StaticString {
        switch scheme {
        case ip: "ip"
        case digest: "digest"
        case x509: "x509"
        case sasl: "sasl"
        case superuser: "super"
        default: ""
        }
    }

    /// Only identities that the client has proven stand behind the scheme `auth` of an access control list.
    package static func isAuthenticated(_ scheme: UInt8) -> Bool { scheme == digest || scheme == x509 || scheme == sasl }
}

package struct Identity: ~Escapable {
    package let scheme: UInt8
    package let id: RawSpan

    @_lifetime(copy id)
    package init(scheme: UInt8, id: RawSpan) {
        self.scheme = scheme
        self.id = id
    }
}

/// Walks the identities of a record. Bytes that make no whole entry end the walk.
package struct IdentityReader: ~Escapable {
    private let bytes: RawSpan
    private var offset = 0

    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) { self.bytes = bytes }

    @_lifetime(copy self)
    package mutating func next() -> Identity? {
        guard bytes.byteCount - offset >= 4 else { return nil }
        let scheme = bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
        let length = Int(UInt16(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset + 2, as: UInt16.self)))
        let start = offset + 4
        guard bytes.byteCount - start >= length else { return nil }
        offset = start + length
        return Identity(scheme: scheme, id: bytes.extracting(start..<offset))
    }
}

extension ByteBuffer {
    /// Appends one identity; `id` must fit 16 bits of length.
    package mutating func writeIdentity(scheme: UInt8, id: UnsafeRawBufferPointer) {
        precondition(id.count <= 0xffff, "an identity above 64 KiB passed the intake")
        append(byte: scheme)
        append(byte: 0)
        append(littleEndian: UInt16(id.count))
        append(id)
    }
}
