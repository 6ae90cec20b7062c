// Tests that each shipped mix arrives at a server as it is written: requests are counted where they arrive, so that neither the
// drawing nor the sending can shift a share unseen.

import Foundation
import LoadGenerator
import Synchronization
import Testing
import Workload

import enum Workload.Operation

@Suite(.serialized) struct MixTests {
    private static let tolerance = 0.02
    private static let workloads: [(file: String, workload: Workload)] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("workloads").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.sorted().compactMap { file in
            let path = "\(folder)/\(file)"
            return (try? Workload(file: path)).map { (path, $0) }
        }
    }()

    /// Each mix of a shipped file once, however many roles have it.
    private static let mixes: [(file: String, role: String)] = {
        var mixes: [(file: String, role: String)] = []
        for (file, workload) in workloads {
            var seen: [Role] = []
            for role in workload.roles where !role.weights.isEmpty {
                if seen.contains(where: { $0.operations == role.operations && $0.weights == role.weights }) { continue }
                seen.append(role)
                mixes.append((file, role.name))
            }
        }
        return mixes
    }()

    /// What an operation is on the wire.
    private static func opCode(_ operation: Operation) -> Int? {
        switch operation {
        case .create, .createChild, .enqueue: 1
        case .delete, .deleteChild: 2
        case .exists: 3
        case .get: 4
        case .set: 5
        case .list: 8
        case .multi: 14
        default: nil
        }
    }

    private static func shares(_ operations: [Operation], _ weights: [Int]) throws -> [Int: Double] {
        let sum = Double(weights.reduce(0, +))
        var shares: [Int: Double] = [:]
        for (operation, weight) in zip(operations, weights) {
            shares[try #require(opCode(operation)), default: 0] += Double(weight) / sum
        }
        return shares
    }

    /// Op codes whose share of what arrived is not the written one, with the tolerance of two in a hundred of the share.
    private static func shifted(_ arrived: [Int], _ written: [Int: Double]) -> [Int] {
        let total = Double(arrived.reduce(0, +))
        return arrived.indices.filter { abs(Double(arrived[$0]) / total - (written[$0] ?? 0)) > tolerance * (written[$0] ?? 0) }
    }

    /// So many requests that the tolerance is four standard deviations of the rarest one's share.
    private static func requests(for written: [Int: Double]) throws -> Int {
        let rarest = try #require(written.values.min())
        return Int((1 - rarest) / rarest * (4 / tolerance) * (4 / tolerance))
    }

    /// Lets the role work in a closed loop until `count` requests have arrived.
    private func arrivals(_ file: String, _ role: String, _ count: Int, clients: Int = 4) throws -> ArrivalCounts {
        let board = ArrivalBoard()
        let server = try ScriptedServer {
            setpriority(.init(PRIO_PROCESS.rawValue), 0, 19)
            return CountingService(loop: $0, board: board)
        }
        defer { server.stop() }
        let others = try Workload(file: file).roles.map(\.name).filter { $0 != role }
        let workload = try Workload(
            file: file,
            overrides: [
                "phases=[{name: mix, for: 120s, roles: [\(role)]}]", "check=[]", "roles.\(role).clients=\(clients)",
                "roles.\(role).pipeline=64", "roles.\(role).arrivals=closed",
            ] + others.map { "roles.\($0).clients=1" })
        let cancel = CancelFlag()
        let start = Mutex(ArrivalCounts())
        let isOver = Mutex(false)
        let watch: @Sendable () -> Void = {
            while !isOver.withLock({ $0 }), board.current.total - start.withLock({ $0.total }) < count {
                Thread.sleep(forTimeInterval: 0.005)
            }
            cancel.set()
        }
        let report = try inIdleTime {
            try LoadRun(workload: workload, hosts: [server.address]).run(
                cancel: cancel,
                phaseChanged: { change in
                    guard change.phase != nil else { return }
                    // what was laid out is answered, and nothing of the load is sent yet
                    start.withLock { $0 = board.current }
                    Thread.detachNewThread(watch)
                })
        }
        isOver.withLock { $0 = true }
        #expect(report.anomalies.total == 0)
        return board.current - start.withLock { $0 }
    }

    /// Counting takes the time that others leave: tests beside this one look at the clock.
    private func inIdleTime(_ work: @escaping @Sendable () throws -> LoadReport) throws -> LoadReport {
        let result = Mutex<Result<LoadReport, any Error>?>(nil)
        let isDone = DispatchSemaphore(value: 0)
        Thread {
            setpriority(.init(PRIO_PROCESS.rawValue), 0, 19)
            let outcome = Result { try work() }
            result.withLock { $0 = outcome }
            isDone.signal()
        }.start()
        isDone.wait()
        return try #require(result.withLock { $0 }).get()
    }

    @Test func everyShippedFileIsLookedAt() {
        #expect(Set(Self.workloads.map(\.workload.name)).isSuperset(of: ["config-read-mostly", "keeper-prod-mix", "write-only"]))
        #expect(Self.mixes.count >= 6)
    }

    @Test(arguments: mixes.indices)
    func aShippedMixArrivesAsItIsWritten(index: Int) throws {
        let (file, name) = Self.mixes[index]
        let role = try #require(try Workload(file: file).role(named: name))
        let written = try Self.shares(role.operations, role.weights)
        let needed = try Self.requests(for: written)
        var arrived = try arrivals(file, name, needed)
        for other in [9, 11] { arrived.requests[other] = 0 }
        #expect(arrived.requests.reduce(0, +) >= needed)
        let found = arrived.requests.enumerated().filter { $1 > 0 }
        #expect(Self.shifted(arrived.requests, written).isEmpty, "\(file) \(name): \(found) arrived, \(written) is written")
        // the same counts beside weights of which one is three tenths off must not pass
        var other = role.weights
        other[0] = other[0] * 13 / 10 + 1
        let shifted = Self.shifted(arrived.requests, try Self.shares(role.operations, other))
        #expect(!shifted.isEmpty)
    }

    /// Three to seven parts, each number as often; create and set half and half; names of 8 to 16 characters; data of 0 to 162
    /// bytes.
    @Test func theMultisOfKeeperProdMixArriveAsTheyAreWritten() throws {
        let file = try #require(Self.workloads.first { $0.workload.name == "keeper-prod-mix" }?.file)
        let arrived = try arrivals(file, "mixer", 300_000)
        let multis = arrived.multis.reduce(0, +)
        #expect(multis >= 30_000)
        for size in arrived.multis.indices {
            let share = Double(arrived.multis[size]) / Double(multis)
            #expect((3...7).contains(size) ? abs(share - 0.2) < 0.01 : share == 0, "\(size) parts: \(share)")
        }
        let parts = Double(arrived.parts.reduce(0, +))
        #expect(abs(parts / Double(multis) - 5) < 0.05)
        #expect(arrived.parts[1] + arrived.parts[5] == Int(parts) && abs(Double(arrived.parts[1]) / parts - 0.5) < 0.01)
        let names = Double(arrived.nameLengths.reduce(0, +))
        for length in arrived.nameLengths.indices {
            let share = Double(arrived.nameLengths[length]) / names
            #expect((8...16).contains(length) ? abs(share - 1.0 / 9) < 0.005 : share == 0, "\(length) characters: \(share)")
        }
        let mean = Double(arrived.dataBytes) / Double(arrived.requests[1] + arrived.requests[5])
        #expect(abs(mean - 81) < 1.5, "\(mean) bytes")
    }
}
