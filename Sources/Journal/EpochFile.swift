// The epoch file: two slots of 4 KiB. Every change is written to one slot and flushed, then to the other and flushed, and only
// then is it durable. So any single slot that survives holds every change that was ever reported, which alternating slots would
// not give: one flipped bit in the newer would bring back an older promise, and with it a second leader in one epoch. The file
// gets its name when both slots are durable, so one that can't be read is never a beginning that was cut short.

import Rules

package final class EpochFile {
    package static let name = "epoch"
    /// What a creation that was cut short may leave; without meaning.
    package static let makingName = "epoch.making"

    package enum Reading: Equatable {
        case missing
        /// Neither slot is intact.
        case unreadable
        /// `repaired`: one slot was bad or behind and has been written again.
        case read(EpochState, repaired: Bool)
    }

    private let disk: any Disk
    private let file: DiskFile
    private let block = Block(count: 2 * blockSize)
    package private(set) var state: EpochState

    private init(disk: any Disk, file: DiskFile, state: EpochState) {
        self.disk = disk
        self.file = file
        self.state = state
    }

    /// Rule D10: a new epoch file and its name are durable when this returns, before the first message ever.
    static func create(on disk: any Disk, state: EpochState) throws(DiskError) -> EpochFile {
        demand(state.incarnation != 0, "Rule D10: a directory without an incarnation")
        try EpochFile(disk: disk, file: try disk.open(makingName, .replacing), state: state).write(state)
        try disk.rename(makingName, to: name)
        try disk.flushDirectory()
        // Opened again, so that errors from here on tell the name that it has now.
        return EpochFile(disk: disk, file: try disk.open(name, .existing), state: state)
    }

    /// Reads both slots, afresh from the device; a slot that is bad or behind is first written again from the other.
    static func open(on disk: any Disk) throws -> (reading: Reading, file: EpochFile?) {
        let file: DiskFile
        do throws(DiskError) {
            file = try disk.open(name, .existing)
        } catch {
            if error.isMissing { return (.missing, nil) }
            throw error
        }
        // What an ended process left in the page cache goes to the device first, and is then read from there.
        try disk.flush(file)
        disk.forgetCached(file)
        let block = Block(count: 2 * blockSize)
        _ = try disk.readAll(file, at: 0, into: block.mutableBytes)
        for offset in [0, blockSize] {
            try FormatVersion.judge(block, at: offset, magic: EpochState.magic, known: EpochState.version, name: name)
        }
        let first = EpochState(decoding: block, at: 0)
        let second = EpochState(decoding: block, at: blockSize)
        guard let newest = [first, second].compactMap({ $0 }).max(by: { $0.sequence < $1.sequence }) else {
            return (.unreadable, nil)
        }
        let epochs = EpochFile(disk: disk, file: file, state: newest)
        if first == newest, second == newest { return (.read(newest, repaired: false), epochs) }
        // The intact newer slot may stem from a change whose second half never happened; it stands, and is finished here. The
        // slot that holds it is not touched before the other one is durable.
        try epochs.write(newest, firstSlot: first == newest ? 1 : 0)
        return (.read(newest, repaired: true), epochs)
    }

    /// Changes the state and makes the change durable in both slots.
    func update(_ change: (inout EpochState) -> Void) throws(DiskError) {
        var next = state
        change(&next)
        // Rule E1: a promise never goes back.
        demand(next.acceptedEpoch >= state.acceptedEpoch, "Rule E1: the accepted epoch would go back")
        precondition(next.currentEpoch >= state.currentEpoch, "the current epoch would go back")
        precondition(
            next.newestUse >= state.newestUse && next.generation >= state.generation, "a use or generation would come again")
        if next == state { return }
        next.sequence &+= 1
        try write(next)
        state = next
    }

    private func write(_ state: EpochState, firstSlot: Int = 0) throws(DiskError) {
        for slot in [firstSlot, 1 - firstSlot] {
            #if QUORATE_MUTANTS
            if Mutant.isOn(.oneEpochSlot), slot != Int(state.sequence & 1) { continue }
            #endif
            state.encode(into: block, at: slot * blockSize)
            let bytes = UnsafeRawBufferPointer(start: block.base + slot * blockSize, count: blockSize)
            try disk.writeAll(file, at: slot * blockSize, bytes)
            try disk.flush(file)
        }
    }
}
