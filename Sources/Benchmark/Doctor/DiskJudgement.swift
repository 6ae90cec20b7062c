// What was measured of a disk, held to the lines that others have drawn for logs of this kind; docs/DOCTOR.md names whose they
// are.

package import Results

package enum DiskJudgement {
    /// etcd: the 99th percentile of a log's flush on a disk that is fast enough.
    package static let tailLine: UInt64 = 10_000_000
    /// 500 flushes a second, one after the other: what OpenShift's and etcd's documentation want for heavy loads.
    package static let middleLine: UInt64 = 2_000_000
    /// What a member of this project has on its disk at most while its tree is small.
    package static let roomLine: UInt64 = 1 << 30
    private static let subject = "disk"
    private static let faster = "give the log a faster disk, or one that nothing else writes to (dataLogDir)"

    /// - Parameters:
    ///   - disk: nil where the file system lies in memory.
    ///   - isForHeavyLoad: the middle of the flushes is a line that counts.
    package static func findings(
        _ disk: DoctorDisk?, path: String, _ filesystem: ResultFilesystem, isForHeavyLoad: Bool
    ) -> [DoctorFinding] {
        place(path, filesystem, disk) + room(filesystem) + (disk.map { flushes($0, isForHeavyLoad) } ?? [])
    }

    private static func place(_ path: String, _ filesystem: ResultFilesystem, _ disk: DoctorDisk?) -> [DoctorFinding] {
        let kind = filesystem.kind ?? "an unknown file system"
        let device = filesystem.device.map { " on \($0)" } ?? ""
        let shown = "\(path), \(kind)\(device)"
        if filesystem.inMemory {
            return [
                DoctorFinding(
                    subject, "lies in memory", "(\(path), \(kind)): nothing is flushed there, so flush times are no result",
                    .missed, remedy: "name a directory on a disk with --disk")
            ]
        }
        var found = [DoctorFinding(subject, "place", shown, .told)]
        let options = (filesystem.options ?? "").split(separator: ",").map(String.init)
        if !options.isEmpty { found.append(DoctorFinding(subject, "mounted with", options.joined(separator: ","), .told)) }
        let isDeaf = options.contains { ["volatile", "nobarrier", "barrier=0", "fsync=volatile"].contains($0) }
        if isDeaf || disk?.alone.isTooFastToBeDurable == true {
            let why =
                isDeaf
                ? "is switched off by a mount option" : "takes \(median(disk)) in the middle, which nothing durable can do"
            found.append(
                DoctorFinding(
                    subject, "a flush", why, line: "flushes that reach the disk", .missed,
                    remedy: "mount it without that, or leave out what swallows flushes"))
        }
        if ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "ceph"].contains(kind) {
            found.append(
                DoctorFinding(
                    subject, "lies on the network", "(\(kind))", line: "a disk of the machine", .mind,
                    remedy: "a log's flush waits for another machine there"))
        }
        return found
    }

    private static func median(_ disk: DoctorDisk?) -> String {
        DoctorWords.milliseconds(disk?.alone.latency.percentile(50) ?? 0)
    }

    private static func room(_ filesystem: ResultFilesystem) -> [DoctorFinding] {
        guard let free = filesystem.availableBytes else { return [DoctorFinding(subject, "room", "is not told", .unknown)] }
        return [
            DoctorFinding(
                subject, "free", DoctorWords.bytes(Double(free)), line: "≥ \(DoctorWords.bytes(Double(roomLine)))",
                free >= roomLine ? .kept : .missed, remedy: "make room: a member's log and snapshots need it")
        ]
    }

    private static func flushes(_ disk: DoctorDisk, _ isForHeavyLoad: Bool) -> [DoctorFinding] {
        let rate = "\(DoctorWords.bytes(disk.writerBytesPerSecond))/s"
        return flush("flush alone", disk.alone, isForHeavyLoad, faster)
            + flush(
                "flush beside a snapshot", disk.besideWriter, isForHeavyLoad,
                "\(faster); snapshots and log share this one")
            + [
                DoctorFinding(
                    subject, "snapshot written at", rate, line: "\(DoctorWords.bytes(Double(DiskTrial.writerPace)))/s wanted",
                    disk.writerBytesPerSecond < Double(DiskTrial.writerPace) * 0.9 ? .mind : .kept,
                    remedy: "snapshots take longer than members are made for")
            ]
    }

    private static func flush(
        _ name: String, _ figures: FsyncCeiling, _ isForHeavyLoad: Bool, _ remedy: String
    ) -> [DoctorFinding] {
        let (middle, tail) = (figures.latency.percentile(50), figures.latency.percentile(99))
        let isSlow = middle > middleLine
        return [
            DoctorFinding(
                subject, "\(name), p50", DoctorWords.milliseconds(middle), line: "≤ 2 ms for heavy loads",
                isSlow ? (isForHeavyLoad ? .missed : .mind) : .kept, remedy: remedy),
            DoctorFinding(
                subject, "\(name), p99", DoctorWords.milliseconds(tail), line: "≤ 10 ms", tail > tailLine ? .missed : .kept,
                remedy: remedy),
            DoctorFinding(
                subject, "\(name), max",
                "\(DoctorWords.milliseconds(figures.latency.max)) of \(DoctorWords.whole(figures.latency.count))", .told),
        ]
    }
}
