// What clients saw against what was committed. The order of all writes is known, it is that of their zxids; so linearizability of
// writes needs no search: every answer must be the one that this order gives, and no write may stand in it before another that
// was over when it was asked for.

import Batch
import ClientProtocol
import Node
import StateMachine

struct HistoryCheck {
    let history: History
    let tree: ReferenceTree
    private(set) var breaches: [String] = []

    init(_ history: History, _ chain: CommittedChain) {
        self.history = history
        var tree = ReferenceTree()
        if let first = HistoryCheck.firstSequence(history, chain) { tree.beginSequences(at: first) }
        for batch in chain.batches { tree.apply(batch) }
        self.tree = tree
        checkAnswers()
        checkOrder()
        checkEnds()
        checkWatches()
    }

    /// The number that the first sequential znode would have, were it the first child of all.
    private static func firstSequence(_ history: History, _ chain: CommittedChain) -> Int? {
        var plain = ReferenceTree()
        for batch in chain.batches { plain.apply(batch) }
        let seen = history.operations.filter { $0.isAnswered && $0.error == 0 && $0.created.hasPrefix("/q") }
        guard let first = seen.min(by: { $0.zxid < $1.zxid }), let number = Int(first.created.dropFirst(2)),
            let own = plain.outcomes[first.zxid.rawValue].flatMap({ Int($0.created.dropFirst(2)) })
        else { return nil }
        return number - own
    }

    private mutating func breach(_ text: String) {
        if breaches.count < 5 { breaches.append(text) }
    }

    private func name(_ operation: Operation) -> String {
        "\(operation.kind) \(operation.path) of client \(operation.client) at \(operation.zxid)"
    }

    // MARK: each answer

    private mutating func checkAnswers() {
        for operation in history.operations where operation.isAnswered {
            if operation.isWrite { checkWrite(operation) } else { checkRead(operation) }
        }
    }

    private mutating func checkWrite(_ operation: Operation) {
        guard let outcome = tree.outcomes[operation.zxid.rawValue], outcome.session == operation.session,
            outcome.xid == operation.xid
        else { return breach("an acknowledged write is lost: \(name(operation))") }
        switch operation.kind {
        case .multi:
            let expected = outcome.error != 0 ? outcome.error : outcome.isDone ? 0 : 1
            if operation.error != expected { breach("\(name(operation)) answered \(operation.error), it is \(expected)") }
        case .set:
            if operation.error != outcome.error || operation.error == 0 && operation.version != outcome.version {
                breach(
                    "\(name(operation)) answered \(operation.error), version \(operation.version); it is \(outcome.error), \(outcome.version)"
                )
            }
        case .create:
            if operation.error != outcome.error || operation.created != outcome.created {
                breach(
                    "\(name(operation)) answered \(operation.error) \(operation.created); it is \(outcome.error) \(outcome.created)"
                )
            }
        default:
            if operation.error != outcome.error {
                breach("\(name(operation)) answered \(operation.error); it is \(outcome.error)")
            }
        }
    }

    /// A read is of the state at the zxid that its answer names.
    private mutating func checkRead(_ operation: Operation) {
        let znode = tree.znode(operation.path, at: operation.zxid.rawValue)
        switch operation.kind {
        case .get:
            let expected = znode.map { ($0.value, $0.version) }
            let seen = operation.error == 0 ? (operation.found ?? 0, operation.version) : nil
            if expected?.0 != seen?.0 || expected?.1 != seen?.1 {
                breach("\(name(operation)) read \(String(describing: seen)), there was \(String(describing: expected))")
            }
        case .exists:
            let version = operation.error == 0 ? operation.version : nil
            if znode?.version != version { breach("\(name(operation)) saw version \(String(describing: version))") }
        default:
            if operation.error != 0 { breach("\(name(operation)) answered \(operation.error)") }
        }
    }

    // MARK: real time

