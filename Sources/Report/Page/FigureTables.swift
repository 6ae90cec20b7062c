// The tables of a page: that of sizes and targets, whose columns are those of the terminal's, one of every recorded phase where
// there are more than two, and one of every operation.

internal import Results

struct FigureTables {
    private struct Column {
        let title: String
        let figure: (PageRow) -> PageFigure?
    }

    // MARK: sizes and targets

    static func sizes(_ subject: PageSubject) -> String {
        let hasQueues = subject.rows.contains { $0.cell.phases.contains { $0.itemsPerSecond != nil } }
        let hasReads = subject.chosen.reading != nil
        let groups: [(String, [Column])] = [
            commit,
            ("recv→quorum ms", receivedToQuorum), ("throughput", throughput(hasQueues: hasQueues, hasReads: hasReads)),
            ("enqueue→take ms", hasQueues ? dispatch : []), ("batches", batches), ("cost of all members", cost),
        ].filter { !$0.1.isEmpty }
        var table = PageTable(groups: [("", subject.nameTitles)] + groups.map { ($0.0, $0.1.map(\.title)) })
        for row in subject.rows {
            guard row.cell.failure == nil || !row.recordedPhases.isEmpty else {
                table.add(subject.names(row) + [.rest("no figures: \(row.cell.failure ?? "")")])
                continue
            }
            table.add(subject.names(row) + groups.flatMap(\.1).map { .figure($0.figure(row)) })
        }
        return table.text
    }

    private static var commit: (String, [Column]) {
        func column(_ title: String, _ key: String, _ value: @escaping (LatencySummary) -> UInt64, isTail: Bool) -> Column {
            Column(title: title) { row in
                .milliseconds(
                    row.latency?.phase.commit.map(value), "\(row.latency?.place ?? "").commit.\(key)",
                    mark: isTail ? row.figures.tailMark : "")
            }
        }
        return (
            "commit latency ms",
            [
                column("p50", "p50_ns", \.p50, isTail: false), column("p99", "p99_ns", \.p99, isTail: true),
                column("p99.9", "p999_ns", \.p999, isTail: true), column("max", "max_ns", \.max, isTail: true),
            ]
        )
    }

    private static var receivedToQuorum: [Column] {
        func place(_ row: PageRow) -> String { "\(row.latency?.place ?? "").server.stages.received_to_quorum" }
        return [
            Column(title: "p50") { .coarseMilliseconds($0.figures.receivedToQuorum?.p50, "\(place($0)).p50_ns") },
            Column(title: "p99") { .coarseMilliseconds($0.figures.receivedToQuorum?.p99, "\(place($0)).p99_ns") },
        ]
    }

    private static func throughput(hasQueues: Bool, hasReads: Bool) -> [Column] {
        func place(_ row: PageRow) -> String { row.throughput?.place ?? "" }
        let writes = Column(title: "writes/s") { row in
            .whole(row.figures.writesPerSecond, "\(place(row)).writes_per_s", mark: row.figures.rateMark)
        }
        let reads = Column(title: "reads/s") { row in
            .whole(row.figures.readsPerSecond, "\(row.reading?.place ?? "").reads_per_s")
        }
        let items = Column(title: "items/s") { .whole($0.figures.itemsPerSecond, "\(place($0)).items_per_s") }
        return [writes] + (hasReads ? [reads] : []) + (hasQueues ? [items] : [])
    }

    private static var dispatch: [Column] {
        func place(_ row: PageRow) -> String { "\(row.latency?.place ?? "").enqueue_to_take" }
        return [
            Column(title: "p50") { .milliseconds($0.figures.enqueueToTake?.p50, "\(place($0)).p50_ns") },
            Column(title: "p99") { .milliseconds($0.figures.enqueueToTake?.p99, "\(place($0)).p99_ns") },
        ]
    }

    private static func server(_ row: PageRow) -> String { "\(row.throughput?.place ?? "").server" }

    private static var batches: [Column] {
        [
            Column(title: "mean size") {
                .significant($0.figures.server?.requestsPerBatch, "\(server($0)).requests_per_batch")
            },
            Column(title: "in flight") { .significant($0.figures.server?.batchesInFlight, "\(server($0)).batches_in_flight") },
        ]
    }

