// Tests of lists of values: which lists are axes, what their combinations are, and what is said of lists that make no sense.

import Testing
import Workload

@Suite struct WorkloadSweepTests {
    private func settings(_ text: String = smallWorkload, _ overrides: [String] = []) throws -> [[String]] {
        try WorkloadSweep(text: text, file: "small.yaml", overrides: overrides).combinations.map { $0.map(\.setting) }
    }

    @Test func aFileWithoutListsOfValuesIsOneWorkload() throws {
        #expect(try settings() == [[]])
        // lists that belong to the format are none of values
        let lists = ["payload.size={list: [100B, 1KiB]}", "roles.writer.arrivals={steps: [{rate: 1/s, for: 1s}, {rate: 2/s}]}"]
        #expect(try settings(smallWorkload, lists) == [[]])
    }

    @Test func everyCombinationIsThereOnce() throws {
        let text = smallWorkload.replacing("{size: 1KiB}", with: "{size: [100B, 1KiB]}")
            .replacing("clients: 3", with: "clients: [1, 4, 16]")
        let sweep = try WorkloadSweep(text: text, file: "small.yaml")
        #expect(sweep.combinations.count == 6 && sweep.resolved.contains("- 100B"))
        #expect(
            sweep.combinations.prefix(4).map { $0.map(\.setting) } == [
                ["payload.size=100B", "roles.writer.clients=1"], ["payload.size=100B", "roles.writer.clients=4"],
                ["payload.size=100B", "roles.writer.clients=16"], ["payload.size=1KiB", "roles.writer.clients=1"],
            ])
        let last = try Workload(text: text, file: "small.yaml", overrides: try #require(sweep.combinations.last).map(\.setting))
        #expect(last.payload == .constant(1_024) && last.roles[2].clients == 16)
        // by itself, outside of a sweep, such a file is refused
        #expect(throws: WorkloadError.self) { try read(text) }
    }

    @Test func valuesWithinListsAndShapesAndOverridesAreAxesToo() throws {
        let overrides = [
            "phases.steady.for=[1s, 2s]", "data.tree.1.count=[10, 20]", "roles.producer.arrivals={rate: [10/s, 20/s]}",
            "seed=[1, 2]",
        ]
        let found = try settings(smallWorkload, overrides)
        #expect(found.count == 16)
        let paths = Set(found.flatMap(\.self).map { $0.prefix { $0 != "=" } })
        #expect(paths == ["seed", "data.tree./pool-.count", "roles.producer.arrivals.rate", "phases.steady.for"])
        for combination in found { _ = try read(smallWorkload, overrides + combination) }
    }

    @Test(arguments: [
        ("name=[a, b]", "small.yaml", "'name' is one value, not a list"),
        ("seed=[]", "seed=[]", "'seed' is a list of values to try, and names none; write one at least"),
        ("seed=[1, 1]", "seed=[1, 1]", "'seed' names '1' twice"),
        ("roles.writer.arrivals=[closed, {rate: 5/s}]", "", "'roles.writer.arrivals' is a list of values to try, each of them"),
    ])
    func aListThatMakesNoSenseIsNamed(setting: String, place: String, sentence: String) throws {
        let error = try #require(throws: WorkloadError.self) { try settings(smallWorkload, [setting]) }
        #expect(error.description.contains(sentence) && error.description.contains(place), "\(error.description)")
    }

    @Test func tooManyCombinationsAreRefused() throws {
        let many = "[" + (1...10).map(String.init).joined(separator: ", ") + "]"
        let error = try #require(throws: WorkloadError.self) {
            try settings(smallWorkload, ["seed=\(many)", "roles.writer.clients=\(many)"])
        }
        #expect(
            error.description.contains(
                "the lists seed, roles.writer.clients make 10 x 10 = 100 combinations, and at most 64 are run; shorten"))
    }
}
