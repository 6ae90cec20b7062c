// A disk in memory that tells what is written from what would survive: every file has a durable image and the writes since,
// names likewise. It records the order of calls, fails on command, and hands out the disk that a loss of power would have left.

import Batch
import Glibc
import Journal
import Synchronization

final class SimulatedDisk: Disk {
    enum Call: Equatable {
        case write(String, offset: Int, count: Int)
        case flush(String)
        case flushDirectory
        case rename(String, String)
        case remove(String)
        case make(String)
    }

    struct Inode {
        var cached: [UInt8] = []
        var durable: [UInt8] = []
        /// Ranges written since the last flush, oldest first.
        var unflushed: [Range<Int>] = []
    }

    struct Faults {
        /// Counts down with every changing call; the one that meets zero and all behind it fail with EIO: the machine is dead.
        var callsLeft: Int?
        /// The next flush fails once with this code.
        var failingFlush: Int32?
        var failingWrite: Int32?
        /// Writes of names with this prefix fail.
        var fullFor: String?
        /// Files of names with this prefix can't be opened: no descriptor is left.
        var noDescriptorFor: String?
        /// No room for anything new: no file is made and none grows.
        var makesNothing = false
        /// Every write and read does at most so many bytes.
        var shortest: Int?
        /// Every so-manieth write is interrupted first.
        var interruptEvery: Int?
    }

    struct State {
        var inodes: [Int: Inode] = [:]
        var nextInode = 1
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        var handles: [Int32: Int] = [:]
        var nextHandle: Int32 = 3
        var calls: [Call] = []
        var faults = Faults()
        var clock: UInt64 = 1_000_000
        var writes = 0
    }

    let state: Mutex<State>

    init() { state = Mutex(State()) }

    private init(_ image: State) { state = Mutex(image) }

    // MARK: What tests do to it

    var calls: [Call] { state.withLock { $0.calls } }
    var callCount: Int { state.withLock { $0.calls.count } }

    /// The file written last.
    var lastWritten: String? {
        calls.reversed().lazy.compactMap { if case .write(let name, _, _) = $0 { name } else { nil } }.first
    }

    func advance(nanoseconds: UInt64) { state.withLock { $0.clock += nanoseconds } }

    func setFaults(_ faults: Faults) { state.withLock { $0.faults = faults } }

    /// What is left when everything that was not flushed is lost.
    func afterPowerLoss() -> SimulatedDisk { afterPowerLoss { _ in false } }

    /// What is left when each sector of 512 bytes that was written and not flushed survives as `survives` says, which gets a
    /// running number. Names are those of the last directory flush; a file whose name was lost is lost.
    func afterPowerLoss(_ survives: (Int) -> Bool) -> SimulatedDisk {
        var number = 0
        let image = state.withLock { state in
            var image = State()
            image.nextInode = state.nextInode
            image.clock = state.clock
            for (name, id) in state.durableNames.sorted(by: { $0.key < $1.key }) {
                guard var inode = state.inodes[id] else { continue }
                for range in inode.unflushed {
                    var place = range.lowerBound
                    while place < range.upperBound {
                        let next = min((place / 512 + 1) * 512, range.upperBound)
                        number += 1
                        if survives(number), next <= inode.cached.count {
                            if inode.durable.count < next {
                                inode.durable += [UInt8](repeating: 0, count: next - inode.durable.count)
                            }
                            inode.durable.replaceSubrange(place..<next, with: inode.cached[place..<next])
                        }
                        place = next
                    }
                }
                inode.cached = inode.durable
                inode.unflushed = []
                image.inodes[id] = inode
                image.names[name] = id
            }
            image.durableNames = image.names
            return image
        }
        return SimulatedDisk(image)
    }

    /// The same files, all of them durable, for experiments that must not touch the original: what is left when only the
    /// process ends.
    func copy() -> SimulatedDisk {
        let image = state.withLock { state in
            var image = State()
            image.nextInode = state.nextInode
            image.clock = state.clock
            image.names = state.names
            image.durableNames = state.names
            for id in state.names.values {
                var inode = state.inodes[id]!
                inode.durable = inode.cached
                inode.unflushed = []
                image.inodes[id] = inode
            }
            return image
        }
        return SimulatedDisk(image)
    }

    var fileNames: [String] { state.withLock { $0.names.keys.sorted() } }

    func bytes(of name: String) -> [UInt8] {
        state.withLock { state in state.names[name].map { state.inodes[$0]!.cached } ?? [] }
    }

    /// Changes a file behind everybody's back, durably.
    func tamper(_ name: String, _ change: (inout [UInt8]) -> Void) {
        state.withLock { state in
            let id = state.names[name]!
            change(&state.inodes[id]!.cached)
            state.inodes[id]!.durable = state.inodes[id]!.cached
        }
    }

    func flip(bit: Int, of name: String) { tamper(name) { $0[bit / 8] ^= 1 << UInt8(bit % 8) } }

    /// A file that somebody deleted.
    func lose(_ name: String) {
        state.withLock { state in
            state.names[name] = nil
            state.durableNames[name] = nil
        }
    }

    /// Puts a file in place, durably.
    func place(_ name: String, _ bytes: [UInt8]) {
        state.withLock { state in
            let id = state.nextInode
            state.nextInode += 1
            state.inodes[id] = Inode(cached: bytes, durable: bytes)
            state.names[name] = id
            state.durableNames[name] = id
        }
    }

    // MARK: Disk

    private func change<T>(_ call: Call, _ body: (inout State) throws(DiskError) -> T) throws(DiskError) -> T {
        let result: Result<T, DiskError> = state.withLock { state in
            if let left = state.faults.callsLeft {
                if left == 0 { return .failure(DiskError("anything", "the dead machine", code: EIO)) }
                state.faults.callsLeft = left - 1
            }
            do {
                let value = try body(&state)
                state.calls.append(call)
                return .success(value)
            } catch {
                return .failure(error as! DiskError)
            }
        }
        return try result.get()
    }

