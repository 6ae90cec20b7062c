// The live uses of the log in order, as the walk back from the newest found them, and what their blocks must say.

struct LogChain {
    /// Oldest first. The last one may be a spare: named by the epoch file, but without a base of its own yet.
    var entries: [LogFiles.Entry]
    var generation: UInt64

    /// The base that counts; one of a generation that never came into force is void, like one of another use.
    func base(_ i: Int) -> SegmentBase? {
        guard let base = entries[i].base, base.use == entries[i].identity?.use, base.generation <= generation else { return nil }
        return base
    }

    /// A file that is smaller than when its use began, where the log ends: it was cut from outside. In front of that the base of
    /// the next segment tells what must be there.
    var shortened: LogFiles.Entry? {
        let end = entries.indices.last { base($0) != nil } ?? 0
        return entries[end...].first { $0.size < $0.identity?.filled ?? 0 }
    }

    func validate() throws(LogDamage) {
        for i in entries.indices where base(i) == nil && i < entries.count - 1 {
            throw LogDamage(
                "\(entries[i].file.name) is damaged at offset \(blockSize): its base block can't be read, though the log goes on "
                    + "behind it")
        }
        let inForce = entries.indices.contains { base($0)?.generation == generation }
        guard inForce else {
            throw LogDamage(
                "no log segment is based on generation \(generation), which the epoch file names (the base block of "
                    + "\(entries[entries.count - 1].file.name), offset \(blockSize), is damaged)")
        }
    }
}
