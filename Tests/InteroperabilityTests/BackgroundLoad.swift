// The load generator as a process of its own, so that a test can do things to the ensemble meanwhile.

import Ensemble
import Foundation

final class BackgroundLoad {
    private let process = Process()
    private let output = Pipe()

    /// Full load of `workload` on all members for about `seconds`.
    init(_ ensemble: Ensemble, workload: String = "write-only", seconds: Int, set: [String] = []) throws {
        process.executableURL = URL(fileURLWithPath: try RealEnsemble.product("quorate"))
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("workloads/\(workload).yaml").path
        process.arguments = ["load", file, "--connect", ensemble.connectString, "--for", "\(seconds / 2)s", "--quiet"]
        for setting in set { process.arguments! += ["--set", setting] }
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
