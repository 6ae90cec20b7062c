// Reads a request log with the columns that ClickHouse's keeper-bench takes, as text with commas or tabs and a line of names on
// top, as a trace. What the columns do not hold, such as the name that a server gave, is not known afterwards; what is no
// operation of a trace is left out and said.

struct RequestLog {
    static let someColumns = "request_event_time, session_id, op_num and path"
    private static let needed = ["request_event_time", "session_id", "op_num", "path"]

    private let file: String
    private let columns: [String: Int]
    private var sessions: [String: Int] = [:]
    private var left: [String: Int] = [:]
    /// Operations with the parts that follow them, and their instants on the wall's clock.
    private var found: [(instant: Int64, operations: [TraceOperation])] = []
    private var count = 0

    static func isLog(_ bytes: [UInt8]) -> Bool {
        var rows = RequestLogRows(Array(bytes.prefix(1 << 16)))
        guard let names = try? rows.next() else { return false }
        let known = names.fields.map { String(decoding: $0 ?? [], as: UTF8.self) }
        return needed.allSatisfy(known.contains)
    }

    static func read(_ bytes: [UInt8], file: String) throws(WorkloadError) -> Trace {
        var rows = RequestLogRows(bytes)
        do throws(RequestLogRows.Damage) {
            let names = try rows.next()?.fields.map { String(decoding: $0 ?? [], as: UTF8.self) } ?? []
            var log = RequestLog(names, file)
            while let row = try rows.next() {
                // a second line of heads tells the types of the columns
                if row.line == 2, log.text(row, "path") == "String" { continue }
                try log.take(row, &rows)
            }
            return log.trace
        } catch {
            throw WorkloadError(file: file, place: .line(error.line), "\(error.sentence); mend the line or take it out")
        }
    }

