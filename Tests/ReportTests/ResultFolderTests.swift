// Results go to a folder of their own and come back as they were.

import Foundation
import Report
import Results
import Testing

@Suite struct ResultFolderTests {
    @Test func theFallbackIsTakenWithANotice() throws {
        let place = FileManager.default.temporaryDirectory.path + "/quorate-results-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: place) }
        let started = Date(timeIntervalSince1970: 1_795_482_298)
        let (folder, notice) = try ResultFolder.make(in: ["/proc/nowhere", place], workload: "w", started: started)
        #expect(folder.id == "2026-11-24T01-04-58Z-w")
        #expect(folder.path == "\(place)/\(folder.id)")
        #expect(notice?.contains("/proc/nowhere can't be written") == true)
        let (second, none) = try ResultFolder.make(in: [place], workload: "w", started: started)
        #expect(second.id == "2026-11-24T01-04-58Z-w-2" && none == nil)
    }

    @Test func noPlaceAtAllNamesTheRemedy() {
        let error = #expect(throws: ResultError.self) {
            try ResultFolder.make(in: ["/proc/a", "/proc/b"], workload: "w", started: Date())
        }
        #expect(error?.description.contains("name a place with --out") == true)
    }
}
