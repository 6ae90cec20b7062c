// Which promises a run held the members to, and what shows that one was broken.

package import Batch
import Ensemble
package import Histories

extension ChaosRun {
    func judge(_ ensemble: Ensemble, _ recording: Recording, _ rest: Rest, _ result: inout ChaosResult) throws(ChaosError) {
        result.promises.append(
            promise("comes_to_rest", recording.late + rest.breaches, "all members serve and stand at \(rest.place)"))
        result.promises.append(promise("replicas_agree", rest.differences, "all members came to the same state"))
        let log = try CommittedLog(ensemble.members)
        let same = "all members' logs hold the same \(log.batches.count) batches through \(log.last)"
        result.promises.append(promise("logs_agree", log.breaches, same))
        let verdict = ChaosVerdict(recording.history, committed: log.batches, isWhole: recording.late.isEmpty)
        result.promises += verdict.promises(seen: recording.breaches)
    }
}

/// What clients saw, held against what was committed.
package struct ChaosVerdict {
    private let history: History
    private let check: HistoryCheck
    private let queue: QueueAccount

    /// - Parameter isWhole: every client came to its end, and nobody's session goes on.
    package init(_ history: History, committed: [SealedBatch], isWhole: Bool) {
        self.history = history
        check = HistoryCheck(history, committed: committed)
        let lists = history.operations.filter { $0.kind == .list && $0.isAnswered && $0.error == 0 }
        let last = lists.max { $0.zxid < $1.zxid }
        queue = QueueAccount(history, rest: isWhole ? last.map { Set($0.listed.map { "/" + $0 }) } : nil)
        left = isWhole ? check.tree.znodes.filter { $0.value.owner != 0 }.map(\.key).sorted() : []
    }

    /// Ephemeral znodes that outlived their sessions.
    private let left: [String]

    /// `seen` is what was wrong at sight.
    package func promises(seen: [String]) -> [ChaosResult.Promise] {
        let answered = history.answered.count
        var answers = ChaosResult.Promise(
            name: "history", isKept: check.breaches.isEmpty && seen.isEmpty,
            sentence: "\(answered) answers and \(history.events.count) watch events are those of one order, and no write is lost")
        if !answers.isKept {
            answers.sentence = (seen + check.breaches.map(\.text)).prefix(5).joined(separator: "; ")
            if let first = check.breaches.first(where: { $0.operation != nil }) {
                answers.excerpt = excerpt(around: first.operation!, and: first.other)
            }
        }
        let account =
            "\(queue.put) items were put, \(queue.taken) taken, \(queue.left) left, \(queue.unknown) taken without an answer"
        let items = ChaosResult.Promise(
            name: "queue", isKept: queue.breaches.isEmpty,
            sentence: queue.breaches.isEmpty ? account : queue.breaches.joined(separator: "; "))
        let ephemerals = ChaosResult.Promise(
            name: "ephemerals", isKept: left.isEmpty,
            sentence: left.isEmpty
                ? "no ephemeral znode outlived its session"
                : "these outlived their sessions: " + left.prefix(5).joined(separator: ", "))
        return [answers, items, ephemerals]
    }

    /// What was asked of the same path around an operation, and the other one that contradicts it.
    private func excerpt(around number: Int, and other: Int?) -> [String] {
        let path = history.operations[number].path
        let same = history.operations.indices.filter {
            [history.operations[$0].path, history.operations[$0].created].contains(path)
        }
        guard let place = same.firstIndex(of: number) else { return [] }
        var shown = Set(same[max(0, place - 8)..<min(same.count, place + 5)])
        if let other { shown.insert(other) }
        return shown.sorted().map { ([number, other].contains($0) ? "> " : "  ") + line(history.operations[$0]) }
    }

    private func line(_ operation: Operation) -> String {
        let begin = history.operations.first?.invoked ?? 0
        func seconds(_ time: UInt64) -> String {
            let digits = String((time - min(begin, time)) / 1_000 % 1_000_000)
            return "\((time - min(begin, time)) / 1_000_000_000).\(String(repeating: "0", count: 6 - digits.count))\(digits)"
        }
        let time =
            operation.isAnswered
            ? "\(seconds(operation.invoked))-\(seconds(operation.completed)) s" : seconds(operation.invoked) + " s"
        let value = operation.isWrite ? " value \(operation.value)" : ""
        let asked = "\(time) client \(operation.client) \(operation.kind) \(operation.path)\(value): "
        guard operation.isAnswered else { return asked + "no answer" }
        guard operation.error == 0 else { return asked + "error \(operation.error) at \(operation.zxid)" }
        switch operation.kind {
        case .get: return asked + "\(operation.found ?? 0) of version \(operation.version) at \(operation.zxid)"
        case .set, .exists: return asked + "version \(operation.version) at \(operation.zxid)"
        case .create: return asked + "\(operation.created) at \(operation.zxid)"
        default: return asked + "done at \(operation.zxid)"
        }
    }
}
