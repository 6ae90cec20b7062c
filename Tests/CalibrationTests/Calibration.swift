// One run of the load generator against a server of known behaviour, and what the server's record says that it should report.

import LoadGenerator
import Statistics
import Testing
import Workload

/// How the requests of a calibration come.
enum Coming: String, CaseIterable, Sendable {
    case closed, rate, poisson
}

struct Calibration: Sendable {
    var pace: Pace
    var coming: Coming
    /// Requests a second in an open loop.
    var perSecond = 1_000
    var clients = 4
    var pipeline = 1
    var milliseconds = 2_000

    private func workload() throws -> Workload {
        let arrivals = coming == .closed ? "closed" : "{\(coming.rawValue): \(perSecond)/s}"
        return try Workload(
            text: """
                apiVersion: quorate/v1
                name: calibration
                seed: 7
                data: {tree: [{path: /c/znode-, count: 50, size: 100B}]}
                payload: {size: 100B}
                roles:
                  writer: {clients: \(clients), pipeline: \(pipeline), arrivals: \(arrivals), do: [{set: {path: /c/znode-}}]}
                phases: [{name: steady, for: \(milliseconds)ms}]
                check: [no_loss]
                """, file: "calibration.yaml")
    }

    /// Runs it once; `stall` is called on the generator's thread once a second.
    func run(stall: (@Sendable () -> Void)? = nil) throws -> CalibrationRun {
        let server = try PacedServer(pace)
        let result = Result {
            let load = try LoadRun(workload: try workload(), hosts: [server.address])
            return try PreciseThread.run {
                try load.run(progress: stall.map { stall in { _ in stall() } })
            }
        }
        let record = server.stop()
        return try CalibrationRun(self, try result.get(), record)
    }
}

/// What the generator says, and what the server knows, of the same requests.
struct CalibrationRun {
    let report: LoadReport
    let phase: PhaseReport
    let sets: OperationReport
    /// The server's record, in the order of arrival.
    let record: [Served]
    /// When each of these was due, by the workload's schedule; in a closed loop when the reply left that let it be sent.
    let intended: [UInt64]

    init(_ calibration: Calibration, _ report: LoadReport, _ record: [Served]) throws {
        self.report = report
        self.record = record
        phase = try #require(report.phase(named: "steady"))
        sets = try #require(phase.operation(role: "writer", kind: .set))
        try #require(sets.response.count == UInt64(record.count), "each set is answered and measured once")
        intended = try Self.intended(calibration, report.startedNanoseconds, record)
    }

    /// Two clocks are read one after the other to know when a request arrived.
    private static let earliness: Int64 = 20_000

    /// The n-th request that is due goes to the n-th client, round and round; each client sends its own in their order.
    private static func intended(_ calibration: Calibration, _ start: UInt64, _ record: [Served]) throws -> [UInt64] {
        guard calibration.coming != .closed else { return freed(record, window: calibration.pipeline) }
        let end = start + UInt64(calibration.milliseconds) * 1_000_000
        let rate = Double(calibration.perSecond)
        var schedule =
            calibration.coming == .rate
            ? ArrivalSchedule(start: start, end: end, perSecond: rate)
            : ArrivalSchedule(start: start, end: end, poissonPerSecond: rate, seed: 7)
        var due: [[UInt64]] = Array(repeating: [], count: calibration.clients)
        while let instant = schedule.due {
            due[Int(schedule.index) % calibration.clients].append(instant)
            schedule.advance()
        }
        // Connections come in the order of the clients, and the one that lays out sends no sets.
        let connections = Set(record.map(\.connection)).sorted()
        try #require(connections.count == calibration.clients)
        var sent = Array(repeating: 0, count: calibration.clients)
        let intended = try record.map { served in
            let client = try #require(connections.firstIndex(of: served.connection))
            defer { sent[client] += 1 }
            return try #require(due[client].dropFirst(sent[client]).first, "no more sets than were due")
        }
        let early = zip(record, intended).map { Int64($1) - Int64($0.arrived) }.max() ?? 0
        try #require(early <= earliness, "nothing arrives before it is due: \(early) ns")
        try #require(sent == due.map(\.count), "everything that was due was sent")
        return intended
    }

