// Big-endian loads and stores, and the small builder that lays out a request once. The generator has its own code for
// the client protocol, apart from the node's: a mistake that both sides shared would cancel out and show nowhere.

/// Op codes that the load uses.
enum OpCode {
    static let create: Int32 = 1
    static let delete: Int32 = 2
    static let exists: Int32 = 3
    static let getData: Int32 = 4
    static let setData: Int32 = 5
    static let getChildren: Int32 = 8
    static let sync: Int32 = 9
    static let ping: Int32 = 11
    static let check: Int32 = 13
    static let multi: Int32 = 14
    static let closeSession: Int32 = -11
}

/// Transaction ids that are not a request's own.
enum SpecialXid {
    static let watchEvent: Int32 = -1
    static let ping: Int32 = -2
}

extension UnsafeRawBufferPointer {
    /// The caller has checked that four bytes are there.
    @inline(__always) func int32(at offset: Int) -> Int32 {
        Int32(bigEndian: loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }

    /// The caller has checked that eight bytes are there.
    @inline(__always) func int64(at offset: Int) -> Int64 {
        Int64(bigEndian: loadUnaligned(fromByteOffset: offset, as: Int64.self))
    }
}

extension UnsafeMutableRawPointer {
    @inline(__always) func store(_ value: Int32, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: Int32.self)
    }

    @inline(__always) func store(_ value: UInt64, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt64.self)
    }

    /// Writes a number in decimal with leading zeros, `width` bytes.
    @inline(__always) func storeDigits(_ value: UInt64, width: Int, at offset: Int) {
        var rest = value
        var position = offset + width
        while position > offset {
            position -= 1
            let next = rest / 10
            storeBytes(of: UInt8(truncatingIfNeeded: 0x30 + (rest - next * 10)), toByteOffset: position, as: UInt8.self)
            rest = next
        }
    }
}

/// The number at the end of a sequential znode's name, ten digits; nil if the name does not end so. After 2^31 creations
/// under one parent the server's number turns negative: such names are not the load's own.
@inline(__always) func sequenceNumber(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int32? {
    guard end - start >= 10 else { return nil }
    var value: Int64 = 0
    for position in (end - 10)..<end {
        let digit = bytes[position]
        guard digit >= 0x30 && digit <= 0x39 else { return nil }
        value = value * 10 + Int64(digit - 0x30)
    }
    return Int32(exactly: value)
}

/// Lays out one frame: length, xid, op code, body.
struct FrameBuilder {
    private(set) var bytes: [UInt8] = []

    init(opCode: Int32) {
        append(Int32(0))
        append(Int32(0))
        append(opCode)
    }

    /// The beginning of a multi's part.
    init(partType: Int32) {
        appendHead(partType, isEnd: false, error: -1)
    }

    /// Bytes that others stand in front of.
    init() {}

    /// Begins another frame in the same memory.
    mutating func begin(opCode: Int32) {
        bytes.removeAll(keepingCapacity: true)
        append(Int32(0))
        append(Int32(0))
        append(opCode)
    }

    mutating func append(bytes more: some Collection<UInt8>) { bytes.append(contentsOf: more) }

    var count: Int { bytes.count }

    /// What stands between the parts of a multi.
    mutating func appendHead(_ type: Int32, isEnd: Bool, error: Int32) {
        append(type)
        append(flag: isEnd)
        append(error)
    }

    mutating func append(_ value: Int32) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ text: String) {
        append(Int32(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(buffer: ArraySlice<UInt8>) {
        append(Int32(buffer.count))
        bytes.append(contentsOf: buffer)
    }

    mutating func append(flag: Bool) {
        bytes.append(flag ? 1 : 0)
    }

    /// Everybody may do everything.
    mutating func appendOpenACL() {
        append(Int32(1))
        append(Int32(31))
        append("world")
        append("anyone")
    }

    /// The frame with its length in front.
    func finished() -> [UInt8] {
        var frame = bytes
        withUnsafeBytes(of: Int32(bytes.count - 4).bigEndian) { length in
            for position in 0..<4 { frame[position] = length[position] }
        }
        return frame
    }
}

/// A frame of an impossible length, for a sentence: an answer that begins with letters comes from a server of another kind.
func frameText(_ length: Int) -> String {
    let letters = withUnsafeBytes(of: UInt32(truncatingIfNeeded: length).bigEndian) { Array($0) }
    guard letters.allSatisfy({ (0x20...0x7e).contains($0) }) else { return "a frame of \(length) bytes" }
    return "'\(String(decoding: letters, as: UTF8.self))...', which is not ZooKeeper's protocol; check the port"
}
