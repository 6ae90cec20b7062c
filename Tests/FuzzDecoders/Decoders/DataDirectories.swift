// What a start reads: epoch file, segments, frames, snapshots. A directory that does not hold together is refused with a
// sentence, and one that does gives a member whose log can be read to its end.

import ApplyHarness
import Batch
import Journal
import Node
import NodeEnsemble
import StateMachine
import Zab

final class DataDirectories: FuzzTarget {
    let name = "data-directories"
    let corpus: [[UInt8]]
    /// A start makes a member with its tables, and reads files of any length through a window.
    let bound = AllocationBound.member
    private let founding: Configuration

    /// - Parameter directories: those of members 1, 2, ... in order.
    init(_ directories: [DirectoryImage], founding: Configuration) {
        corpus = directories.enumerated().map { [UInt8($0 + 1)] + $1.bytes }
        self.founding = founding
    }

    func change(_ input: inout [UInt8], _ mutator: inout Mutator) {
        var image = DirectoryImage(Array(input.dropFirst()))
        guard !image.files.isEmpty else { return mutator.change(&input, from: 1) }
        for _ in 0...mutator.chance.below(3) { change(&image, &mutator) }
        if !mutator.chance.oneIn(10) { image.mend(&mutator.chance) }
        input = [input.first ?? 1] + image.bytes
    }

    private func change(_ image: inout DirectoryImage, _ mutator: inout Mutator) {
        guard !image.files.isEmpty else { return }
        let index = mutator.chance.below(image.files.count)
        switch mutator.chance.below(24) {
        case 0: image.files.remove(at: index)
        case 1: image.files[index].size = mutator.chance.below(image.files[index].size + 2)
        case 2:
            var copy = image.files[index]
            copy.name = ["log-0000000009", "snapshot-00000000ffffffff", "epoch.making", "log-99999999999999999999"].randomElement(
                using: &mutator.chance)!
            image.files.append(copy)
        default: changeContent(&image.files[index], &mutator)
        }
    }

    /// Mostly the fields at the head of a block, which is where numbers are.
    private func changeContent(_ file: inout DirectoryImage.File, _ mutator: inout Mutator) {
        guard !file.bytes.isEmpty else { return }
        let block = mutator.chance.below((file.bytes.count + 4_095) / 4_096) * 4_096
        let extent = mutator.chance.oneIn(3) ? 4_096 : 128
        let end = min(block + extent, file.bytes.count)
        var piece = Array(file.bytes[block..<end])
        let before = piece.count
        for _ in 0...mutator.chance.below(3) { mutator.changeOnce(&piece) }
        // In place: what follows stays on its block.
        if !mutator.chance.oneIn(10) {
            while piece.count < before { piece.append(0) }
            piece.removeLast(piece.count - before)
        }
        file.bytes.replaceSubrange(block..<end, with: piece)
        file.size = max(file.size, file.bytes.count)
    }

    func run(_ input: [UInt8]) {
        let disk = MemoryDisk()
        DirectoryImage(Array(input.dropFirst())).lay(on: disk)
        // One of the ensemble's: a server whose number its file does not name does not come as far as here.
        let member = MemberID(min(max(input.first ?? 1, 1), 3))
        var settings = JournalSettings()
        settings.segmentSize = Recordings.segmentSize
        guard let recovered = try? Journal.recover(disk: disk, nodeID: member, settings: settings, newIncarnation: 77) else {
            return
        }
        let before = recovered.lastLogged
        guard
            let node = try? Node.start(
                settings: Recordings.settings(member), recovered: recovered, founding: founding, handlers: [], snapshots: disk,
                now: Instant(nanoseconds: 1))
        else { return }
        expect(node.stateMachine.applied <= before, "more is applied than the log holds")
        node.beginTurn(now: Instant(nanoseconds: 2), wallTime: 1, lateByNanoseconds: 0)
        node.sealTurn()
        node.applyTurn(now: Instant(nanoseconds: 3))
    }
}
