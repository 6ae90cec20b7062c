// What became of the items of a queue, by what clients were told alone: every item that was acknowledged is taken once, or is
// still there; none is taken twice. It knows nothing of what was committed, and so would see what log and answers got wrong
// together.

package struct QueueAccount: Sendable, Equatable {
    package private(set) var put = 0
    package private(set) var taken = 0
    package private(set) var left = 0
    /// Taken, or still there, by a request whose outcome nobody knows.
    package private(set) var unknown = 0
    package private(set) var breaches: [String] = []

    /// `rest` are the items that are there in the end; nil: nobody has looked.
    package init(_ history: History, rest: Set<String>?) {
        var items: Set<String> = []
        var takes: [String: Int] = [:]
        var attempts: Set<String> = []
        for operation in history.operations {
            switch operation.kind {
            case .create(ephemeral: false, sequential: true) where operation.isAnswered && operation.error == 0:
                if !items.insert(operation.created).inserted { note("two items were put as \(operation.created)") }
            case .delete where operation.isAnswered && operation.error == 0: takes[operation.path, default: 0] += 1
            case .delete where !operation.isAnswered: attempts.insert(operation.path)
            default: break
            }
        }
        for item in items.sorted() {
            put += 1
            let times = takes[item] ?? 0
            if times > 1 { note("\(item) was taken \(times) times") }
            let isLeft = rest?.contains(item) == true
            if times > 0 { taken += 1 } else if isLeft { left += 1 } else { unknown += 1 }
            if times > 0, isLeft { note("\(item) was taken and is still there") }
            if let rest, times == 0, !rest.contains(item), !attempts.contains(item) {
                note("\(item) was put and is neither taken nor there")
            }
        }
    }

    private mutating func note(_ text: String) {
        if breaches.count < 5 { breaches.append(text) }
    }
}
