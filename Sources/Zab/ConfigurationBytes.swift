// The bytes of a configuration as founding and configuration records carry them: total on any input, little-endian.
//
//   u8 layout (2)  u8 minCopies  u8 groups to commit  u8 groups to elect
//   u8 count of groups, each: u64 voters by index, u16 weight to commit, u16 weight to elect
//   u8 count of members, each: u32 id, u8 flags (1 bound, 2 observer), u8 weight, u8 group, [u128 incarnation], u16 length of
//   host, host in UTF-8
//
// Layout 1 is what an ensemble without weights, groups and observers has always written, and still writes:
//
//   u8 layout (1)  u8 minCopies  u8 commit copies  u8 elect votes  u8 count of voters
//   each voter: u32 id, u8 bound, [u128 incarnation], u16 length of host, host in UTF-8

extension Configuration {
    private static let plainLayout: UInt8 = 1
    private static let layout: UInt8 = 2

    private var isPlain: Bool { members.allSatisfy { $0.weight == 1 && $0.group == 0 && !$0.isObserver } }

    package var bytes: [UInt8] {
        var out = ConfigurationWriter()
        let plain = isPlain
        out.append(plain ? Configuration.plainLayout : Configuration.layout)
        out.append(UInt8(minCopies))
        if plain {
            out.append(UInt8(quorum.groups[0].commitWeight))
            out.append(UInt8(quorum.groups[0].electWeight))
        } else {
            out.append(UInt8(quorum.commitGroups))
            out.append(UInt8(quorum.electGroups))
            out.append(UInt8(quorum.groups.count))
            for group in quorum.groups {
                out.append(group.voters)
                out.append(UInt16(group.commitWeight))
                out.append(UInt16(group.electWeight))
            }
        }
        out.append(UInt8(count))
        for member in members { out.append(member, isPlain: plain) }
        return out.bytes
    }

    /// Judges the bytes as a configuration from files is judged, and throws what is wrong with them.
    package init(decoding bytes: RawSpan) throws(ConfigurationError) {
        self = try bytes.withUnsafeBytes { raw throws(ConfigurationError) in try Configuration(reading: raw) }
    }

    private init(reading bytes: UnsafeRawBufferPointer) throws(ConfigurationError) {
        var reader = ConfigurationReader(bytes: bytes)
        let layout = try reader.take(UInt8.self)
        guard layout == Configuration.plainLayout || layout == Configuration.layout else {
            throw ConfigurationError("a configuration of unknown layout \(layout)")
        }
        let isPlain = layout == Configuration.plainLayout
        let minCopies = Int(try reader.take(UInt8.self))
        let commit = Int(try reader.take(UInt8.self))
        let elect = Int(try reader.take(UInt8.self))
        var groups: [Quorum.Group] = []
        if !isPlain {
            for _ in 0..<Int(try reader.take(UInt8.self)) {
                groups.append(
                    Quorum.Group(
                        voters: try reader.take(UInt64.self), commitWeight: Int(try reader.take(UInt16.self)),
                        electWeight: Int(try reader.take(UInt16.self))))
            }
        }
        var members: [EnsembleMember] = []
        for _ in 0..<Int(try reader.take(UInt8.self)) { members.append(try reader.takeMember(isPlain: isPlain)) }
        guard reader.isAtEnd else { throw ConfigurationError("bytes behind the end of a configuration") }
        let quorum =
            isPlain
            ? Quorum(voters: members.count, commitCopies: commit, electVotes: elect)
            : Quorum(weights: members.map(\.weight), groups: groups, commitGroups: commit, electGroups: elect)
        guard quorum.voters.leadingZeroBitCount >= 64 - members.count, quorum.voterCount <= Configuration.maxVoters else {
            throw ConfigurationError("the groups of a configuration hold voters that it does not list")
        }
        try self.init(members: members, quorum: quorum, minCopies: minCopies)
    }
}

private struct ConfigurationWriter {
    var bytes: [UInt8] = []

    mutating func append<T: FixedWidthInteger>(_ value: T) {
        for byte in 0..<T.bitWidth / 8 { bytes.append(UInt8(truncatingIfNeeded: value >> T(byte * 8))) }
    }

    mutating func append(_ member: EnsembleMember, isPlain: Bool) {
        append(member.id)
        append(UInt8((member.incarnation == nil ? 0 : 1) | (member.isObserver ? 2 : 0)))
        if !isPlain {
            append(UInt8(member.weight))
            append(UInt8(member.group))
        }
        if let incarnation = member.incarnation { append(incarnation) }
        let host = Array(member.host.utf8.prefix(0xffff))
        append(UInt16(host.count))
        bytes += host
    }
}

private struct ConfigurationReader {
    let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func take<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws(ConfigurationError) -> T {
        guard bytes.count - offset >= MemoryLayout<T>.size else {
            throw ConfigurationError("a configuration of \(bytes.count) bytes ends before its fields do")
        }
        defer { offset += MemoryLayout<T>.size }
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    mutating func takeMember(isPlain: Bool) throws(ConfigurationError) -> EnsembleMember {
        let id = try take(UInt32.self)
        let flags = try take(UInt8.self)
        let weight = isPlain ? 1 : Int(try take(UInt8.self))
        let group = isPlain ? 0 : Int(try take(UInt8.self))
        // In the plain layout any value but 0 means bound.
        let isBound = isPlain ? flags != 0 : flags & 1 != 0
        let incarnation: Incarnation? = isBound ? try take(UInt128.self) : nil
        let length = Int(try take(UInt16.self))
        guard bytes.count - offset >= length else { throw ConfigurationError("a host passes the configuration's end") }
        let host = String(decoding: bytes[offset..<offset + length], as: UTF8.self)
        offset += length
        return EnsembleMember(
            id: id, host: host, incarnation: incarnation, weight: weight, group: group,
            isObserver: !isPlain && flags & 2 != 0)
    }
}