    private init(_ names: [String], _ file: String) {
        self.file = file
        columns = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: Rows

    private mutating func take(_ row: RequestLogRows.Row, _ rows: inout RequestLogRows) throws(RequestLogRows.Damage) {
        let parts = try number(row, "requests_size") ?? 0
        guard let kind = try kind(row) else {
            for _ in 0..<max(0, parts) { _ = try rows.next() }
            return
        }
        let instant = try instant(row, "request_event_time")!
        let session = sessions[text(row, "session_id"), default: sessions.count]
        sessions[text(row, "session_id")] = session
        guard sessions.count <= Trace.sessionsMax else {
            throw complaint(row, "the log has more than \(Trace.sessionsMax) sessions")
        }
        var operations = [try operation(kind, row, session: session)]
        operations[0].outcome?.nanoseconds = try answered(row).map { UInt64(max(0, $0 - instant)) } ?? 0
        if kind == .multi { try takeParts(parts, of: row, &operations, &rows) }
        count += operations.count
        guard count <= Trace.operationsMax else {
            throw complaint(row, "the log has more than \(Trace.operationsMax) operations")
        }
        found.append((instant, operations))
    }

    private func takeParts(
        _ parts: Int64, of row: RequestLogRows.Row, _ operations: inout [TraceOperation], _ rows: inout RequestLogRows
    ) throws(RequestLogRows.Damage) {
        for _ in 0..<max(0, parts) {
            guard let next = try rows.next() else {
                throw complaint(row, "this multi has \(parts) parts, and the log ends before the last of them")
            }
            guard let kind = Self.kinds[text(next, "op_num")], kind.isPart else {
                throw complaint(next, "'\(text(next, "op_num"))' can't be a part of the multi above it")
            }
            var part = try operation(kind, next, session: operations[0].session)
            part.isPart = true
            // of a refused multi no part is carried out
            if let error = operations[0].outcome?.error, error != 0 { part.outcome = TraceOutcome(error: error) }
            operations.append(part)
            operations[0].parts += 1
        }
    }

    private func operation(
        _ kind: TraceOperation.Kind, _ row: RequestLogRows.Row, session: Int
    ) throws(RequestLogRows.Damage) -> TraceOperation {
        let path = kind.hasPath ? text(row, "path") : ""
        guard !kind.hasPath || path.hasPrefix("/") else { throw complaint(row, "the path '\(path)' does not begin with '/'") }
        var operation = TraceOperation(kind, session: session, intended: 0, path: path)
        if kind == .create || kind == .set { operation.size = field(row, "data")?.count ?? 0 }
        guard operation.size <= TraceFormat.sizeMax else { throw complaint(row, "the data has more than 64 MiB") }
        if kind == .create {
            let flags = (try flag(row, "is_ephemeral") ? 1 : 0) | (try flag(row, "is_sequential") ? 2 : 0)
            operation.mode = CreateMode(rawValue: Int32(flags))!
        }
        operation.watches = try flag(row, "has_watch")
        if let version = try number(row, "version") {
            guard let small = Int32(exactly: version) else { throw complaint(row, "\(version) is no version") }
            operation.version = max(-1, small)
        }
        if let error = try error(row) {
            var outcome = TraceOutcome(error: error)
            // a sequential name is not known unless the log says it
            let given = kind == .create && !operation.mode.isSequential ? path : text(row, "path_created")
            if kind == .create, error == 0, given.hasPrefix("/") { outcome.created = given }
            operation.outcome = outcome
        }
        return operation
    }

    private var trace: Trace {
        var trace = Trace()
        trace.name = "request-log"
        let role = trace.role(named: "client")
        trace.sessions = [Int](repeating: role, count: sessions.count)
        let first = found.map(\.instant).min() ?? 0
        // Rows of one instant stay in their order.
        for (_, group) in found.enumerated().sorted(by: { ($0.element.instant, $0.offset) < ($1.element.instant, $1.offset) }) {
            for var operation in group.operations {
                operation.intended = UInt64(group.instant - first)
                trace.operations.append(operation)
            }
        }
        trace.notes = left.sorted { $0.key < $1.key }.map { "\($0.value) rows left out: '\($0.key)' is not played" }
        return trace
    }

    // MARK: Fields

    private func complaint(_ row: RequestLogRows.Row, _ what: String) -> RequestLogRows.Damage {
        RequestLogRows.Damage(line: row.line, sentence: what)
    }

    private func field(_ row: RequestLogRows.Row, _ column: String) -> [UInt8]? {
        guard let place = columns[column], row.fields.indices.contains(place) else { return nil }
        return row.fields[place]
    }

    private func text(_ row: RequestLogRows.Row, _ column: String) -> String {
        String(decoding: field(row, column) ?? [], as: UTF8.self)
    }

    private func number(_ row: RequestLogRows.Row, _ column: String) throws(RequestLogRows.Damage) -> Int64? {
        let text = text(row, column)
        if text.isEmpty { return nil }
        guard let value = Int64(text), value >= -1, value <= Int64(Int32.max) else {
            throw complaint(row, "'\(column)' must be a whole number, not '\(text)'")
        }
        return value
    }

    private func flag(_ row: RequestLogRows.Row, _ column: String) throws(RequestLogRows.Damage) -> Bool {
        switch text(row, column) {
        case "1", "true": return true
        case "0", "false", "": return false
        default: throw complaint(row, "'\(column)' must be 0 or 1, not '\(text(row, column))'")
        }
    }

    /// nil where no reply came.
    private func error(_ row: RequestLogRows.Row) throws(RequestLogRows.Damage) -> Int32? {
        let text = text(row, "error")
        if text.isEmpty { return nil }
        guard let code = Int32(text) ?? Self.errors[text] else {
            throw complaint(row, "'error' is neither a code nor a name such as ZNONODE: '\(text)'")
        }
        return code == -4 || code == -7 ? nil : code
    }

    private mutating func kind(_ row: RequestLogRows.Row) throws(RequestLogRows.Damage) -> TraceOperation.Kind? {
        let text = text(row, "op_num")
        guard !text.isEmpty else { throw complaint(row, "the row has no 'op_num'") }
        if let known = Self.kinds[text] { return known }
        left[text, default: 0] += 1
        return nil
    }

    private func answered(_ row: RequestLogRows.Row) throws(RequestLogRows.Damage) -> Int64? {
        try instant(row, "response_event_time")
    }

    /// Nanoseconds since 1970; nil only where the column may be empty and is.
    private func instant(_ row: RequestLogRows.Row, _ column: String) throws(RequestLogRows.Damage) -> Int64? {
        let text = text(row, column)
        if text.isEmpty, !Self.needed.contains(column) { return nil }
        guard let instant = LogInstant.nanoseconds(text) else {
            throw complaint(row, "'\(column)' must be an instant such as 2026-01-31 12:00:00.123456, not '\(text)'")
        }
        return instant
    }

    private static let kinds: [String: TraceOperation.Kind] = [
        "1": .create, "2": .delete, "3": .exists, "4": .get, "5": .set, "8": .list, "9": .sync, "12": .list, "13": .check,
        "14": .multi, "500": .list, "-11": .close, "Create": .create, "Remove": .delete, "Exists": .exists, "Get": .get,
        "Set": .set, "SimpleList": .list, "List": .list, "FilteredList": .list, "Sync": .sync, "Check": .check, "Multi": .multi,
        "Close": .close,
    ]

    private static let errors: [String: Int32] = [
        "ZOK": 0, "ZSYSTEMERROR": -1, "ZRUNTIMEINCONSISTENCY": -2, "ZDATAINCONSISTENCY": -3, "ZCONNECTIONLOSS": -4,
        "ZMARSHALLINGERROR": -5, "ZUNIMPLEMENTED": -6, "ZOPERATIONTIMEOUT": -7, "ZBADARGUMENTS": -8, "ZNONODE": -101,
        "ZNOAUTH": -102, "ZBADVERSION": -103, "ZNOCHILDRENFOREPHEMERALS": -108, "ZNODEEXISTS": -110, "ZNOTEMPTY": -111,
        "ZSESSIONEXPIRED": -112, "ZINVALIDACL": -114, "ZAUTHFAILED": -115, "ZSESSIONMOVED": -118,
    ]
}
