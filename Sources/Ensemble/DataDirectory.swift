// The directory that holds the data of launched ensembles: made, checked for space, removed in the end.
//
// Its owner holds a lock on a file in it. The lock goes with the owner's process, however that ends, so that a later run can tell
// what a killed one has left behind and remove it. Nothing but directories with that file in them is ever removed.

internal import CLinux
internal import Glibc

package final class DataDirectory {
    package let path: String
    /// In memory (tmpfs, ramfs): what is flushed there is not durable.
    package let isInMemory: Bool
    private let lock: Int32
    private static let lockName = "quorate-data.lock"

    /// Makes the directory; its parent is made, too, if it is missing.
    package init(path: String) throws(EnsembleError) {
        self.path = path
        try Self.makeWithParents(path)
        let lock = open("\(path)/\(Self.lockName)", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else {
            throw EnsembleError(.unusable, "The directory \(path) can't be written: \(systemErrorText(errno)).")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw EnsembleError(.unusable, "The directory \(path) is in use by another run; choose another one.")
        }
        self.lock = lock
        isInMemory = quorate_is_memory_filesystem(path) == 1
    }

    deinit { close(lock) }

    package static func makeWithParents(_ path: String) throws(EnsembleError) {
        if mkdir(path, 0o755) == 0 || isDirectory(path) { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try makeWithParents(String(path[..<slash]))
            if mkdir(path, 0o755) == 0 || isDirectory(path) { return }
        }
        throw EnsembleError(.unusable, "The directory \(path) can't be made: \(systemErrorText(errno)); choose another one.")
    }

    /// After an `mkdir` that failed: whether it did because the directory is there already. If not, `errno` says why it failed.
    private static func isDirectory(_ path: String) -> Bool {
        guard errno == EEXIST else { return false }
        var found = stat()
        if stat(path, &found) == 0, found.st_mode & S_IFMT == S_IFDIR { return true }
        errno = ENOTDIR
        return false
    }

    // MARK: Checks

    /// What a run needs at the same time, by its largest ensemble.
    package struct Needs: Sendable, Equatable {
        package var diskBytes: Int64
        package var memoryBytes: Int64

        /// A member fills two log segments of 64 MiB before it has taken anything. It takes a snapshot every 256 MiB of log and
        /// frees nothing before the third, so 768 MiB of log lie there at most; 128 MiB are for the snapshots themselves.
        /// Another server is taken to need as much room on the disk, and in memory a heap of a GiB and half as much beside it.
        package init(nodes: Int, command: MemberCommand) {
            diskBytes = Int64(nodes) * (2 * 64 + 3 * 256 + 128) << 20
            memoryBytes = Int64(nodes) * (command.isQuorate ? 192 : 1_536) << 20 + 256 << 20
        }

        package static func + (left: Needs, right: Needs) -> Needs {
            var sum = left
            sum.diskBytes += right.diskBytes
            sum.memoryBytes += right.memoryBytes
            return sum
        }
    }

    /// Throws if the disk or the memory can't hold what is needed.
    package func check(_ needs: Needs) throws(EnsembleError) { try Self.check(needs, at: path) }

    /// The same for a directory that is yet to be made in `path`.
    package static func check(_ needs: Needs, at path: String) throws(EnsembleError) {
        let free = quorate_filesystem_available(path)
        let isInMemory = quorate_is_memory_filesystem(path) == 1
        guard free < 0 || free >= needs.diskBytes else {
            throw EnsembleError(
                .outOfResources,
                "The file system of \(path) has \(free >> 20) MiB left, and \(needs.diskBytes >> 20) MiB are needed; make room, "
                    + "name another place, or take fewer members.")
        }
        guard let memory = availableMemory(), memory < needs.memoryBytes + (isInMemory ? needs.diskBytes : 0) else { return }
        throw EnsembleError(
            .outOfResources,
            "The machine has \(memory >> 20) MiB of memory left, and \(needs.memoryBytes >> 20) MiB are needed"
                + (isInMemory ? " beside the data, which lies in memory, too" : "") + "; end something, or take fewer members.")
    }

    /// What the machine has left, or the limit of a control group around this process if that is less.
    static func availableMemory() -> Int64? {
        let limit = memoryLimit(groups: ProcFile.text("/proc/self/cgroup") ?? "", root: "/sys/fs/cgroup")
        return [machineMemory(), limit].compactMap(\.self).min()
    }

    /// The least limit of the control groups, of either version, that a process with this `/proc/PID/cgroup` is in; nil without
    /// one. In a container only the inner part of a path may be there, so all of its ancestors are looked at.
    package static func memoryLimit(groups: String, root: String) -> Int64? {
        var limits: [Int64] = []
        for line in groups.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3, fields[1].isEmpty || fields[1].split(separator: ",").contains("memory") else { continue }
            let (base, file) = fields[1].isEmpty ? (root, "memory.max") : ("\(root)/memory", "memory.limit_in_bytes")
            var parts = fields[2].split(separator: "/")
            while true {
                let text = ProcFile.text("\(([base] + parts.map(String.init)).joined(separator: "/"))/\(file)")
                if let text, let limit = Int64(text.prefix { $0.isNumber }) { limits.append(limit) }
                if parts.popLast() == nil { break }
            }
        }
        return limits.min()
    }

    private static func machineMemory() -> Int64? {
        guard let text = ProcFile.text("/proc/meminfo") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            let fields = line.split(separator: " ")
            return fields.count > 1 ? Int64(fields[1]).map { $0 << 10 } : nil
        }
        return nil
    }

    // MARK: Removal

    /// Removes the directory and all that is in it.
    package func remove() { Self.removeAll(path) }

    /// Leaves it to the user: no later run takes it for something left behind.
    package func keep() { unlink("\(path)/\(Self.lockName)") }

    /// Removes what killed runs have left: the directories `prefix...` directly under `parent` whose owners are gone. With
    /// `inside`, those of that name one level deeper. Returns them.
    @discardableResult
    package static func removeLeftovers(under parent: String, prefix: String = "", inside name: String? = nil) -> [String] {
        var removed: [String] = []
        for entry in ProcFile.names(in: parent).sorted() where entry.hasPrefix(prefix) {
            let path = name.map { "\(parent)/\(entry)/\($0)" } ?? "\(parent)/\(entry)"
            let lock = open("\(path)/\(lockName)", O_RDWR | O_CLOEXEC | QUORATE_O_NOFOLLOW)
            guard lock >= 0 else { continue }
            if flock(lock, LOCK_EX | LOCK_NB) == 0 {
                removeAll(path)
                removed.append(path)
            }
            close(lock)
        }
        return removed
    }

    /// The lock goes last: whoever is ended on the way, or can't remove all, leaves a directory that a later run still knows.
    private static func removeAll(_ path: String) {
        for name in ProcFile.names(in: path) where name != lockName { removeTree("\(path)/\(name)") }
        guard ProcFile.names(in: path) == [lockName] else { return }
        unlink("\(path)/\(lockName)")
        rmdir(path)
    }

    /// Follows no links.
    private static func removeTree(_ path: String) {
        var info = stat()
        guard lstat(path, &info) == 0 else { return }
        guard info.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        for name in ProcFile.names(in: path) { removeTree("\(path)/\(name)") }
        rmdir(path)
    }
}
