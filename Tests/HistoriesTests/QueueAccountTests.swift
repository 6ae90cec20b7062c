// The account of a queue finds what it is there for, without knowing what was committed.

import Batch
import Histories
import Testing

@Suite struct QueueAccountTests {
    private func operation(_ kind: Operation.Kind, _ path: String, answered: Bool = true, created: String = "") -> Operation {
        var operation = Operation(
            client: 0, session: 1, connection: 1, xid: 1, kind: kind, path: path, value: 1, invoked: 1)
        operation.completed = answered ? 2 : 0
        operation.created = created
        return operation
    }

    private func put(_ number: Int) -> Operation {
        operation(.create(ephemeral: false, sequential: true), "/q", created: "/q\(number)")
    }

    private func take(_ number: Int, answered: Bool = true) -> Operation {
        operation(.delete(version: -1), "/q\(number)", answered: answered)
    }

    private func account(_ operations: [Operation], rest: Set<String>? = []) -> QueueAccount {
        var history = History()
        history.operations = operations
        return QueueAccount(history, rest: rest)
    }

    @Test func everyItemIsTakenOrLeft() {
        let account = account([put(1), put(2), put(3), take(1), take(3, answered: false)], rest: ["/q2"])
        #expect(account.breaches.isEmpty)
        #expect([account.put, account.taken, account.left, account.unknown] == [3, 1, 1, 1])
    }

    @Test func anItemThatIsTakenTwiceIsFound() {
        #expect(account([put(1), take(1), take(1)]).breaches == ["/q1 was taken 2 times"])
    }

    @Test func anItemThatIsLostIsFound() {
        #expect(account([put(1)]).breaches == ["/q1 was put and is neither taken nor there"])
        #expect(account([put(1)], rest: nil).breaches.isEmpty, "nobody has looked")
    }

    @Test func anItemThatComesBackIsFound() {
        #expect(account([put(1), take(1)], rest: ["/q1"]).breaches == ["/q1 was taken and is still there"])
    }

    @Test func aTakeThatFailedTakesNothing() {
        var failed = take(1)
        failed.error = -101
        #expect(account([put(1), failed], rest: ["/q1"]).left == 1)
    }
}
