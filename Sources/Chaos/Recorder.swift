// All clients of a run, on one thread with one loop: they connect to members, ask, take answers in, and lose connections. What
// they saw is one history in the end. What is wrong with a single answer as it comes is noted at once; all else is judged later.

import Batch
import CLinux
import ClientProtocol
import Dispatch
import Histories
import Jute
import Synchronization
import Transport

/// How the clients ended.
struct Recording: Sendable {
    var history = History()
    /// What can be told at sight: answers out of order, a zxid that falls, another session than was asked for.
    var breaches: [String] = []
    /// Clients that were not done within the time that they had in the end: one sentence each.
    var late: [String] = []
    /// Sessions that the ensemble had given up when their client came back.
    var sessionsLost = 0
    var sessionsResumed = 0
    var connections = 0
}

/// The clients' thread, as others see it.
final class Recorder: Sendable {
    enum Stage: Int { case atWork, finishing, over }

    private final class Shared: Sendable {
        let stage = Atomic<Int>(Stage.atWork.rawValue)
        let deadline = Atomic<UInt64>(.max)
        let result = Mutex<Result<Recording, TransportError>?>(nil)
        let acknowledged = Atomic<UInt64>(0)
        let isOver = DispatchSemaphore(value: 0)
    }

    private let shared = Shared()

    /// Starts the clients; `ports` are those of the members.
    init(_ order: ChaosOrder, ports: [UInt16], pace: ClosedRange<UInt64>) throws(ChaosError) {
        let shared = shared
        let isStarted = startDetachedThread(named: "quorate-clients") {
            do throws(TransportError) {
                let loop = try RecorderLoop(order, ports: ports, pace: pace)
                while true {
                    let stage = Stage(rawValue: shared.stage.load(ordering: .acquiring)) ?? .over
                    guard stage != .over else { break }
                    let isLate = quorate_monotonic_ns() > shared.deadline.load(ordering: .relaxed)
                    if stage == .finishing, loop.isDone || isLate { break }
                    loop.turn(isFinishing: stage == .finishing)
                    shared.acknowledged.store(loop.lastAcknowledged, ordering: .relaxed)
                }
                let recording = loop.finished()
                shared.result.withLock { $0 = .success(recording) }
            } catch {
                shared.result.withLock { $0 = .failure(error) }
            }
            shared.isOver.signal()
        }
        guard isStarted else { throw ChaosError("no thread could be started for the clients") }
    }

    /// When a write was acknowledged to anybody last, on the monotonic clock; 0: never.
    var lastAcknowledged: UInt64 { shared.acknowledged.load(ordering: .relaxed) }

    /// Lets the clients come to their end: what is unanswered is awaited, and everything is read once more.
    func finish(within seconds: Double) throws(ChaosError) -> Recording {
        shared.deadline.store(quorate_monotonic_ns() + UInt64(seconds * 1e9), ordering: .relaxed)
        shared.stage.store(Stage.finishing.rawValue, ordering: .releasing)
        shared.isOver.wait()
        switch shared.result.withLock({ $0 }) {
        case .success(let recording)?: return recording
        case .failure(let error)?: throw ChaosError("the clients could not be run: \(error.text)")
        case nil: throw ChaosError("the clients left no record")
        }
    }

    /// Ends the thread at once.
    func abandon() { shared.stage.store(Stage.over.rawValue, ordering: .releasing) }
}

/// Why a run could not be carried out; one sentence.
package struct ChaosError: Error, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