    /// Whatever was over when a write or a sync was asked for stands before it. (A read behind a sync on the same connection sees
    /// no less than the sync, since no client ever sees a zxid fall.)
    private mutating func checkOrder() {
        let byEnd = history.operations.filter { $0.isAnswered && ($0.isWrite || $0.kind == .sync) }.sorted {
            $0.completed < $1.completed
        }
        let byBegin = byEnd.sorted { $0.invoked < $1.invoked }
        var next = 0
        var highest: Operation?
        for operation in byBegin {
            while next < byEnd.count, byEnd[next].completed < operation.invoked {
                if byEnd[next].isWrite, byEnd[next].zxid > highest?.zxid ?? .zero { highest = byEnd[next] }
                next += 1
            }
            guard let before = highest else { continue }
            // A write has a zxid of its own; a sync may be answered at one that it shares.
            if operation.isWrite ? operation.zxid <= before.zxid : operation.zxid < before.zxid {
                breach("\(name(operation)) was asked for when \(name(before)) was over")
            }
        }
    }

    /// Rule S7: behind the end of a session nobody is answered in its name.
    private mutating func checkEnds() {
        for operation in history.operations where operation.isAnswered && operation.kind != .closeSession {
            guard let end = tree.ends[operation.session], operation.zxid.rawValue > end else { continue }
            breach("Rule S7: \(name(operation)) was answered behind the end of its session at \(String(end, radix: 16))")
        }
    }

    // MARK: watches

    /// A watch fires once, for the first change behind the read that set it, before any answer that shows this change or a later
    /// one; and never without a change.
    private mutating func checkWatches() {
        var byConnection: [UInt64: [Int]] = [:]
        for number in history.answered { byConnection[history.operations[number].connection, default: []].append(number) }
        for (connection, numbers) in byConnection.sorted(by: { $0.key < $1.key }) {
            checkWatches(numbers, history.events.filter { $0.connection == connection })
        }
    }

    private mutating func checkWatches(_ numbers: [Int], _ events: [SeenEvent]) {
        // By path: how many watches were set and not fired. The node keeps one a path and connection.
        var since: [String: UInt64] = [:]
        var next = 0
        for (place, number) in numbers.enumerated() {
            while next < events.count, events[next].behindOperation <= place {
                fire(events[next], &since)
                next += 1
            }
            let operation = history.operations[number]
            for (path, zxid) in since {
                guard let change = tree.change(of: path, behind: zxid), change <= operation.zxid.rawValue else { continue }
                breach("\(name(operation)) came before the event of \(path), which changed at \(String(change, radix: 16))")
                since[path] = nil
            }
            switch operation.kind {
            case .get(watch: true) where operation.error == 0, .exists(watch: true):
                if since[operation.path] == nil { since[operation.path] = operation.zxid.rawValue }
            default: break
            }
        }
        while next < events.count {
            fire(events[next], &since)
            next += 1
        }
    }

    private mutating func fire(_ event: SeenEvent, _ since: inout [String: UInt64]) {
        guard let zxid = since.removeValue(forKey: event.path) else {
            return breach("client \(event.client) got an event of \(event.path) that it had no watch for")
        }
        if tree.change(of: event.path, behind: zxid) == nil {
            breach("client \(event.client) got an event of \(event.path), which did not change")
        }
    }
}

extension Simulation {
    /// What is wrong with a history, given what this run committed.
    package func objections(to history: History) -> [String] { HistoryCheck(history, chain).breaches }

    /// What can be said only when all is over.
    func finish() {
        for text in objections(to: history) { breach(text, by: .history) }
        checkOrigins()
        if breaches.isEmpty { checkStates() }
        for member in members { marks.noteEnd(of: member) }
        noteInTrace(UInt64(history.answered.count))
        noteInTrace(chain.last.rawValue)
        for member in members { noteInTrace(member.node?.stateMachine.digest ?? 0) }
    }
}
