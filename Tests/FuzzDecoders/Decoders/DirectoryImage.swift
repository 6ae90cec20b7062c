// A data directory in one run of bytes, to be changed and laid out again: the files of a member that has founded, served, taken
// snapshots and gone on. Checksums are mended behind a change, so that what is read is wrong in itself and not only spoilt.
//
//   a file: u8 length of its name, name, u32 size, u32 bytes that follow (the rest is zeros), bytes

import ApplyHarness
import CLinux
import Glibc
import Journal
import NodeEnsemble

struct DirectoryImage {
    struct File {
        var name: String
        var size: Int
        var bytes: [UInt8]
    }
    var files: [File] = []

    private static let largestFile = 1 << 20

    init(of disk: MemoryDisk) throws {
        for name in try disk.names() {
            let file = try disk.open(name, .existing)
            let size = try disk.size(file)
            var bytes = [UInt8](repeating: 0, count: size)
            _ = try bytes.withUnsafeMutableBytes { try disk.readAll(file, at: 0, into: $0) }
            while bytes.last == 0 { bytes.removeLast() }
            files.append(File(name: name, size: size, bytes: bytes))
        }
    }

    init(_ bytes: [UInt8]) {
        var place = 0
        while place < bytes.count {
            let nameLength = Int(bytes[place])
            let head = place + 1 + nameLength
            guard head + 8 <= bytes.count else { return }
            let name = String(decoding: bytes[place + 1..<head], as: UTF8.self)
            let size = min(Int(bytes.little(UInt32.self, at: head)), DirectoryImage.largestFile)
            let count = min(Int(bytes.little(UInt32.self, at: head + 4)), bytes.count - head - 8)
            files.append(File(name: name, size: max(size, count), bytes: Array(bytes[head + 8..<head + 8 + count])))
            place = head + 8 + count
        }
    }

    var bytes: [UInt8] {
        var out: [UInt8] = []
        for file in files {
            let name = Array(file.name.utf8.prefix(255))
            out.append(UInt8(name.count))
            out += name
            withUnsafeBytes(of: UInt32(file.size).littleEndian) { out += $0 }
            withUnsafeBytes(of: UInt32(file.bytes.count).littleEndian) { out += $0 }
            out += file.bytes
        }
        return out
    }

    func lay(on disk: MemoryDisk) {
        for image in files {
            guard let file = try? disk.open(image.name, .replacing) else { continue }
            let content = image.bytes + [UInt8](repeating: 0, count: max(image.size - image.bytes.count, 0))
            do {
                try content.withUnsafeBytes { try disk.writeAll(file, at: 0, $0) }
                try disk.flush(file)
            } catch {
                breach("a file in memory can't be written: \(error)")
            }
        }
        try? disk.flushDirectory()
    }

    // MARK: mending

    private static let block = 4_096

    mutating func mend(_ chance: inout Chance) {
        let epoch = files.first { $0.name == EpochFile.name }?.bytes ?? []
        let incarnation = epoch.little(UInt128.self, at: 56)
        let salt = withUnsafeBytes(of: incarnation.littleEndian) { quorate_crc32c(0, $0.baseAddress, 16) }
        for index in files.indices where !chance.oneIn(6) {
            switch files[index].name.prefix(4) {
            case "epoc": mendBlocks(index, [0, 1], &chance)
            case "log-":
                mendBlocks(index, [0, 1], &chance)
                mendFrames(index, salt, &chance)
            case "snap":
                mendBlocks(index, [0], &chance)
                mendChunks(index)
            default: break
            }
        }
    }

    private mutating func mendBlocks(_ index: Int, _ blocks: [Int], _ chance: inout Chance) {
        for number in blocks where !chance.oneIn(12) {
            let start = number * DirectoryImage.block
            let end = start + DirectoryImage.block
            guard files[index].size >= end, files[index].bytes.count > start else { continue }
            var content = files[index].bytes
            if content.count < end { content += [UInt8](repeating: 0, count: end - content.count) }
            content.put(little: content.checksum(start + 4..<end), at: start)
            files[index].bytes = content
        }
    }

    /// Heads and batches along the way that a walk takes, and mostly the chain.
    private mutating func mendFrames(_ index: Int, _ salt: UInt32, _ chance: inout Chance) {
        var content = files[index].bytes
        var chain = content.little(UInt32.self, at: DirectoryImage.block + 36)
        var place = 2 * DirectoryImage.block
        while place + 48 <= content.count {
            let magic = content.little(UInt32.self, at: place + 4)
            guard magic == 0x5142_4154 || magic == 0x5153_4541 else {
                place = (place + DirectoryImage.block) & ~(DirectoryImage.block - 1)
                continue
            }
            let length = Int(content.little(UInt32.self, at: place + 16))
            if !chance.oneIn(20) { content.put(little: chain, at: place + 20) }
            let batch = mendBatch(&content, at: place + 48)
            content.put(little: content.checksum(place + 4..<place + 48, from: salt), at: place)
            if batch == length, length > 0 {
                let crc = content.little(UInt32.self, at: place + 48)
                chain = withUnsafeBytes(of: crc.littleEndian) {
                    quorate_crc32c(content.checksum(place..<place + 48), $0.baseAddress, 4)
                }
                place += 48 + length
            } else {
                place = (place + 48 + DirectoryImage.block - 1) & ~(DirectoryImage.block - 1)
            }
        }
        files[index].bytes = content
    }

    private mutating func mendChunks(_ index: Int) {
        var content = files[index].bytes
        if content.count < files[index].size { content += [UInt8](repeating: 0, count: files[index].size - content.count) }
        var digest = content.little(UInt64.self, at: 16)
        var (place, chunks, payload) = (DirectoryImage.block, UInt64(0), UInt64(0))
        while place + 8 <= content.count {
            let length = Int(content.little(UInt32.self, at: place))
            guard length > 0, length <= content.count - place - 8 else { break }
            let crc = content.checksum(place + 8..<place + 8 + length, from: content.checksum(place..<place + 4))
            content.put(little: crc, at: place + 4)
            digest = (digest ^ (UInt64(crc) << 32 | UInt64(length))) &* 0x9e37_79b9_7f4a_7c15
            digest ^= digest >> 29
            (chunks, payload, place) = (chunks + 1, payload + UInt64(length), place + 8 + length)
        }
        for (offset, value) in [(8, chunks), (16, payload), (24, digest)] { content.put(little: value, at: place + offset) }
        content.put(little: content.checksum(place + 8..<place + 32, from: content.checksum(place..<place + 4)), at: place + 4)
        files[index].bytes = content
        files[index].size = content.count
    }
}
