// Access control lists that znodes have: each distinct list is kept once and counted. Row 1 is the open list, which needs no
// looking at.

import ClientProtocol
import Handlers
import Jute

struct AccessListRow {
    var address: UInt64
    var length: UInt32
    var references: UInt32

    static let bytes = BlobField(
        address: MemoryLayout<AccessListRow>.offset(of: \.address)!, length: MemoryLayout<AccessListRow>.offset(of: \.length)!)
}

package struct AccessLists: ~Copyable {
    static let open: UInt32 = 1
    /// A list may not grow beyond this by what a client writes or by the identities that stand behind `auth`: every access test
    /// walks it, and making it compares each entry with those before it, on every member.
    package static let maxEntries = 128

    let table: PagedTable
    private var scratch = ByteBuffer(capacity: 256)
    private var openBytes = ByteBuffer(capacity: 64)
    /// Permissions of the `auth` entries of the list in hand: the same ones again would add nothing.
    private var expanded: [Int32] = []

    init(_ table: PagedTable) {
        self.table = table
        openBytes.writeOpenACL()
    }

    /// Makes row 1, on an empty state.
    mutating func plant() {
        let number = keep(openBytes.bytes)
        precondition(number == AccessLists.open, "the open list has to be the first")
    }

    private func keep(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let hash = table.hash(bytes)
        var number = table.find(bytes, hash: hash)
        if number == 0 {
            number = table.allocate()
            table.setBlob(number, AccessListRow.bytes, bytes)
            table.enter(number, hash: hash)
        }
        retain(number)
        return number
    }

    func retain(_ number: UInt32) {
        table.change(number).assumingMemoryBound(to: AccessListRow.self).pointee.references &+= 1
    }

    func release(_ number: UInt32) {
        let row = table.change(number).assumingMemoryBound(to: AccessListRow.self)
        row.pointee.references &-= 1
        if row.pointee.references == 0 {
            table.leave(number)
            table.free(number)
        }
    }

    func bytes(_ number: UInt32) -> UnsafeRawBufferPointer { table.blob(number, AccessListRow.bytes) }

    /// Judges a list as a client wrote it, puts identities in the place of `auth`, and counts one more user of the result.
    /// - Returns: its row, or 0 if the list is not valid.
    mutating func retained(_ list: consuming ACLList, identities: RawSpan) -> UInt32 {
        let isOpen = list.bytes.withUnsafeBytes { equalBytes($0, openBytes.bytes) }
        if isOpen {
            retain(AccessLists.open)
            return AccessLists.open
        }
        guard !list.isNull, list.count > 0, list.count <= AccessLists.maxEntries else { return 0 }
        expanded.removeAll(keepingCapacity: true)
        scratch.removeAll()
        scratch.writeInt(0)
        var count: Int32 = 0
        while let entry = list.next() {
            guard add(entry, identities, &count) else { return 0 }
        }
        scratch.put(bigEndian: count, at: 0)
        return keep(scratch.bytes)
    }

    private mutating func add(_ entry: borrowing ACLEntry, _ identities: RawSpan, _ count: inout Int32) -> Bool {
        if equal(entry.scheme, "world") {
            guard equal(entry.id, "anyone") else { return false }
            return append(entry.permissions, entry.scheme, entry.id, &count)
        }
        if equal(entry.scheme, "auth") { return expand(entry.permissions, identities, &count) }
        if equal(entry.scheme, "digest") {
            guard colons(entry.id) == 1 else { return false }
            return append(entry.permissions, entry.scheme, entry.id, &count)
        }
        if equal(entry.scheme, "ip") {
            guard AddressPrefix(entry.id) != nil else { return false }
            return append(entry.permissions, entry.scheme, entry.id, &count)
        }
        return false
    }

    private mutating func expand(_ permissions: Int32, _ identities: RawSpan, _ count: inout Int32) -> Bool {
        if expanded.contains(permissions) { return true }
        expanded.append(permissions)
        var reader = IdentityReader(identities)
        var found = false
        while let identity = reader.next() {
            guard IdentityScheme.isAuthenticated(identity.scheme) else { continue }
            found = true
            let name = IdentityScheme.name(identity.scheme)
            let scheme = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            guard append(permissions, scheme.bytes, identity.id, &count) else { return false }
        }
        return found
    }

    /// Appends an entry unless it is there already. False when the list grows too long.
    private mutating func append(_ permissions: Int32, _ scheme: RawSpan, _ id: RawSpan, _ count: inout Int32) -> Bool {
        let start = scratch.count
        scratch.writeACLEntry(permissions: permissions, scheme: scheme, id: id)
        let all = scratch.bytes
        let added = UnsafeRawBufferPointer(rebasing: all[start...])
        var reader = JuteReader(UnsafeRawBufferPointer(rebasing: all[4..<start]).bytes)
        for _ in 0..<count {
            let before = reader.offset
            guard (try? ACLEntry(reading: &reader)) != nil else { return false }
            if equalBytes(UnsafeRawBufferPointer(rebasing: all[4 + before..<4 + reader.offset]), added) {
                scratch.truncate(to: start)
                return true
            }
        }
        count += 1
        return count <= Int32(AccessLists.maxEntries)
    }

    /// Does list `number` let one of `identities` do one of the things in `wanted`?
    @inline(__always)
    func permits(_ number: UInt32, _ wanted: Int32, _ identities: RawSpan) -> Bool {
        number == AccessLists.open || judge(number, wanted, identities)
    }

    @inline(never)
    private func judge(_ number: UInt32, _ wanted: Int32, _ identities: RawSpan) -> Bool {
        var all = IdentityReader(identities)
        while let identity = all.next() { if identity.scheme == IdentityScheme.superuser { return true } }
        var reader = JuteReader(bytes(number).bytes)
        guard var list = try? ACLList(reading: &reader) else { return false }
        while let entry = list.next() {
            guard entry.permissions & wanted != 0 else { continue }
            if equal(entry.scheme, "world") { return true }
            var each = IdentityReader(identities)
            while let identity = each.next() { if matches(entry, identity) { return true } }
        }
        return false
    }

    private func matches(_ entry: borrowing ACLEntry, _ identity: borrowing Identity) -> Bool {
        guard equal(entry.scheme, IdentityScheme.name(identity.scheme)) else { return false }
        if identity.scheme == IdentityScheme.ip {
            guard let prefix = AddressPrefix(entry.id) else { return false }
            return prefix.contains(identity.id)
        }
        return equalBytes(entry.id, identity.id)
    }

    /// Writes a list for a client; without the right ADMIN the secrets of `digest` entries are hidden.
    func write(_ number: UInt32, masked: Bool, to reply: inout ByteBuffer) {
        guard masked else {
            reply.append(bytes(number))
            return
        }
        var reader = JuteReader(bytes(number).bytes)
        guard var list = try? ACLList(reading: &reader) else { return reply.writeInt(0) }
        reply.writeInt(Int32(list.count))
        while let entry = list.next() {
            guard equal(entry.scheme, "digest"), let colon = firstColon(entry.id) else {
                reply.writeACLEntry(permissions: entry.permissions, scheme: entry.scheme, id: entry.id)
                continue
            }
            reply.writeInt(entry.permissions)
            reply.writeBuffer(entry.scheme)
            reply.writeInt(Int32(colon + 2))
            reply.append(entry.id.extracting(0..<colon))
            reply.append(byte: UInt8(ascii: ":"))
            reply.append(byte: UInt8(ascii: "x"))
        }
    }

    private func colons(_ text: RawSpan) -> Int {
        var n = 0
        for i in 0..<text.byteCount where text.unsafeLoad(fromByteOffset: i, as: UInt8.self) == UInt8(ascii: ":") { n += 1 }
        return n
    }

    private func firstColon(_ text: RawSpan) -> Int? {
        for i in 0..<text.byteCount where text.unsafeLoad(fromByteOffset: i, as: UInt8.self) == UInt8(ascii: ":") { return i }
        return nil
    }
}