    private static var cost: [Column] {
        [
            Column(title: "CPU µs/write") {
                .significant($0.figures.server?.cpuMicrosecondsPerWrite, "\(server($0)).cpu_us_per_write")
            },
            Column(title: "flushes/s") { .whole($0.figures.server?.flushesPerSecond, "\(server($0)).flushes_per_s") },
        ]
    }

    // MARK: phases

    /// Nothing where the table of sizes says it all.
    static func phases(_ subject: PageSubject) -> String {
        var names: [String] = []
        for phase in subject.rows.flatMap(\.recordedPhases) where !names.contains(phase.phase.name) {
            names.append(phase.phase.name)
        }
        guard names.count > 2 else { return "" }
        var table = PageTable(groups: [
            ("", ["phase"] + subject.nameTitles), ("answered", ["due/s", "reads/s", "writes/s"]),
            ("write ms", ["p50", "p99", "max"]), ("processors %", ["members", "generator", "others", "stolen"]),
        ])
        for name in names {
            for row in subject.rows {
                guard let phase = row.recordedPhases.first(where: { $0.phase.name == name }) else { continue }
                table.add([.name(name)] + subject.names(row) + cells(phase))
            }
        }
        return table.text
    }

    private static func cells(_ placed: PagePhase) -> [PageTable.Cell] {
        let (phase, place) = (placed.phase, placed.place)
        let writes = phase.writesPerSecond > 0 ? phase.writesPerSecond : nil
        let tail = phase.makesVoid(.commitP99) ? Numbers.void : ""
        return [
            .figure(.whole(phase.offeredPerSecond, "\(place).offered_per_s")),
            .figure(.whole(phase.readsPerSecond, "\(place).reads_per_s", mark: phase.makesVoid(.reads) ? Numbers.void : "")),
            .figure(.whole(writes, "\(place).writes_per_s", mark: phase.makesVoid(.writes) ? Numbers.void : "")),
            .figure(.milliseconds(phase.commit?.p50, "\(place).commit.p50_ns")),
            .figure(.milliseconds(phase.commit?.p99, "\(place).commit.p99_ns", mark: tail)),
            .figure(.milliseconds(phase.commit?.max, "\(place).commit.max_ns", mark: tail)),
            .figure(.percent(phase.machine?.members, "\(place).machine.members")),
            .figure(.percent(phase.machine?.generator, "\(place).machine.generator")),
            .figure(.percent(phase.machine?.others, "\(place).machine.others")),
            .figure(.percent(phase.machine?.stolen, "\(place).machine.stolen")),
        ]
    }

    // MARK: operations

    static func operations(_ subject: PageSubject) -> String {
        var table = PageTable(groups: [
            ("", ["phase"] + subject.nameTitles + ["role", "op"]),
            ("requests", ["due", "sent", "answered", "in the phase", "not sent", "unanswered"]),
            ("response ms", ["p50", "p99", "p99.9", "max"]), ("generator late ms", ["p99"]),
        ])
        for row in subject.rows {
            for phase in row.recordedPhases {
                for (index, operation) in phase.phase.operations.enumerated() {
                    let names = [PageTable.Cell.name(phase.phase.name)] + subject.names(row)
                    table.add(
                        names + [.words(operation.role), .words(operation.op)]
                            + cells(operation, "\(phase.place).operations.\(index)", phase.phase))
                }
            }
        }
        return table.text
    }

    private static func cells(_ operation: ResultOperation, _ place: String, _ phase: ResultPhase) -> [PageTable.Cell] {
        let tail = operation.isOpenLoop && phase.isVoid == true ? Numbers.void : ""
        let response = operation.response?.summary
        return [
            .figure(.count(operation.offered, "\(place).offered")), .figure(.count(operation.sent, "\(place).sent")),
            .figure(.count(operation.acknowledged, "\(place).acknowledged")),
            .figure(.count(operation.acknowledgedInside, "\(place).acknowledged_inside")),
            .figure(.count(operation.notSent, "\(place).not_sent")),
            .figure(.count(operation.unanswered, "\(place).unanswered")),
            .figure(.milliseconds(response?.p50, "\(place).response.p50_ns")),
            .figure(.milliseconds(response?.p99, "\(place).response.p99_ns", mark: tail)),
            .figure(.milliseconds(response?.p999, "\(place).response.p999_ns", mark: tail)),
            .figure(.milliseconds(response?.max, "\(place).response.max_ns", mark: tail)),
            .figure(.milliseconds(operation.slip?.summary.p99, "\(place).slip.p99_ns")),
        ]
    }
}
