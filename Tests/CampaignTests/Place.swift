// A directory of a test's own, gone with it.

import Foundation

final class Place {
    let path = FileManager.default.temporaryDirectory.appending(path: "quorate-campaign-\(UInt64.random(in: 0...UInt64.max))")
        .path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }

    /// A program that runs its arguments as the shell has it.
    func script(_ text: String) throws -> String {
        let file = "\(path)/program"
        try "#!/bin/sh\n\(text)\n".write(toFile: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        return file
    }
}
