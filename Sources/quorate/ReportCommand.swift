// `quorate report`: results as a page in one file, for whoever plans with them or shows them.

import ArgumentParser
import Foundation
import Report
import Results

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Make one file to look at, to print and to pass on, of one or several results.",
        discussion: """
            RESULT is a result.json, capacity.json or tuning.json, or its folder; without one it is the newest result. The \
            file is HTML, needs no network, and is written beside the first result as report.html unless --out says \
            otherwise. Exit codes: 0 done, 64 usage, or a result can't be read, or the file is not a report, 74 it can't be \
            written.
            """)

    @Argument(help: "The results.")
    var results: [String] = []

    @Option(help: "The file to write; report.html beside the first result by default.")
    var out: String?

    @Flag(help: "Write over a file that is no report.")
    var force = false

    func run() throws {
        try StandardOutput.check()
        let paths = try results.isEmpty ? [ResultChoice.newest()] : results
        let found = try paths.map(Self.read)
        let file = out ?? Self.place(beside: paths[0])
        try checkThatItMayBeWritten(file)
        let page = ReportPage.text(found)
        do {
            try TextFile.write(page, to: file)
        } catch {
            throw Failure("\(error.description) Name another file with --out.", code: 74)
        }
        // Into a device or a pipe goes the page, and nothing else.
        guard isPlain(file) else { return }
        try StandardOutput.write("\(file), \((page.utf8.count + 1_023) / 1_024) KiB\n")
    }

    private static func read(_ path: String) throws -> ReportDocument {
        do {
            return try ReportDocument.read(path)
        } catch {
            throw Failure(error.description, code: 64)
        }
    }

    private static func place(beside result: String) -> String {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: result, isDirectory: &isFolder)
        let folder = exists && isFolder.boolValue ? result : (result as NSString).deletingLastPathComponent
        return (folder as NSString).appendingPathComponent("report.html")
    }

    private func isPlain(_ file: String) -> Bool {
        var kind = stat()
        return stat(file, &kind) == 0 && kind.st_mode & S_IFMT == S_IFREG
    }

    /// What somebody else has written stays, above all the result itself.
    private func checkThatItMayBeWritten(_ file: String) throws {
        guard !force, isPlain(file) else { return }
        let bytes = FileManager.default.contents(atPath: file)
        guard bytes?.isEmpty != true else { return }
        if let bytes, ReportPage.isReport(String(decoding: bytes.prefix(1_000), as: UTF8.self)) { return }
        throw Failure("\(file) is there already and is no report; name another file with --out, or say --force.", code: 64)
    }
}
