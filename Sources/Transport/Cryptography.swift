// Digests, authentication codes, randomness and base64 from the one cryptographic library of the process.

import COpenSSL

package enum Cryptography {
    package static func sha1(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, EVP_sha1(), 20) }

    package static func sha256(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, EVP_sha256(), 32) }

    private static func digest(_ bytes: [UInt8], _ kind: OpaquePointer?, _ length: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: length)
        var written: UInt32 = 0
        precondition(
            EVP_Digest(bytes, bytes.count, &result, &written, kind, nil) == 1 && written == length, "libcrypto lacks a digest")
        return result
    }

    package static func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        var written: UInt32 = 0
        let done = HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &result, &written)
        precondition(done != nil && written == 32, "libcrypto lacks HMAC-SHA-256")
        return result
    }

    /// Bytes that nobody can guess. A system without randomness must not go on.
    package static func randomBytes(_ count: Int) -> [UInt8] {
        precondition(count >= 0 && count <= Int(Int32.max))
        var result = [UInt8](repeating: 0, count: count)
        precondition(count == 0 || RAND_bytes(&result, Int32(count)) == 1, "the system gives no random bytes")
        return result
    }

    /// Compares in a time that depends on the lengths only.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    package static func base64(_ bytes: [UInt8]) -> String {
        var result = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let length = EVP_EncodeBlock(&result, bytes, Int32(bytes.count))
        return String(decoding: result[..<Int(length)], as: UTF8.self)
    }

    /// Nil if the text is not base64 with its padding.
    package static func bytes(base64 text: String) -> [UInt8]? {
        let symbols = Array(text.utf8)
        if symbols.isEmpty { return [] }
        guard symbols.count % 4 == 0, symbols.count <= 1 << 30 else { return nil }
        let padding = symbols.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2, symbols.dropLast(padding).allSatisfy(isBase64) else { return nil }
        var result = [UInt8](repeating: 0, count: symbols.count / 4 * 3)
        guard EVP_DecodeBlock(&result, symbols, Int32(symbols.count)) == result.count else { return nil }
        result.removeLast(padding)
        return result
    }

    /// EVP_DecodeBlock skips blanks at the ends; a strict reader must not.
    private static func isBase64(_ symbol: UInt8) -> Bool {
        switch symbol {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"): true
        default: false
        }
    }
}
