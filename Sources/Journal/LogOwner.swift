// Where log and snapshots lie in two directories, the one with the snapshots tells whose log belongs to it: a log directory that
// was not mounted, or is named wrongly, would pass for the empty one of a member that begins.

import Batch

enum LogOwner {
    static let name = "owner"
    private static let makingName = "owner.making"
    private static let longest = 64

    enum Reading: Equatable {
        case missing
        case unreadable
        case of(UInt128)
    }

    static func read(on disk: any Disk) throws(DiskError) -> Reading {
        let file: DiskFile
        do throws(DiskError) {
            file = try disk.open(name, .existing)
        } catch {
            if error.isMissing { return .missing }
            throw error
        }
        let block = Block(count: blockSize)
        let count = try disk.readAll(file, at: 0, into: block.mutableBytes)
        let text = String(decoding: block.bytes.prefix(min(count, longest)).filter { $0 != 10 && $0 != 0 }, as: UTF8.self)
        guard let incarnation = UInt128(text, radix: 16), incarnation != 0 else { return .unreadable }
        return .of(incarnation)
    }

    /// Durable, name and all, when this returns.
    static func write(_ incarnation: UInt128, on disk: any Disk) throws(DiskError) {
        let file = try disk.open(makingName, .replacing)
        let block = Block(count: blockSize)
        let text = Array((String(incarnation, radix: 16) + "\n").utf8)
        block.mutableBytes.copyBytes(from: text)
        try disk.writeAll(file, at: 0, UnsafeRawBufferPointer(start: block.base, count: text.count))
        try disk.flush(file)
        try disk.rename(makingName, to: name)
        try disk.flushDirectory()
    }
}

extension Recovery {
    /// Rule F4: a member whose log is somewhere else has made promises, however empty the directory is that it finds.
    func refuseLostLog(_ owner: LogOwner.Reading) throws(JournalError) {
        guard owner != .missing else { return }
        throw .damaged(
            "the log that belongs to \(snapshots.place) is not in \(disk.place), so this member must not vote: mount the directory "
                + "that holds it, or correct dataLogDir; if it is gone for good, empty \(snapshots.place) too and, if other members "
                + "hold the data, have this member replaced, on the leader's machine: quorate replace \(nodeID)")
    }

    func noteOwner(_ owner: LogOwner.Reading, _ incarnation: UInt128) throws {
        if case .of(let other) = owner, other != incarnation {
            throw JournalError.foreign(
                "the log in \(disk.place) is not the one that belongs to \(snapshots.place): correct dataDir or dataLogDir")
        }
        guard snapshots !== disk, owner != .of(incarnation) else { return }
        do throws(DiskError) {
            try LogOwner.write(incarnation, on: snapshots)
        } catch {
            // A start needs no room; the next one that finds some makes up for it.
            guard error.isNoSpace || error.isNoDescriptor else { throw error }
            notes.append("found no room to note in \(snapshots.place) whose log belongs to it")
        }
    }
}
