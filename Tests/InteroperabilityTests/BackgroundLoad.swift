// The load generator as a process of its own, so that a test can do things to the ensemble meanwhile.

import Ensemble
import Foundation

final class BackgroundLoad {
    private let process = Process()
    private let output = Pipe()

    /// `workload` on all members as fast as they take it, for about `seconds`; `phase` is that which does so.
    init(_ ensemble: Ensemble, workload: String = "write-only", phase: String = "deep", seconds: Int) throws {
        process.executableURL = URL(fileURLWithPath: try RealEnsemble.product("quorate"))
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("workloads/\(workload).yaml").path
        process.arguments = ["load", file, "--connect", ensemble.connectString, "--quiet"]
        for length in ["settle.for=1ms", "paced.for=1ms", "\(phase).for=\(seconds)s"] {
            process.arguments! += ["--set", "phases.\(length)"]
        }
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    deinit { if process.isRunning { process.terminate() } }

    private(set) var text = ""

    /// - Returns: the exit code: 0 when every check passed.
    func wait() throws -> Int32 {
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        text = String(decoding: data, as: UTF8.self)
        return process.terminationStatus
    }
}
