// What lies in the directory: the log's files with their identities and bases, found by use at a start. Names say nothing about
// order; use numbers do.

import Batch

struct LogFiles {
    static let prefix = "log-"

    struct Entry {
        var file: DiskFile
        var size: Int
        var identity: SegmentIdentity?
        var base: SegmentBase?
    }

    /// By name.
    var entries: [Entry] = []

    /// More digits than any number of files has.
    private static let mostDigits = 15

    /// Only what this journal makes is the log's: `log-` and digits. A copy that somebody put beside it is left alone.
    static func names(in disk: any Disk) throws(DiskError) -> [String] {
        try disk.names().filter { name in
            let digits = name.utf8.dropFirst(prefix.utf8.count)
            return name.hasPrefix(prefix) && !digits.isEmpty && digits.count <= mostDigits
                && digits.allSatisfy { (0x30...0x39).contains($0) }
        }
    }

    /// Opens every file of the log. What an ended process left in the page cache goes to the device first, and is read back
    /// from there.
    static func read(_ disk: any Disk) throws -> LogFiles {
        var files = LogFiles()
        let blocks = Block(count: Segment.headSize)
        for name in try names(in: disk) {
            let file = try disk.open(name, .existing)
            try disk.flush(file)
            disk.forgetCached(file)
            blocks.clear()
            let got = try disk.readAll(file, at: 0, into: blocks.mutableBytes)
            try FormatVersion.judge(blocks, magic: SegmentIdentity.magic, known: SegmentIdentity.version, name: name)
            files.entries.append(
                Entry(
                    file: file, size: try disk.size(file),
                    identity: got >= blockSize ? SegmentIdentity(decoding: blocks, at: 0) : nil,
                    base: got >= Segment.headSize ? SegmentBase(decoding: blocks, at: blockSize) : nil))
        }
        return files
    }

    func entry(of use: UInt64) -> Entry? { entries.first { $0.identity?.use == use } }

    /// The highest numbers found anywhere, so that none is given out again.
    var highestUse: UInt64 { entries.map { max($0.identity?.use ?? 0, $0.base?.use ?? 0) }.max() ?? 0 }
    var highestGeneration: UInt64 { entries.map { $0.base?.generation ?? 0 }.max() ?? 0 }
    var highestNumber: Int { entries.map { LogFiles.number(of: $0.file.name) }.max() ?? -1 }

    static func number(of name: String) -> Int { Int(name.dropFirst(prefix.count)) ?? -1 }
}
