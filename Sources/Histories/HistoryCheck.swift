// What clients saw against what was committed. The order of all writes is known, it is that of their zxids; so linearizability of
// writes needs no search: every answer must be the one that this order gives, and no write may stand in it before another that
// was over when it was asked for.

package import Batch

package struct HistoryCheck {
    /// One thing that is wrong, and the number of the operation that shows it.
    package struct Breach: Sendable, Equatable {
        package let text: String
        package let operation: Int?
        /// Another one that shows it together with the first.
        package let other: Int?
    }

    private static let breachesMax = 5
    let history: History
    package let tree: ReferenceTree
    /// The first few.
    package private(set) var breaches: [Breach] = []

    /// `committed` is everything that was committed, from the first batch on.
    package init(_ history: History, committed: [SealedBatch]) {
        self.history = history
        var tree = ReferenceTree()
        if let first = HistoryCheck.firstSequence(history, committed) { tree.beginSequences(at: first) }
        for batch in committed { tree.apply(batch) }
        self.tree = tree
        checkAnswers()
        checkOrder()
        checkEnds()
        checkSessions()
        checkWatches()
    }

    /// The number that the first sequential znode would have, were it the first child of all.
    private static func firstSequence(_ history: History, _ committed: [SealedBatch]) -> Int? {
        var plain = ReferenceTree()
        for batch in committed { plain.apply(batch) }
        let seen = history.operations.filter { $0.isAnswered && $0.error == 0 && $0.created.hasPrefix("/q") }
        guard let first = seen.min(by: { $0.zxid < $1.zxid }), let number = Int(first.created.dropFirst(2)),
            let own = plain.outcomes[first.zxid.rawValue].flatMap({ Int($0.created.dropFirst(2)) })
        else { return nil }
        return number - own
    }

    private mutating func breach(_ text: String, at operation: Int? = nil, with other: Int? = nil) {
        if breaches.count < HistoryCheck.breachesMax { breaches.append(Breach(text: text, operation: operation, other: other)) }
    }

    private func name(_ operation: Operation) -> String {
        "\(operation.kind) \(operation.path) of client \(operation.client) at \(operation.zxid)"
    }

    // MARK: each answer

    private mutating func checkAnswers() {
        for (number, operation) in history.operations.enumerated() where operation.isAnswered {
            if let text = operation.isWrite ? objection(toWrite: operation) : objection(toRead: operation) {
                breach(text, at: number)
            }
        }
    }

    private func objection(toWrite operation: Operation) -> String? {
        guard let outcome = tree.outcomes[operation.zxid.rawValue], outcome.session == operation.session,
            outcome.xid == operation.xid
        else { return "an acknowledged write is lost: \(name(operation))" }
        var (seen, expected) = ("\(operation.error)", "\(outcome.error)")
        switch operation.kind {
        case .multi: expected = "\(outcome.error != 0 ? outcome.error : outcome.isDone ? 0 : 1)"
        case .set where operation.error == 0:
            seen += ", version \(operation.version)"
            expected += ", version \(outcome.version)"
        case .create:
            seen += " \(operation.created)"
            expected += " \(outcome.created)"
        default: break
        }
        return seen == expected ? nil : "\(name(operation)) answered \(seen); it is \(expected)"
    }

    /// A read is of the state at the zxid that its answer names.
    private func objection(toRead operation: Operation) -> String? {
        let znode = tree.znode(operation.path, at: operation.zxid.rawValue)
        switch operation.kind {
        case .get:
            let expected = znode.map { "\($0.value) of version \($0.version)" } ?? "nothing"
            let seen = operation.error == 0 ? "\(operation.found ?? 0) of version \(operation.version)" : "nothing"
            return seen == expected ? nil : "\(name(operation)) read \(seen), there was \(expected)"
        case .exists:
            let version = operation.error == 0 ? operation.version : nil
            return znode?.version == version ? nil : "\(name(operation)) saw version \(String(describing: version))"
        case .list: return objection(toList: operation)
        default: return operation.error == 0 ? nil : "\(name(operation)) answered \(operation.error)"
        }
    }

    /// Of the root's children those count that clients make.
    private func objection(toList operation: Operation) -> String? {
        let names = operation.listed.filter { $0 != "zookeeper" }.map { "/" + $0 }
        let seen = Set(names)
        let expected = tree.names(at: operation.zxid.rawValue)
        if operation.error == 0, seen == expected, seen.count == names.count { return nil }
        let more = seen.subtracting(expected).sorted().prefix(3).joined(separator: " ")
        let less = expected.subtracting(seen).sorted().prefix(3).joined(separator: " ")
        return "\(name(operation)) answered \(operation.error); too much is '\(more)', missing is '\(less)'"
    }

    // MARK: real time

    /// Whatever was over when a write, a sync or a linearizable read was asked for stands before it. (A read behind a sync on the
    /// same connection sees no less than the sync, since no client ever sees a zxid fall.)
    private mutating func checkOrder() {
        let operations = history.operations
        let counted = operations.indices.filter {
            operations[$0].isAnswered && (operations[$0].isWrite || operations[$0].kind == .sync || operations[$0].isConfirmed)
        }
        let byEnd = counted.sorted { operations[$0].completed < operations[$1].completed }
        let byBegin = counted.sorted { operations[$0].invoked < operations[$1].invoked }
        var next = 0
        var highest: Int?
        for number in byBegin {
            let operation = operations[number]
            while next < byEnd.count, case let over = operations[byEnd[next]], over.completed < operation.invoked {
                if over.kind != .sync, over.zxid > highest.map({ operations[$0].zxid }) ?? .zero { highest = byEnd[next] }
                next += 1
            }
            guard let highest else { continue }
            let before = operations[highest]
            // A write has a zxid of its own; a sync or a read may be answered at one that it shares.
            if operation.isWrite ? operation.zxid <= before.zxid : operation.zxid < before.zxid {
                breach("\(name(operation)) was asked for when \(name(before)) was over", at: number, with: highest)
            }
        }
    }

    // MARK: sessions

    /// Rule S7: behind the end of a session nobody is answered in its name.
    private mutating func checkEnds() {
        for (number, operation) in history.operations.enumerated() where operation.isAnswered && operation.kind != .closeSession {
            guard let end = tree.ends[operation.session], operation.zxid.rawValue > end else { continue }
            breach(
                "Rule S7: \(name(operation)) was answered behind the end of its session at \(String(end, radix: 16))", at: number)
        }
    }

    private struct Request: Hashable {
        var session: Int64
        var xid: Int32
    }

    /// What a session asks for on one connection is committed in the order in which it was asked, without a gap: also what was
    /// never answered. A session that numbers its requests anew on each connection is left out, as they can't be told apart.
    private mutating func checkSessions() {
        var zxids: [Request: UInt64] = [:]
        for (zxid, outcome) in tree.outcomes { zxids[Request(session: outcome.session, xid: outcome.xid)] = zxid }
        let writes = history.operations.indices.filter { history.operations[$0].isWrite }
        let ambiguous = sessionsThatRepeatThemselves()
        var last: [UInt64: (zxid: UInt64, isMissing: Bool)] = [:]
        for number in writes where !ambiguous.contains(history.operations[number].session) {
            let operation = history.operations[number]
            let before = last[operation.connection] ?? (0, false)
            guard let zxid = zxids[Request(session: operation.session, xid: operation.xid)] else {
                last[operation.connection] = (before.zxid, true)
                continue
            }
            if zxid <= before.zxid || before.isMissing {
                let place = String(zxid, radix: 16)
                breach(
                    "\(name(operation)) stands at \(place), and what its session asked for earlier does not stand before",
                    at: number)
            }
            last[operation.connection] = (zxid, false)
        }
    }

    private func sessionsThatRepeatThemselves() -> Set<Int64> {
        var seen: Set<Request> = []
        var found: Set<Int64> = []
        for operation in history.operations
        where !seen.insert(Request(session: operation.session, xid: operation.xid)).inserted {
            found.insert(operation.session)
        }
        return found
    }

    // MARK: watches

    /// A watch fires once, for the first change behind the read that set it, before any answer that shows this change or a later
    /// one; and never without a change.
    private mutating func checkWatches() {
        var byConnection: [UInt64: [Int]] = [:]
        for number in history.answered { byConnection[history.operations[number].connection, default: []].append(number) }
        let events = Dictionary(grouping: history.events, by: \.connection)
        for (connection, numbers) in byConnection.sorted(by: { $0.key < $1.key }) {
            checkWatches(numbers, events[connection] ?? [])
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
                breach(
                    "\(name(operation)) came before the event of \(path), which changed at \(String(change, radix: 16))",
                    at: number)
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
