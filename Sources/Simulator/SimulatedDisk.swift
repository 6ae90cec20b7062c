// A directory whose files have two layers: what a loss of power leaves, and what was written since the last flush, known by its
// sectors. A flush makes the second the first; a loss of power lets each sector survive or not as the dice say.

package import Batch
package import Glibc
package import Journal

package final class SimulatedDisk: Disk, @unchecked Sendable {
    // `@unchecked`: a simulation runs on one thread.

    package static let sector = 512

    private final class File {
        var bytes: [UInt8] = []
        /// As long as `bytes` were at the last flush.
        var durable: [UInt8] = []
        /// Written since the last flush, oldest first.
        var unflushed: [Range<Int>] = []
        /// What the last flush that did something made durable.
        var lastFlushed: [Range<Int>] = []
        /// What sectors held on the medium before they were written last, by their number.
        var former: [Int: [UInt8]] = [:]
    }

    /// What goes wrong with calls.
    package struct Faults: Sendable {
        /// Changing calls that still succeed; the machine is dead behind them.
        package var callsLeft: Int?
        /// The next flush fails once with this code, and what it should have made durable is gone.
        package var failingFlush: Int32?
        package var failingWrite: Int32?
        /// Files of names with this prefix can't grow.
        package var isFull: String?
        package var noDescriptors: String?
        /// A bit of the next write to a file of a name with this prefix changes.
        package var garbling: String?
        /// Every so-manieth write does a part of its work, or is interrupted.
        package var shortEvery = 0
        /// Flushes say that they are done, and do nothing.
        package var lies = false

        package init() {}
    }

    package var faults = Faults()
    package var time: UInt64 = 0
    /// Calls that change something, since the beginning.
    package private(set) var changes = 0
    package private(set) var flushes = 0
    private var files: [String: File] = [:]
    private var durableNames: [String: File] = [:]
    private var open: [Int32: File] = [:]
    private var nextDescriptor: Int32 = 100
    private var writes = 0
    /// Whether it remembers what sectors held before.
    package var keepsFormer = false
    /// A flush has said so and has done nothing.
    private var owesFlush = false
    /// What was called durable is lost.
    private var hasBrokenWord = false

    package init() {}

    // MARK: what befalls it

    package var isEmpty: Bool { files.isEmpty }

    package func wipe() {
        files = [:]
        durableNames = [:]
        open = [:]
    }

    /// Another machine's directory, or an earlier state of this one.
    package func replace(with other: SimulatedDisk) {
        (files, durableNames, open) = (other.files, other.durableNames, [:])
    }

    package func copy() -> SimulatedDisk {
        let other = SimulatedDisk()
        var copies: [ObjectIdentifier: File] = [:]
        func copy(_ file: File) -> File {
            if let known = copies[ObjectIdentifier(file)] { return known }
            let new = File()
            (new.bytes, new.durable, new.unflushed, new.lastFlushed) = (
                file.bytes, file.durable, file.unflushed, file.lastFlushed
            )
            copies[ObjectIdentifier(file)] = new
            return new
        }
        other.files = files.mapValues(copy)
        other.durableNames = durableNames.mapValues(copy)
        other.time = time
        return other
    }

    /// What a loss of power would leave of it now.
    package func image(survival: Int, _ dice: inout Dice) -> SimulatedDisk {
        let other = copy()
        other.losePower(survival: survival, &dice)
        return other
    }

    /// The process ends: what it wrote stays in the machine's memory.
    package func endProcess() {
        open = [:]
        faults = Faults()
    }

    /// The machine loses power. Each sector that was written and not flushed survives with `survival` in 1,000; one in four of
    /// those that don't is torn instead: a part of it is new.
    package func losePower(survival: Int, _ dice: inout Dice) {
        files = durableNames
        open = [:]
        faults = Faults()
        breakWord()
        for name in files.keys.sorted() { SimulatedDisk.settle(files[name]!, survival, &dice) }
    }

    private func breakWord() {
        if owesFlush { hasBrokenWord = true }
        owesFlush = false
    }

    /// Whether something that was called durable has been lost since this was asked last.
    package func takeBrokenWord() -> Bool {
        defer { hasBrokenWord = false }
        return hasBrokenWord
    }

    private static func settle(_ file: File, _ survival: Int, _ dice: inout Dice) {
        for range in file.unflushed where survival > 0 {
            var place = range.lowerBound
            while place < range.upperBound {
                let next = min((place / sector + 1) * sector, range.upperBound)
                var end = next
                if dice.below(1000) >= survival { end = dice.chance(1, in: 4) ? place + dice.below(next - place) : place }
                if end > place, end <= file.bytes.count {
                    if file.durable.count < end { file.durable += repeatElement(0, count: end - file.durable.count) }
                    for index in place..<end { file.durable[index] = file.bytes[index] }
                }
                place = next
            }
        }
        file.bytes = file.durable
        file.unflushed = []
    }

    /// Names of files with something in them, sorted.
    package func names(like prefix: String) -> [String] {
        files.keys.filter { $0.hasPrefix(prefix) && !files[$0]!.bytes.isEmpty }.sorted()
    }

    /// Whether some of these bytes belong to what was flushed last of this file.
    package func isOfLastFlush(_ bytes: Range<Int>, of name: String) -> Bool {
        files[name]?.lastFlushed.contains { $0.overlaps(bytes) } ?? false
    }

    /// Ends a file earlier, durably.
    package func cut(_ name: String, at length: Int) {
        guard let file = files[name] else { return }
        file.bytes.removeLast(max(0, file.bytes.count - length))
        file.durable.removeLast(max(0, file.durable.count - length))
        func rest(_ ranges: [Range<Int>]) -> [Range<Int>] { ranges.map { $0.clamped(to: 0..<length) }.filter { !$0.isEmpty } }
        file.unflushed = rest(file.unflushed)
        file.lastFlushed = rest(file.lastFlushed)
        file.former = file.former.filter { ($0.key + 1) * SimulatedDisk.sector <= length }
    }

    /// Whether something is in the sector that begins here.
    package func isInUse(_ offset: Int, of name: String) -> Bool {
        files[name]?.bytes[offset..<offset + SimulatedDisk.sector].contains { $0 != 0 } ?? false
    }

    package func sector(at offset: Int, of name: String) -> [UInt8] {
        files[name].map { Array($0.bytes[offset..<offset + SimulatedDisk.sector]) } ?? []
    }

    /// What it held before it was written last.
    package func formerSector(at offset: Int, of name: String) -> [UInt8] {
        files[name]?.former[offset / SimulatedDisk.sector] ?? Array(repeating: 0, count: SimulatedDisk.sector)
    }

    package func count(of name: String) -> Int { files[name]?.bytes.count ?? 0 }

    package func bytes(of name: String) -> [UInt8] { files[name]?.bytes ?? [] }

    /// Changes a file behind everybody's back, on the medium itself.
    package func tamper(_ name: String, _ change: (inout [UInt8]) -> Void) {
        guard let file = files[name] else { return }
        change(&file.bytes)
        // What has not been flushed is not on the medium yet.
        let count = file.durable.count
        file.durable += repeatElement(0, count: max(0, file.bytes.count - count))
        change(&file.durable)
        file.durable.removeLast(file.durable.count - count)
    }

    package func lose(_ name: String) {
        files[name] = nil
        durableNames[name] = nil
    }

    // MARK: Disk

    private func changing(_ operation: String, _ name: String) throws(DiskError) {
        if let left = faults.callsLeft {
            guard left > 0 else { throw DiskError(operation, name, code: EIO) }
            faults.callsLeft = left - 1
        }
        changes += 1
    }

    package func names() throws(DiskError) -> [String] { files.keys.sorted() }

    package func open(_ name: String, _ opening: Opening) throws(DiskError) -> DiskFile {
        if let prefix = faults.noDescriptors, name.hasPrefix(prefix) { throw DiskError("opening", name, code: EMFILE) }
        switch opening {
        case .existing, .existingDirect:
            guard files[name] != nil else { throw DiskError("opening", name, code: ENOENT) }
        case .new, .newDirect:
            guard files[name] == nil else { throw DiskError("opening", name, code: EEXIST) }
            try make(name)
        case .replacing: try make(name)
        }
        nextDescriptor += 1
        open[nextDescriptor] = files[name]
        return DiskFile(descriptor: nextDescriptor, name: name, disk: self)
    }

    private func make(_ name: String) throws(DiskError) {
        if let prefix = faults.isFull, name.hasPrefix(prefix) { throw DiskError("opening", name, code: ENOSPC) }
        try changing("opening", name)
        files[name] = File()
    }

    package func close(_ descriptor: Int32) { open[descriptor] = nil }

    private func file(_ file: DiskFile) throws(DiskError) -> File {
        guard let found = open[file.descriptor] else { throw DiskError("using", file.name, code: EBADF) }
        return found
    }

    package func size(_ file: DiskFile) throws(DiskError) -> Int { try self.file(file).bytes.count }

    package func read(_ file: DiskFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
        let found = try self.file(file)
        return found.bytes.withUnsafeBytes { content in
            let count = max(0, min(bytes.count, content.count - offset))
            if count > 0 { bytes.baseAddress!.copyMemory(from: content.baseAddress! + offset, byteCount: count) }
            return count
        }
    }

    package func write(_ file: DiskFile, at offset: Int, _ pieces: UnsafeBufferPointer<iovec>) throws(DiskError) -> Int {
        let target = try self.file(file)
        writes += 1
        var limit = Int.max
        if faults.shortEvery > 0, writes % faults.shortEvery == 0 {
            if writes / faults.shortEvery % 2 == 0 { throw DiskError("writing", file.name, code: EINTR) }
            limit = 100
        }
        if let code = faults.failingWrite {
            faults.failingWrite = nil
            throw DiskError("writing", file.name, code: code)
        }
        var total = 0
        for piece in pieces { total += piece.iov_len }
        let end = offset + min(total, limit)
        if let prefix = faults.isFull, file.name.hasPrefix(prefix), end > target.bytes.count {
            throw DiskError("writing", file.name, code: ENOSPC)
        }
        try changing("writing", file.name)
        if target.bytes.count < end { target.bytes += repeatElement(0, count: end - target.bytes.count) }
        target.bytes.withUnsafeMutableBytes { content in
            var place = offset
            for piece in pieces where place < end {
                let count = min(piece.iov_len, end - place)
                if count > 0 { (content.baseAddress! + place).copyMemory(from: piece.iov_base!, byteCount: count) }
                place += count
            }
        }
        if let prefix = faults.garbling, file.name.hasPrefix(prefix), end > offset {
            faults.garbling = nil
            target.bytes[offset + (end - offset) / 2] ^= 0x10
        }
        if let last = target.unflushed.last, last.upperBound == offset {
            target.unflushed[target.unflushed.count - 1] = last.lowerBound..<end
        } else {
            target.unflushed.append(offset..<end)
        }
        return end - offset
    }

    package func flush(_ file: DiskFile) throws(DiskError) {
        let target = try self.file(file)
        try changing("flushing", file.name)
        flushes += 1
        if let code = faults.failingFlush {
            faults.failingFlush = nil
            breakWord()
            // The kernel calls the pages clean and has written none of them.
            target.unflushed = []
            if target.durable.count < target.bytes.count {
                target.durable += repeatElement(0, count: target.bytes.count - target.durable.count)
            }
            throw DiskError("flushing", file.name, code: code)
        }
        if faults.lies {
            owesFlush = true
            // What was flushed before them may be the last that there is.
            target.lastFlushed += target.unflushed
            return
        }
        if keepsFormer { SimulatedDisk.keepFormer(target) }
        guard !target.unflushed.isEmpty || target.durable.count != target.bytes.count else { return }
        if target.durable.count != target.bytes.count {
            target.durable = target.bytes
        } else {
            for range in target.unflushed {
                target.durable.withUnsafeMutableBytes { to in
                    target.bytes.withUnsafeBytes { from in
                        (to.baseAddress! + range.lowerBound).copyMemory(
                            from: from.baseAddress! + range.lowerBound, byteCount: range.count)
                    }
                }
            }
        }
        target.lastFlushed = target.unflushed
        target.unflushed = []
    }

    private static func keepFormer(_ file: File) {
        for range in file.unflushed {
            for number in range.lowerBound / sector...(range.upperBound - 1) / sector
            where (number + 1) * sector <= file.durable.count {
                file.former[number] = Array(file.durable[number * sector..<(number + 1) * sector])
            }
        }
    }

    package func flushDirectory() throws(DiskError) {
        try changing("flushing", "the directory")
        if faults.lies {
            owesFlush = true
            return
        }
        durableNames = files
    }

    /// Clean pages are read from the medium next; those that were written since the last flush stay.
    package func forgetCached(_ file: DiskFile) {
        guard let target = open[file.descriptor], target.durable != target.bytes else { return }
        var fresh = target.durable
        if fresh.count < target.bytes.count { fresh += repeatElement(0, count: target.bytes.count - fresh.count) }
        for range in target.unflushed { fresh.replaceSubrange(range, with: target.bytes[range]) }
        target.bytes = fresh
    }

    package func rename(_ name: String, to other: String) throws(DiskError) {
        try changing("renaming", name)
        guard let file = files.removeValue(forKey: name) else { throw DiskError("renaming", name, code: ENOENT) }
        files[other] = file
    }

    package func remove(_ name: String) throws(DiskError) {
        try changing("removing", name)
        guard files.removeValue(forKey: name) != nil else { throw DiskError("removing", name, code: ENOENT) }
    }

    package func freeBytes() throws(DiskError) -> Int { 1 << 40 }
    package var now: Instant { Instant(nanoseconds: time) }
}
