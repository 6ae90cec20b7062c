// The books of each cell: what became of queue items, sets, locks, messages, sessions and lost connections, the longest stretches
// without an acknowledged write, and the faults that were carried out. Tables without a row are left out.

internal import Results
internal import Statistics

struct BooksSection {
    static func text(_ subject: PageSubject) -> String {
        let tables = [
            ("What became of queue items", queues(subject)), ("Acknowledged sets, looked for after the load", sets(subject)),
            ("Locks", counts(subject, "locks") { $0.locks }), ("Messages", counts(subject, "messages") { $0.messages }),
            ("Sessions", sessions(subject)), ("TLS handshakes of clients", handshakes(subject)),
            ("Clients that lost their connections", reconnects(subject)), ("Faults, as they were carried out", faults(subject)),
            ("Longest times without an acknowledged write", gaps(subject)),
        ].filter { !$0.1.isEmpty }
        return tables.map { HTMLText.element("h3", [:], HTMLText.words($0.0)) + $0.1 }.joined(separator: "\n")
    }

    private static func queues(_ subject: PageSubject) -> String {
        let hasEarly = subject.rows.contains { $0.cell.queue?.early != nil }
        let titles = [
            "enqueued", "taken", "lost", "doubled", "reordered", "damaged", "taken unseen", "missed", "unknown",
            "of them taken", "refused, but taken", "foreign",
        ]
        var table = PageTable(subject.nameTitles + titles + (hasEarly ? ["early"] : []) + ["emptied in ms", "emptied"])
        for row in subject.rows {
            guard let queue = row.cell.queue else { continue }
            let place = "\(row.place).queue"
            let all: [(UInt64?, String)] = [
                (queue.enqueued, "enqueued"), (queue.taken, "taken"), (queue.lost, "lost"), (queue.doubled, "doubled"),
                (queue.reordered, "reordered"), (queue.damaged, "damaged"), (queue.takenUnseen, "taken_unseen"),
                (queue.missed, "missed"), (queue.unknownEnqueues, "unknown_enqueues"),
                (queue.unknownEnqueuesTaken, "unknown_enqueues_taken"), (queue.refusedButTaken, "refused_but_taken"),
                (queue.foreign, "foreign"),
            ]
            let early: [(UInt64?, String)] = hasEarly ? [(queue.early, "early")] : []
            table.add(
                subject.names(row) + (all + early).map { .figure(.count($0, "\(place).\($1)")) } + [
                    .figure(.milliseconds(queue.drainNanoseconds, "\(place).drain_ns")), .words(queue.isDrained ? "yes" : "NO"),
                ])
        }
        return table.text
    }

    private static func sets(_ subject: PageSubject) -> String {
        var table = PageTable(subject.nameTitles + ["acknowledged", "znodes", "verified", "stale", "lost"])
        for row in subject.rows {
            guard let sets = row.cell.sets else { continue }
            let place = "\(row.place).sets"
            table.add(
                subject.names(row) + [
                    .figure(.count(sets.acknowledged, "\(place).acknowledged")), .figure(.count(sets.znodes, "\(place).znodes")),
                    .figure(.count(sets.verified, "\(place).verified")), .figure(.count(sets.stale, "\(place).stale")),
                    .figure(.count(sets.lost, "\(place).lost")),
                ])
        }
        return table.text
    }

    private static func counts(
        _ subject: PageSubject, _ name: String, _ books: (ResultCell) -> [String: UInt64]?
    ) -> String {
        let keys = Set(subject.rows.flatMap { books($0.cell).map { Array($0.keys) } ?? [] }).sorted()
        guard !keys.isEmpty else { return "" }
        var table = PageTable(subject.nameTitles + keys.map { $0.replacing("_", with: " ") })
        for row in subject.rows {
            guard let found = books(row.cell) else { continue }
            table.add(subject.names(row) + keys.map { .figure(.count(found[$0], "\(row.place).\(name).\($0)")) })
        }
        return table.text
    }

