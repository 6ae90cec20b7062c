// Tests of how znodes are chosen: the shape of each distribution with a fixed seed, and that a load sends what was drawn.

import LoadGenerator
import Statistics
import Testing
import Workload

@Suite(.serialized) struct ZnodeChoiceTests {
    /// How often each of so many znodes is drawn.
    private func draws(_ pick: Pick, of count: Int, times: Int, seed: UInt64 = 7) throws -> [Int] {
        let table = AliasTable(weights: try #require(pick.weights(count: count)))
        var found = [Int](repeating: 0, count: count)
        table.slots.withUnsafeBufferPointer { slots in
            let choice = ZnodeChoice(slots)
            var random = SeededRandom(seed: seed)
            for _ in 0..<times { found[Int(choice.next(&random, of: UInt64(count)))] += 1 }
        }
        return found
    }

    /// The sum of squared deviations by what is expected is about as large as the number of znodes, and strays by the root of
    /// twice that.
    private func strays(_ found: [Int], from weights: [Double]) -> Double {
        let unit = Double(found.reduce(0, +)) / weights.reduce(0, +)
        let squares = zip(found, weights).reduce(0.0) { sum, pair in
            let (drawn, expected) = (Double(pair.0), pair.1 * unit)
            return sum + (drawn - expected) * (drawn - expected) / expected
        }
        let freedom = Double(found.count - 1)
        return (squares - freedom) / (2 * freedom).squareRoot()
    }

    @Test(arguments: [0.5, 0.99, 1.0, 2.0])
    func zipfHasItsShape(exponent: Double) throws {
        let pick = Pick.zipf(exponent: exponent)
        let weights = try #require(pick.weights(count: 100))
        let found = try draws(pick, of: 100, times: 2_000_000)
        #expect(abs(strays(found, from: weights)) < 4)
        // another exponent is told apart
        #expect(abs(strays(found, from: try #require(Pick.zipf(exponent: exponent + 0.02).weights(count: 100)))) > 10)
        #expect(found[0] > found[1] && found[1] > found[3] && found[3] > found[15])
        // the second of all is drawn half as often as the first where the exponent is 1
        #expect(abs(weights[1] / weights[0] - (exponent == 1 ? 0.5 : weights[1])) < 1e-12)
    }

    @Test func aHotSetGetsItsShareAndIsEvenWithin() throws {
        let pick = Pick.hotset(share: 0.1, ofRequests: 0.9)
        let found = try draws(pick, of: 200, times: 1_000_000)
        let hot = found.prefix(20).reduce(0, +)
        #expect(abs(Double(hot) / 1_000_000 - 0.9) < 0.0012)
        #expect(abs(strays(found, from: try #require(pick.weights(count: 200)))) < 4)
        // a hot set may also be the one that is spared
        let spared = try draws(.hotset(share: 0.5, ofRequests: 0.25), of: 2, times: 100_000)
        #expect(abs(Double(spared[0]) / 100_000 - 0.25) < 0.006)
    }

    @Test func aSeedRepeatsItselfAndEvenChoicesNeedNoTable() throws {
        let pick = Pick.zipf(exponent: 0.8)
        #expect(try draws(pick, of: 50, times: 1_000) == draws(pick, of: 50, times: 1_000))
        #expect(try draws(pick, of: 50, times: 1_000) != draws(pick, of: 50, times: 1_000, seed: 8))
        #expect(Pick.uniform.weights(count: 50) == nil)
    }

    /// Every place keeps or gives away, so a table of a million still adds up.
    @Test func aLargeTableLosesNothing() throws {
        let count = 1_000_000
        let found = try draws(.zipf(exponent: 1), of: count, times: 1_000_000)
        let harmonic = (1...count).reduce(0.0) { $0 + 1 / Double($1) }
        #expect(abs(Double(found[0]) / 1_000_000 - 1 / harmonic) < 0.0012)
        let tail = Double(found.suffix(count / 2).reduce(0, +)) / 1_000_000
        #expect(abs(tail - 0.693147 / harmonic) < 0.001)
    }

    @Test func aLoadIsForTheZnodesThatWereDrawn() throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        let text = try setWorkload(arrivals: "closed", pipeline: 8, seconds: "500ms", pool: 100).resolved
        let workload = try Workload(
            text: text, file: "picked.yaml",
            overrides: ["roles.writer.do=[{set: {path: /sets/znode-, pick: {hotset: {share: 0.02, of_requests: 0.999}}}}]"])
        let report = try load(workload, server)
        let sets = try #require(report.phase(named: "steady")?.operation(role: "writer", kind: .set))
        #expect(sets.acknowledged > 100 && report.allChecksPassed && report.anomalies.total == 0)
        // with equal chances nearly all of the hundred znodes would have been set
        let znodes = try #require(report.sets?.znodes)
        #expect(znodes >= 2 && znodes < 2 + 12 + Int(sets.acknowledged) / 250, "\(znodes) znodes, \(sets.acknowledged) sets")
    }
}
