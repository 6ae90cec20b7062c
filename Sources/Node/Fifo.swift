// A queue in one array: appended at the end, taken from the front without moving the rest each time.

struct Fifo<Element> {
    private var items: [Element?] = []
    private var head = 0

    var isEmpty: Bool { head == items.count }
    var count: Int { items.count - head }
    var first: Element? { head < items.count ? items[head] : nil }
    var last: Element? { head < items.count ? items[items.count - 1] : nil }

    mutating func append(_ item: Element) { items.append(item) }

    @discardableResult
    mutating func removeFirst() -> Element {
        precondition(head < items.count, "took from an empty queue")
        let item = items[head]!
        items[head] = nil
        head += 1
        if head == items.count {
            items.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024, head * 2 >= items.count {
            items.removeFirst(head)
            head = 0
        }
        return item
    }

    mutating func removeLast() {
        precondition(head < items.count, "took from an empty queue")
        items.removeLast()
    }

    mutating func removeAll() {
        items.removeAll(keepingCapacity: true)
        head = 0
    }

    func forEach(_ body: (Element) -> Void) {
        for index in head..<items.count { body(items[index]!) }
    }
}
