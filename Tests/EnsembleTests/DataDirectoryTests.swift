// Data directories are locked by their owner, checked for room, removed whole, and those of dead owners are cleared away.

import Ensemble
import Foundation
import Testing

@Suite struct DataDirectoryTests {
    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test func madeWithItsParentsAndRemovedWithAllInIt() throws {
        let place = try TestPlace("data")
        let data = try DataDirectory(path: "\(place.path)/a/b/data")
        try DataDirectory.makeWithParents("\(data.path)/member-1/data")
        try place.write("x", to: "a/b/data/member-1/zoo.cfg")
        try place.write("kept", to: "outside")
        try FileManager.default.createSymbolicLink(
            atPath: "\(data.path)/link", withDestinationPath: "\(place.path)/outside")
        data.remove()
        #expect(!exists(data.path))
        #expect(place.read("outside") == "kept")
    }

    @Test func aSecondOwnerIsRefused() throws {
        let place = try TestPlace("data")
        let first = try DataDirectory(path: "\(place.path)/data")
        let error = #expect(throws: EnsembleError.self) { try DataDirectory(path: "\(place.path)/data") }
        #expect(error?.description.contains("in use by another run") == true)
        withExtendedLifetime(first) {}
    }

    @Test func onlyWhatNobodyOwnsIsCleared() throws {
        let place = try TestPlace("data")
        let living = try DataDirectory(path: "\(place.path)/run-living")
        _ = try DataDirectory(path: "\(place.path)/run-dead")
        _ = try DataDirectory(path: "\(place.path)/other-dead")
        try DataDirectory(path: "\(place.path)/run-kept").keep()
        try DataDirectory.makeWithParents("\(place.path)/run-foreign")
        #expect(DataDirectory.removeLeftovers(under: place.path, prefix: "run-") == ["\(place.path)/run-dead"])
        #expect(!exists("\(place.path)/run-dead"))
        #expect(["run-living", "other-dead", "run-kept", "run-foreign"].allSatisfy { exists("\(place.path)/\($0)") })
        withExtendedLifetime(living) {}
    }

    @Test func leftoversOneLevelDeeperLeaveTheirNeighbours() throws {
        let place = try TestPlace("data")
        _ = try DataDirectory(path: "\(place.path)/2026-run/data")
        try place.write("{}", to: "2026-run/result.json")
        #expect(DataDirectory.removeLeftovers(under: place.path, inside: "data") == ["\(place.path)/2026-run/data"])
        #expect(place.read("2026-run/result.json") == "{}")
    }

    @Test func roomThatIsNotThereIsRefused() throws {
        let place = try TestPlace("data")
        let data = try DataDirectory(path: "\(place.path)/data")
        var needs = DataDirectory.Needs(nodes: 3, command: .quorate(program: "quorate"))
        #expect(needs.diskBytes == 3 * 1024 << 20)
        needs = DataDirectory.Needs(nodes: 0, command: .quorate(program: "quorate"))
        needs.diskBytes = .max
        let disk = #expect(throws: EnsembleError.self) { try data.check(needs) }
        #expect(disk?.cause == .outOfResources)
        #expect(disk?.description.contains("MiB are needed") == true)
        needs = DataDirectory.Needs(nodes: 0, command: .quorate(program: "quorate"))
        needs.memoryBytes = .max / 2
        let memory = #expect(throws: EnsembleError.self) { try data.check(needs) }
        #expect(memory?.description.contains("of memory left") == true)
    }

    @Test func theLeastLimitOfTheControlGroupsAroundUsCounts() throws {
        let place = try TestPlace("groups")
        for folder in ["outer/inner", "memory/old"] { try DataDirectory.makeWithParents("\(place.path)/\(folder)") }
        try place.write("300\n", to: "outer/memory.max")
        try place.write("max\n", to: "outer/inner/memory.max")
        try place.write("200\n", to: "memory/memory.limit_in_bytes")
        try place.write("9223372036854771712\n", to: "memory/old/memory.limit_in_bytes")
        func limit(_ groups: String) -> Int64? { DataDirectory.memoryLimit(groups: groups, root: place.path) }
        #expect(limit("0::/outer/inner\n") == 300)
        #expect(limit("4:cpu,memory:/old\n1:cpu:/\n0::/outer/inner\n") == 200)
        #expect(limit("0::/elsewhere\n1:cpu:/old\n") == nil)
        #expect(limit("") == nil)
    }

    @Test func aPlaceThatCanNotBeWrittenIsNamed() {
        let error = #expect(throws: EnsembleError.self) { try DataDirectory(path: "/proc/nowhere/data") }
        #expect(error?.description.contains("/proc/nowhere") == true)
    }

    @Test(.enabled(if: FileManager.default.isWritableFile(atPath: "/dev/shm"), "no /dev/shm here"))
    func memoryIsToldFromDisk() throws {
        let data = try DataDirectory(path: "/dev/shm/quorate-test-\(getpid())")
        defer { data.remove() }
        #expect(data.isInMemory)
    }
}
