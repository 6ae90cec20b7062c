// Traces made up for tests: operations with what was answered to them, as a file of their own.

import Foundation
import Workload

/// A file that goes with this value.
final class TraceFile {
    let path: String

    init(_ trace: Trace) throws {
        path = FileManager.default.temporaryDirectory.path + "/quorate-\(UInt64.random(in: 0...UInt64.max)).trace"
        try Data(trace.encoded).write(to: URL(fileURLWithPath: path))
    }

    /// Nothing is in it yet.
    init() { path = FileManager.default.temporaryDirectory.path + "/quorate-\(UInt64.random(in: 0...UInt64.max)).trace" }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func workload(_ speed: Replay.Speed = .times(1)) throws -> Workload {
        var workload = try Workload(replaying: path, speed: speed)
        workload.checks = [.sameResults]
        return workload
    }
}

extension Trace {
    /// So many sessions of one role.
    init(sessions: Int, znodes: [TraceZnode] = []) {
        self.init()
        name = "made"
        self.sessions = [Int](repeating: role(named: "client"), count: sessions)
        self.znodes = znodes
    }

    /// Appends a request that was due so many milliseconds after the beginning, and its answer.
    mutating func add(
        _ kind: TraceOperation.Kind, _ path: String, session: Int = 0, at milliseconds: UInt64, error: Int32? = 0,
        _ change: (inout TraceOperation, inout TraceOutcome) -> Void = { _, _ in }
    ) {
        var operation = TraceOperation(kind, session: session, intended: milliseconds * 1_000_000, path: path)
        var outcome = TraceOutcome(error: error ?? 0)
        if kind == .create, error == 0 { outcome.created = path }
        if kind == .set || kind == .get || kind == .exists { outcome.version = 0 }
        change(&operation, &outcome)
        operation.outcome = error == nil ? nil : outcome
        operations.append(operation)
    }

    /// Each reply stands right behind its request; parts of multis are not for this.
    fileprivate var encoded: [UInt8] {
        var encoder = TraceEncoder()
        encoder.head(name: name, sessionTimeoutMilliseconds: sessionTimeoutMilliseconds)
        for role in sessions { encoder.session(role: roles[role]) }
        for znode in znodes { encoder.znode(znode.path, size: znode.size) }
        var unanswered = [Int](repeating: 0, count: sessions.count)
        for operation in operations {
            let session = operation.session
            func path(_ path: String) {
                var path = path
                path.withUTF8 { encoder.path(UnsafeRawBufferPointer($0), session: session) }
            }
            encoder.request(operation.kind, watches: operation.watches, session: session, intended: operation.intended)
            if operation.kind.hasPath { path(operation.path) }
            if operation.kind == .create { encoder.mode(operation.mode) }
            if operation.kind == .create || operation.kind == .set { encoder.size(operation.size) }
            if [.set, .delete, .check].contains(operation.kind) { encoder.version(operation.version) }
            guard let outcome = operation.outcome else {
                unanswered[session] += 1
                continue
            }
            encoder.reply(session: session, place: unanswered[session], nanoseconds: 1_000, error: outcome.error, zxid: 1)
            guard outcome.error == 0 else { continue }
            if operation.kind == .create { path(outcome.created) }
            if [.set, .get, .exists].contains(operation.kind) { encoder.version(outcome.version) }
        }
        encoder.end()
        return Array(TraceFormat.firstLine.utf8) + TraceEncoder.block(encoder.takeContent())
    }
}
