// The file of a campaign: only a regular file, held by one process, whole at any moment, and with the mode and the links it had.

import Campaign
import Foundation
import Testing

@Suite struct ResumeFileTests {
    private func kind(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode : 0
    }

    @Test func whatIsWrittenIsReadAndNothingIsLeftBeside() throws {
        let place = try Place()
        let path = "\(place.path)/seeds.json"
        let file = try ResumeFile(path)
        #expect(try file.read().isEmpty)
        for text in ["one", "a longer one", "two"] {
            try file.write(Data(text.utf8))
            #expect(try file.read() == Data(text.utf8))
        }
        #expect(place.names == ["seeds.json"])
    }

    @Test func itIsHeldByOneAtATime() throws {
        let place = try Place()
        let path = "\(place.path)/seeds.json"
        do {
            let file = try ResumeFile(path)
            for _ in 0..<3 {
                let error = #expect(throws: ResumeFileError.self) { try ResumeFile(path) }
                #expect(error?.description == "\(path) is held by another process; wait for its end, or name another file")
                // The file that takes its place is held as well.
                try file.write(Data("more".utf8))
            }
        }
        #expect(try ResumeFile(path).read() == Data("more".utf8))
    }

    @Test func whatIsNoRegularFileStaysWhatItIs() throws {
        let place = try Place()
        let pipe = "\(place.path)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        for path in [pipe, place.path] {
            let before = kind(path)
            let error = #expect(throws: ResumeFileError.self) { try ResumeFile(path) }
            #expect(error?.description == "\(path) is no regular file; name a file that --resume has written, or a new one")
            #expect(kind(path) == before)
        }
        #expect(throws: ResumeFileError.self) { try ResumeFile("\(place.path)/none/seeds.json") }
    }

    @Test func linksAndModesStay() throws {
        let place = try Place()
        let (path, link) = ("\(place.path)/seeds.json", "\(place.path)/link")
        try Data("old".utf8).write(to: URL(filePath: path))
        #expect(chmod(path, 0o640) == 0)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "seeds.json")
        let file = try ResumeFile(link)
        #expect(try file.read() == Data("old".utf8))
        try file.write(Data("new".utf8))
        #expect(kind(link) & S_IFMT == S_IFLNK && kind(path) & 0o777 == 0o640)
        #expect(try Data(contentsOf: URL(filePath: path)) == Data("new".utf8))
        // A link to nothing yet makes what it names.
        try FileManager.default.createSymbolicLink(atPath: "\(place.path)/early", withDestinationPath: "late.json")
        try ResumeFile("\(place.path)/early").write(Data("x".utf8))
        #expect(kind("\(place.path)/late.json") & S_IFMT == S_IFREG && kind("\(place.path)/early") & S_IFMT == S_IFLNK)
    }
}