    func names() throws(DiskError) -> [String] { fileNames }

    func open(_ name: String, _ opening: Opening) throws(DiskError) -> DiskFile {
        let (exists, faults) = state.withLock { ($0.names[name] != nil, $0.faults) }
        if let prefix = faults.noDescriptorFor, name.hasPrefix(prefix) { throw DiskError("opening", name, code: EMFILE) }
        if faults.makesNothing, !exists, opening != .existing, opening != .existingDirect {
            throw DiskError("opening", name, code: ENOSPC)
        }
        switch opening {
        case .existing, .existingDirect:
            guard exists else { throw DiskError("opening", name, code: ENOENT) }
        case .new, .newDirect:
            if exists { throw DiskError("opening", name, code: EEXIST) }
        case .replacing: break
        }
        func handle(_ state: inout State) -> Int32 {
            state.nextHandle += 1
            state.handles[state.nextHandle] = state.names[name]!
            return state.nextHandle
        }
        if case .existing = opening {
            return DiskFile(descriptor: state.withLock { handle(&$0) }, name: name, disk: self)
        }
        let descriptor = try change(.make(name)) { (state) throws(DiskError) in
            if let full = state.faults.fullFor, name.hasPrefix(full) { throw DiskError("opening", name, code: ENOSPC) }
            if let id = state.names[name] {
                state.inodes[id]!.cached = []
                state.inodes[id]!.durable = []
                state.inodes[id]!.unflushed = []
            } else {
                state.inodes[state.nextInode] = Inode()
                state.names[name] = state.nextInode
                state.nextInode += 1
            }
            return handle(&state)
        }
        return DiskFile(descriptor: descriptor, name: name, disk: self)
    }

    func close(_ descriptor: Int32) { state.withLock { $0.handles[descriptor] = nil } }

    func size(_ file: DiskFile) throws(DiskError) -> Int {
        state.withLock { state in state.inodes[state.handles[file.descriptor]!]!.cached.count }
    }

    func read(_ file: DiskFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
        state.withLock { state in
            let id = state.handles[file.descriptor]!
            return state.inodes[id]!.cached.withUnsafeBytes { source in
                var count = max(0, min(bytes.count, source.count - offset))
                if let shortest = state.faults.shortest { count = min(count, shortest) }
                if count > 0 { bytes.baseAddress!.copyMemory(from: source.baseAddress! + offset, byteCount: count) }
                return count
            }
        }
    }

    func write(_ file: DiskFile, at offset: Int, _ pieces: UnsafeBufferPointer<iovec>) throws(DiskError) -> Int {
        var data: [UInt8] = []
        for piece in pieces { data += UnsafeRawBufferPointer(start: piece.iov_base, count: piece.iov_len) }
        let (interrupted, shortest) = state.withLock { state in
            state.writes += 1
            let every = state.faults.interruptEvery
            return (every.map { state.writes % $0 == 0 } ?? false, state.faults.shortest)
        }
        if interrupted { throw DiskError("writing", file.name, code: EINTR) }
        if let shortest { data = Array(data.prefix(shortest)) }
        let count = data.count
        return try change(.write(file.name, offset: offset, count: count)) { (state) throws(DiskError) in
            if let code = state.faults.failingWrite {
                state.faults.failingWrite = nil
                throw DiskError("writing", file.name, code: code)
            }
            if let full = state.faults.fullFor, file.name.hasPrefix(full) { throw DiskError("writing", file.name, code: ENOSPC) }
            let id = state.handles[file.descriptor]!
            let end = offset + count
            if state.faults.makesNothing, end > state.inodes[id]!.cached.count {
                throw DiskError("writing", file.name, code: ENOSPC)
            }
            if state.inodes[id]!.cached.count < end {
                state.inodes[id]!.cached += [UInt8](repeating: 0, count: end - state.inodes[id]!.cached.count)
            }
            state.inodes[id]!.cached.replaceSubrange(offset..<end, with: data)
            state.inodes[id]!.unflushed.append(offset..<end)
            return count
        }
    }

    func flush(_ file: DiskFile) throws(DiskError) {
        try change(.flush(file.name)) { (state) throws(DiskError) in
            state.clock += 100_000
            if let code = state.faults.failingFlush {
                state.faults.failingFlush = nil
                throw DiskError("flushing", file.name, code: code)
            }
            let id = state.handles[file.descriptor]!
            if state.inodes[id]!.unflushed.isEmpty { return }
            state.inodes[id]!.durable = state.inodes[id]!.cached
            state.inodes[id]!.unflushed = []
        }
    }

    func flushDirectory() throws(DiskError) {
        try change(.flushDirectory) { (state) throws(DiskError) in state.durableNames = state.names }
    }

    func forgetCached(_ file: DiskFile) {}

    func rename(_ name: String, to other: String) throws(DiskError) {
        try change(.rename(name, other)) { (state) throws(DiskError) in
            guard let id = state.names[name] else { throw DiskError("renaming", name, code: ENOENT) }
            state.names[name] = nil
            state.names[other] = id
        }
    }

    func remove(_ name: String) throws(DiskError) {
        try change(.remove(name)) { (state) throws(DiskError) in
            guard state.names[name] != nil else { throw DiskError("removing", name, code: ENOENT) }
            state.names[name] = nil
        }
    }

    func freeBytes() throws(DiskError) -> Int { 1 << 40 }

    var now: Instant {
        state.withLock { state in
            state.clock += 1_000
            return Instant(nanoseconds: state.clock)
        }
    }
}