    private static func sessions(_ subject: PageSubject) -> String {
        var table = PageTable(
            subject.nameTitles + ["opened", "resumed", "expired", "connections lost", "connects failed", "unanswered"])
        for row in subject.rows {
            guard let sessions = row.cell.sessions else { continue }
            let place = "\(row.place).sessions"
            table.add(
                subject.names(row) + [
                    .figure(.count(sessions.opened, "\(place).opened")), .figure(.count(sessions.resumed, "\(place).resumed")),
                    .figure(.count(sessions.expired, "\(place).expired")),
                    .figure(.count(sessions.connectionsLost, "\(place).connections_lost")),
                    .figure(.count(sessions.connectFailures, "\(place).connect_failures")),
                    .figure(.count(row.cell.replies?.unanswered, "\(row.place).replies.unanswered")),
                ])
        }
        return table.text
    }

    private static func handshakes(_ subject: PageSubject) -> String {
        var table = PageTable(subject.nameTitles + ["done", "failed", "a second", "p50 ms", "p99", "max"])
        for row in subject.rows {
            guard let found = row.cell.handshakes else { continue }
            let place = "\(row.place).handshakes"
            table.add(
                subject.names(row) + [
                    .figure(.count(found.done, "\(place).done")), .figure(.count(found.failed, "\(place).failed")),
                    .figure(.whole(found.perSecond, "\(place).per_s")),
                ] + times(found.response, place))
        }
        return table.text
    }

    private static func times(_ figures: LatencyFigures?, _ place: String) -> [PageTable.Cell] {
        let summary = figures?.summary
        return [
            .figure(.milliseconds(summary?.p50, "\(place).response.p50_ns")),
            .figure(.milliseconds(summary?.p99, "\(place).response.p99_ns")),
            .figure(.milliseconds(summary?.max, "\(place).response.max_ns")),
        ]
    }

    private static func reconnects(_ subject: PageSubject) -> String {
        var table = PageTable(
            subject.nameTitles + ["phase", "cut", "back", "last back after ms", "each client's p50 ms", "p99", "max"])
        for row in subject.rows {
            for (index, storm) in (row.cell.reconnects ?? []).enumerated() {
                let place = "\(row.place).reconnects.\(index)"
                table.add(
                    subject.names(row) + [
                        .words(storm.phase), .figure(.count(storm.cut, "\(place).cut")),
                        .figure(.count(storm.back, "\(place).back")),
                        .figure(.milliseconds(storm.lastNanoseconds, "\(place).last_ns")),
                    ] + times(storm.response, place))
            }
        }
        return table.text
    }

    private static func faults(_ subject: PageSubject) -> String {
        var table = PageTable(subject.nameTitles + ["fault", "role", "members", "at s", "for s", "no write for ms"])
        for row in subject.rows {
            for (index, fault) in (row.cell.faults ?? []).enumerated() {
                let place = "\(row.place).faults.\(index)"
                table.add(
                    subject.names(row) + [
                        .words(fault.fault), .words(fault.role), .words(Numbers.list(fault.members.map { "\($0)" })),
                        .figure(.seconds(fault.atNanoseconds, "\(place).at_ns")),
                        .figure(.seconds(fault.nanoseconds, "\(place).for_ns")),
                        .figure(.milliseconds(fault.writeGapNanoseconds, "\(place).write_gap_ns")),
                    ])
            }
            for problem in row.cell.faultProblems ?? [] { table.add(subject.names(row) + [.rest(problem)]) }
        }
        return table.text
    }

    /// The longest few of each row.
    private static let shownGaps = 3

    private static func gaps(_ subject: PageSubject) -> String {
        var table = PageTable(subject.nameTitles + ["phase", "from s", "ms"])
        for row in subject.rows {
            for (index, gap) in row.cell.writeGaps.prefix(shownGaps).enumerated() {
                let place = "\(row.place).write_gaps.\(index)"
                table.add(
                    subject.names(row) + [
                        .words(gap.phase), .figure(.seconds(gap.startNanoseconds, "\(place).start_ns")),
                        .figure(.milliseconds(gap.nanoseconds, "\(place).length_ns")),
                    ])
            }
        }
        return table.text
    }
}
