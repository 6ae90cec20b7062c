// Request logs with keeper-bench's columns are read as traces, with commas or tabs, and what is wrong in them is named by its
// line.

import Testing
import Workload

@Suite struct RequestLogTests {
    private static let columns =
        "hostname,request_event_time,thread_id,session_id,xid,has_watch,op_num,path,data,is_ephemeral,is_sequential,"
        + "response_event_time,error,requests_size,version"

    private static let rows = [
        "h,2026-01-31 12:00:00.500000,1,77,1,0,1,/q/item-,abc,1,1,2026-01-31 12:00:00.501500,0,\\N,\\N",
        "h,2026-01-31 12:00:00.000000,1,88,1,1,Get,/a,,0,0,2026-01-31 12:00:00.002000,ZNONODE,0,\\N",
        "h,2026-01-31 12:00:00.100000,1,88,2,0,11,,,0,0,,,,",
        "h,2026-01-31 12:00:01.000000,1,88,3,0,14,,,0,0,2026-01-31 12:00:01.000001,-103,2,",
        "h,2026-01-31 12:00:01.000000,1,88,3,0,5,\"/with,comma\",\"a \"\"b\"\"\",0,0,,,,7",
        "h,2026-01-31 12:00:01.000000,1,88,3,0,13,/a,,0,0,,,,3",
        "h,2026-01-31 12:00:02.000000,1,88,4,0,-11,,,0,0,,,,",
    ]

    private static func read(_ text: String) throws(WorkloadError) -> Trace { try Trace(bytes: Array(text.utf8), file: "log") }

    private static func check(_ trace: Trace) {
        #expect(trace.operations.map(\.kind) == [.get, .create, .multi, .set, .check, .close])
        #expect(trace.operations.map(\.intended) == [0, 500_000_000, 1_000_000_000, 1_000_000_000, 1_000_000_000, 2_000_000_000])
        #expect(trace.sessions.count == 2 && trace.operations[0].session == 1 && trace.operations[1].session == 0)
        let create = trace.operations[1]
        #expect(create.mode == .ephemeralSequential && create.size == 3 && create.outcome?.error == 0)
        #expect(create.outcome?.created == "" && create.outcome?.nanoseconds == 1_500_000, "the columns do not tell the name")
        #expect(trace.operations[0].watches && trace.operations[0].outcome?.error == -101)
        #expect(trace.operations[2].parts == 2 && trace.operations[2].outcome?.error == -103)
        let set = trace.operations[3]
        #expect(set.path == "/with,comma" && set.size == 5 && set.version == 7 && set.isPart && set.outcome?.error == -103)
        #expect(trace.operations[5].outcome == nil)
        #expect(trace.notes == ["1 rows left out: '11' is not played"])
    }

    @Test func withCommas() throws {
        Self.check(try Self.read(([Self.columns] + Self.rows).joined(separator: "\n") + "\n"))
        Self.check(try Self.read(([Self.columns] + Self.rows).joined(separator: "\r\n")))
    }

    @Test func withTabsAndTypes() throws {
        let head = Self.columns.split(separator: ",")
        let types = head.map { $0 == "path" ? "String" : "Int64" }
        let rows = Self.rows.map { row in
            row.replacing("/with,comma", with: "/with\u{1}comma").replacing(",", with: "\t").replacing("\u{1}", with: ",")
                .replacing("\"a \"\"b\"\"\"", with: "a\\tb\\\\c").replacing("\"", with: "")
        }
        let text = ([head.joined(separator: "\t"), types.joined(separator: "\t")] + rows).joined(separator: "\n")
        Self.check(try Self.read(text))
    }

    @Test func aLogThatTellsCreatedNamesIsBelieved() throws {
        let text =
            "request_event_time,session_id,op_num,path,is_sequential,error,path_created\n"
            + "5.25,1,Create,/q/i-,1,ZOK,/q/i-0000000003\n"
        let trace = try Self.read(text)
        #expect(trace.operations[0].outcome?.created == "/q/i-0000000003")
    }

    /// The line of names is the first.
    @Test(arguments: [
        ("1,/q/item-", "1,q/item-", "log:2: the path 'q/item-' does not begin with '/'; mend the line"),
        ("2026-01-31 12:00:00.000000", "2026-13-31 12:00:00", "log:3: 'request_event_time' must be an instant such as"),
        ("ZNONODE", "ZWHAT", "log:3: 'error' is neither a code nor a name such as ZNONODE: 'ZWHAT'"),
        ("1,88,1,1,Get", "1,88,1,2,Get", "log:3: 'has_watch' must be 0 or 1, not '2'"),
        ("-103,2,", "-103,9,", "log:8: '-11' can't be a part of the multi above it"),
        ("-103,2,", "-103,x,", "log:5: 'requests_size' must be a whole number, not 'x'"),
        ("\"/with,comma\"", "\"/with,comma", "log:6: a quoted field that begins here does not end"),
        (",,,,7", ",,,,99999999999", "log:6: 'version' must be a whole number, not '99999999999'"),
    ])
    func whatIsWrongIsNamed(original: String, replacement: String, sentence: String) throws {
        let text = Self.rows.joined(separator: "\n")
        #expect(text.contains(original))
        let error = #expect(throws: WorkloadError.self) {
            try Self.read(Self.columns + "\n" + text.replacing(original, with: replacement, maxReplacements: 1))
        }
        #expect(error?.description.hasPrefix(sentence) == true, "\(error?.description ?? "")")
    }
}
