// A place in the bytes of a trace: its first line, block after block with its checksum, and numbers, names and paths within a
// block. What the records mean is the business of TraceReader.swift.

internal import CLinux

/// What is wrong with a trace, and where.
struct TraceDamage: Error {
    let offset: Int
    let sentence: String
}

struct TraceCursor {
    private let bytes: UnsafeRawBufferPointer
    var position = 0
    /// Where the block under work ends.
    private var limit = 0
    /// Bytes that paths may still take: a few bytes of the file can stand for a long one.
    private var pathBudget = 1 << 30

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEndOfBlock: Bool { position == limit }

    mutating func readFirstLine() throws(TraceDamage) {
        let end = bytes.prefix(40).firstIndex(of: 0x0a) ?? 0
        guard String(decoding: bytes[..<end], as: UTF8.self) + "\n" == TraceFormat.firstLine else {
            throw TraceDamage(
                offset: 0,
                sentence:
                    "begins with another line than '\(TraceFormat.title) \(TraceFormat.version)', the one version that is read "
                    + "here; record it again with this version of quorate")
        }
        position = end + 1
        limit = position
    }

    /// Goes to the next block, if it is whole; false where the file ends.
    mutating func nextBlock() throws(TraceDamage) -> Bool {
        guard position < bytes.count else { return false }
        guard bytes.count - position >= TraceFormat.blockHead else { throw cut("a block's head is not whole") }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
        let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self))
        guard length > 0, length <= TraceFormat.blockMax else { throw damage("a block can't have \(length) bytes") }
        let begin = position + TraceFormat.blockHead
        guard bytes.count - begin >= length else {
            throw cut("a block of \(length) bytes begins here, and \(bytes.count - begin) are left")
        }
        guard quorate_crc32c(0, bytes.baseAddress! + begin, length) == sum else {
            throw damage("the checksum of the block that begins here is wrong")
        }
        position = begin
        limit = begin + length
        return true
    }

    func damage(_ what: String) -> TraceDamage {
        TraceDamage(
            offset: position, sentence: "is damaged at byte \(position): \(what); take another copy of it, or record it again")
    }

    func cut(_ what: String) -> TraceDamage {
        TraceDamage(
            offset: position,
            sentence:
                "is cut off at byte \(position): \(what); the run that wrote it did not come to its end, or the copy is not "
                + "whole: take another one, or record it again")
    }

    mutating func byte() throws(TraceDamage) -> UInt8 {
        guard position < limit else { throw damage("a record goes beyond its block") }
        defer { position += 1 }
        return bytes[position]
    }

    /// Seven bits a byte, the lowest first.
    mutating func number() throws(TraceDamage) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let next = try byte()
            guard shift < 63 || next <= 1 else { break }
            value |= UInt64(next & 0x7f) << shift
            if next & 0x80 == 0 { return value }
        }
        throw damage("a number has no end")
    }

    mutating func count(in range: ClosedRange<Int>, _ what: String) throws(TraceDamage) -> Int {
        let value = try number()
        guard let count = Int(exactly: value), range.contains(count) else { throw damage("\(what) can't be \(value)") }
        return count
    }

    mutating func int32() throws(TraceDamage) -> Int32 {
        let value = TraceFormat.unfolded(try number())
        guard let small = Int32(exactly: value) else { throw damage("\(value) is too large a number") }
        return small
    }

    mutating func text(max: Int) throws(TraceDamage) -> String {
        let found = try take(try count(in: 0...max, "the length of a name"))
        guard let text = String(validating: found, as: UTF8.self),
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw damage("a name is no text") }
        return text
    }

    /// A path that begins like the last one.
    mutating func path(behind last: inout [UInt8]) throws(TraceDamage) -> String {
        let shared = try count(in: 0...TraceFormat.pathMax, "the length of a path")
        guard shared <= last.count else { throw damage("a path continues one that is shorter") }
        let rest = try take(try count(in: 0...TraceFormat.pathMax, "the length of a path"))
        last.removeLast(last.count - shared)
        last.append(contentsOf: rest)
        guard last.count <= TraceFormat.pathMax, let path = String(validating: last, as: UTF8.self), path.utf8.first == 0x2f
        else { throw damage("a path is no text, is too long, or does not begin with '/'") }
        pathBudget -= last.count
        guard pathBudget >= 0 else { throw damage("its paths take more than 1 GiB of memory, which is the most") }
        return path
    }

    private mutating func take(_ count: Int) throws(TraceDamage) -> UnsafeRawBufferPointer {
        guard limit - position >= count else { throw damage("a record goes beyond its block") }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
    }
}
