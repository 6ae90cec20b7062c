// All targets, made from what is recorded once.

import Foundation

enum Targets {
    static let names = [
        "peer-frames", "client-records", "configuration-records", "data-directories", "snapshots", "configuration-files",
        "workload-files", "client-connections", "peer-connections",
    ]

    /// - Parameter wanted: names; empty for all.
    static func make(_ wanted: [String], planted: Planted?) throws -> [any FuzzTarget] {
        let isWanted = { (name: String) in wanted.isEmpty || wanted.contains(name) }
        let needsRecordings = ["peer-frames", "data-directories", "peer-connections"].contains { isWanted($0) }
        let recordings = needsRecordings ? try Recordings() : nil
        return try names.filter(isWanted).map { name -> any FuzzTarget in
            switch name {
            case "peer-frames": PeerFrames(recorded: recordings!.frames, planted: planted)
            case "client-records": ClientRecords()
            case "configuration-records": try ConfigurationRecords()
            case "data-directories": DataDirectories(recordings!.directories, founding: recordings!.founding)
            case "snapshots": Snapshots()
            case "configuration-files": ConfigurationFiles()
            case "workload-files": WorkloadFiles(files: workloads())
            case "client-connections": ClientConnections(planted: planted)
            default: PeerConnections(recorded: recordings!.frames)
            }
        }
    }

    /// The workloads of the checkout, where the loop runs inside of one.
    private static func workloads() -> [[UInt8]] {
        let folder = ProcessInfo.processInfo.environment["QUORATE_CHECKOUT"] ?? "."
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/workloads")) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.sorted().compactMap {
            FileManager.default.contents(atPath: "\(folder)/workloads/\($0)").map { [UInt8]($0) }
        }
    }
}
