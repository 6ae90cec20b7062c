// The bytes of a configuration as founding and configuration records carry them: total on any input, little-endian.
//
//   u8 layout (1)  u8 minCopies  u8 commit copies  u8 elect votes  u8 count of voters
//   each voter: u32 id, u8 bound, [u128 incarnation], u16 length of host, host in UTF-8

extension Configuration {
    private static let layout: UInt8 = 1

    package var bytes: [UInt8] {
        var out: [UInt8] = [
            Configuration.layout, UInt8(minCopies), UInt8(quorum.commitCopies), UInt8(quorum.electVotes), UInt8(count),
        ]
        func append<T: FixedWidthInteger>(_ value: T) {
            for byte in 0..<T.bitWidth / 8 { out.append(UInt8(truncatingIfNeeded: value >> T(byte * 8))) }
        }
        for voter in voters {
            append(voter.id)
            out.append(voter.incarnation == nil ? 0 : 1)
            if let incarnation = voter.incarnation { append(incarnation) }
            let host = Array(voter.host.utf8.prefix(0xffff))
            append(UInt16(host.count))
            out += host
        }
        return out
    }

    /// Judges the bytes as a configuration from files is judged, and throws what is wrong with them.
    package init(decoding bytes: RawSpan) throws(ConfigurationError) {
        var offset = 0
        func take<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws(ConfigurationError) -> T {
            guard bytes.byteCount - offset >= MemoryLayout<T>.size else {
                throw ConfigurationError("a configuration of \(bytes.byteCount) bytes ends before its fields do")
            }
            defer { offset += MemoryLayout<T>.size }
            return T(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
        }
        let layout = try take(UInt8.self)
        guard layout == Configuration.layout else { throw ConfigurationError("a configuration of unknown layout \(layout)") }
        let minCopies = Int(try take(UInt8.self))
        let commitCopies = Int(try take(UInt8.self))
        let electVotes = Int(try take(UInt8.self))
        let count = Int(try take(UInt8.self))
        var voters: [Voter] = []
        for _ in 0..<count {
            let id = try take(UInt32.self)
            let incarnation: Incarnation? = try take(UInt8.self) == 0 ? nil : take(UInt128.self)
            let length = Int(try take(UInt16.self))
            guard bytes.byteCount - offset >= length else { throw ConfigurationError("a host passes the configuration's end") }
            let host = bytes.extracting(offset..<offset + length).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            offset += length
            voters.append(Voter(id: id, host: host, incarnation: incarnation))
        }
        guard offset == bytes.byteCount else { throw ConfigurationError("bytes behind the end of a configuration") }
        try self.init(
            voters: voters, quorum: Quorum(voters: count, commitCopies: commitCopies, electVotes: electVotes),
            minCopies: minCopies)
    }
}
