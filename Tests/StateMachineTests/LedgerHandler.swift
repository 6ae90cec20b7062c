// A request handler for tests: books of entries, with a key table, linked rows, refusals and removals.

import Handlers
import Jute

/// 1100 {book, entry, int version}: appends the entry, or with version 7 removes the book; 1101 {book}: entries, oldest first.
final class LedgerHandler: RequestHandler {
    static let write: Int32 = 1100
    static let query: Int32 = 1101

    let writes = LedgerHandler.write...LedgerHandler.write
    let queries = LedgerHandler.query...LedgerHandler.query
    let tables = [TableShape(words: 3, isKeyed: true), TableShape(words: 1)]
    private(set) var calls = 0

    func apply(_ requests: inout RequestSegment) {
        calls += 1
        let (books, entries) = (requests.tables[0], requests.tables[1])
        while requests.next() {
            var fields = requests.fields
            guard let name = fields.bytes(), let entry = fields.bytes(), let version = fields.int(), entry.byteCount < 1000 else {
                requests.refuse(-8)
                continue
            }
            let found = books.find(name)
            if version == 7, let found {
                remove(found, books, entries)
                continue
            }
            guard let book = found ?? books.insert(key: name) else { continue }
            let row = entries.insert()
            entries.setBytes(row, entry)
            let last = Table.Row(books[book, 1])
            if last == 0 { books[book, 0] = UInt64(row) } else { entries[last, 0] = UInt64(row) }
            books[book, 1] = UInt64(row)
            books[book, 2] &+= 1
            requests.write(long: Int64(books[book, 2]))
        }
    }

    private func remove(_ book: Table.Row, _ books: Table, _ entries: Table) {
        var row = Table.Row(books[book, 0])
        while row != 0 {
            let next = Table.Row(entries[row, 0])
            entries.remove(row)
            row = next
        }
        books.remove(book)
    }

    func query(_ requests: inout RequestSegment) {
        let (books, entries) = (requests.tables[0], requests.tables[1])
        while requests.next() {
            var fields = requests.fields
            guard let name = fields.bytes(), let book = books.find(name) else {
                requests.refuse(-101)
                continue
            }
            requests.write(int: Int32(books[book, 2]))
            var row = Table.Row(books[book, 0])
            while row != 0 {
                entries.withBytes(row) { requests.write(bytes: $0) }
                row = Table.Row(entries[row, 0])
            }
        }
    }
}
