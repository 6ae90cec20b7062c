// kazoo, the Python client, on a real ensemble: an independent reading of the protocol. The script that asks is kazoo/check.py.

import Ensemble
import Foundation
import Testing

/// Where a Python with kazoo is, if there is one; `scripts/test` makes one and names it.
private let python = ProcessInfo.processInfo.environment["QUORATE_PYTHON"]
private let missing = ProcessInfo.processInfo.environment["QUORATE_KAZOO_MISSING"] ?? "QUORATE_PYTHON names no Python with kazoo"

@Suite(.serialized) struct KazooTests {
    @Test(
        "kazoo's operations and recipes work on three members, in clear and over TLS",
        .enabled(if: python != nil, Comment(rawValue: missing)), arguments: [false, true])
    func script(isSecure: Bool) throws {
        try RealEnsemble.with(3, clients: isSecure ? .mutual : .plain) { ensemble in
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: try #require(python))
            process.arguments = [
                URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("kazoo/check.py").path,
                isSecure ? ensemble.secureHosts.joined(separator: ",") : ensemble.connectString,
            ]
            if let files = ensemble.order.clientTLS?.files {
                process.arguments! += [files.authority, files.certificate, files.key]
            }
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let data = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            let text = String(decoding: data, as: UTF8.self)
            #expect(process.terminationStatus == 0, Comment(rawValue: text))
            #expect(text.contains("ok     recursive delete"))
        }
    }
}