    /// A closed loop sends a request when the one a window before it is answered, so that the way of that reply and of the
    /// request count as they do for the generator; the first ones count from their arrival.
    private static func freed(_ record: [Served], window: Int) -> [UInt64] {
        var left: [Int: [UInt64]] = [:]
        return record.map { served in
            let connection = Int(served.connection)
            defer { left[connection, default: []].append(served.left) }
            let earlier = left[connection, default: []]
            return earlier.count < window ? served.arrived : earlier[earlier.count - window]
        }
    }

    var response: [UInt64] { zip(record, intended).map { $0.left - $1 } }
    var service: [UInt64] { record.map { $0.left - min($0.left, $0.arrived) } }
    var slip: [UInt64] { zip(record, intended).map { $0.arrived - min($0.arrived, $1) } }

    func answered(before end: UInt64) -> Int { record.count { $0.left < end } }
}

/// Where generator and server disagree by more than 2 % and 50 microseconds.
struct Disagreement: CustomStringConvertible {
    let figure: String
    let percentile: Double
    let reported: UInt64
    let known: UInt64

    var description: String { "\(figure) p\(percentile): reported \(reported), known \(known)" }

    static let percentiles: [Double] = [10, 50, 90, 99]

    static func between(_ figure: String, _ reported: LatencyHistogram?, _ known: [UInt64]) -> [Disagreement] {
        let sorted = known.sorted()
        let histogram = reported ?? LatencyHistogram()
        return percentiles.compactMap { percentile in
            let known = value(of: sorted, at: percentile)
            let reported = histogram.value(atPercentile: percentile)
            let isNear = abs(Double(reported) - Double(known)) <= 0.02 * Double(known) + 50_000
            return isNear ? nil : Disagreement(figure: figure, percentile: percentile, reported: reported, known: known)
        }
    }

    static func value(of sorted: [UInt64], at percentile: Double) -> UInt64 {
        sorted.isEmpty ? 0 : sorted[max(0, Int((percentile / 100 * Double(sorted.count)).rounded(.up)) - 1)]
    }
}

/// Repeats a calibration that the machine may have spoilt. A mistake of the generator shows in every run, so that one run in
/// which all agrees is enough, and none in which all does is a failure. Only in the last run percentiles above the median are
/// left out where the server's own record shows what the machine did: a request is in four hands, sent, taken, answered and read,
/// of which the record sees how late one was; so a quarter of the worst percent of these is a whole one of all.
func calibrate(
    _ calibration: Calibration, attempts: Int = 12, stall: (@Sendable () -> Void)? = nil,
    sourceLocation: SourceLocation = #_sourceLocation, _ judge: (CalibrationRun) throws -> [Disagreement]
) throws -> CalibrationRun {
    var told: [String] = []
    for attempt in 1...attempts {
        let run = try calibration.run(stall: stall)
        var found = try judge(run)
        let lateness = run.record.map(\.lateness).sorted()
        if attempt == attempts {
            found.removeAll {
                $0.percentile > 50 && Disagreement.value(of: lateness, at: 100 - (100 - $0.percentile) / 4) > 50_000
            }
        }
        if found.isEmpty { return run }
        let late = Disagreement.percentiles.map { "\(Disagreement.value(of: lateness, at: $0) / 1_000)" }.joined(separator: ", ")
        told.append("\(found.map(\.description).joined(separator: "; ")) (replies left late by \(late) us)")
    }
    Issue.record("\(calibration.coming), \(calibration.pace): \(told.joined(separator: "\n"))", sourceLocation: sourceLocation)
    return try calibration.run(stall: stall)
}
