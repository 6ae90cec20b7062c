// Where and how a result was made: the machine, its ceilings, the targets, the workload as it was run, and the command that
// runs it again.

internal import Results
internal import Statistics

struct EnvironmentSection {
    static func text(_ subject: PageSubject) -> String {
        let document = subject.document
        return [
            section(subject, "machine", "The machine", machine(document)),
            section(subject, "ceilings", "What the machine does alone", ceilings(document)),
            section(subject, "targets", "What was measured", targets(document)),
            section(
                subject, "workload", "The workload, as it was run",
                HTMLText.element("pre", ["tabindex": "0"], HTMLText.words(document.workload.resolved))),
            section(
                subject, "command", "To repeat it",
                command(document.command)),
        ].joined(separator: "\n")
    }

    private static func section(_ subject: PageSubject, _ id: String, _ title: String, _ content: String) -> String {
        HTMLText.section(subject.prefix + id, title, content)
    }

    // MARK: the machine

    private static func machine(_ document: ResultDocument) -> String {
        let environment = document.environment
        let files = environment.filesystem
        func marked(_ figure: PageFigure?, _ unit: String = "") -> String? { figure.map { $0.marked + unit } }
        let kind = [files.kind, files.device, files.options].compactMap(\.self).joined(separator: ", ")
        let lines: [(String, String?)] = [
            ("system", environment.operatingSystem.map(HTMLText.words)), ("kernel", environment.kernel.map(HTMLText.words)),
            ("processor", environment.cpuModel.map(HTMLText.words)),
            ("CPUs", marked(.count(environment.cpus, "environment.cpus"))),
            ("memory", marked(.gibibytes(environment.memoryBytes, "environment.memory_bytes"), " GiB")),
            (
                "memory available",
                marked(.gibibytes(environment.memoryAvailableBytes, "environment.memory_available_bytes"), " GiB")
            ),
            ("governor", environment.governor.map(HTMLText.words)),
            (
                "load before the run",
                marked(.significant(environment.loadAverage, "environment.load_average_1min"), " runnable tasks over a minute")
            ),
            ("members' data", HTMLText.words(kind + (files.inMemory ? " (IN MEMORY)" : ""))),
            (
                "room there", marked(.gibibytes(files.availableBytes, "environment.filesystem.available_bytes"), " GiB")
            ),
            ("the run took", marked(.seconds(document.durationNanoseconds, "duration_ns"), " s")),
            ("seed", HTMLText.words("\(document.workload.seed)")),
            ("quorate", HTMLText.words(tool(document.tool))),
        ]
        let items = lines.compactMap { title, value -> String? in
            guard let value, !value.isEmpty else { return nil }
            return HTMLText.element("dt", [:], title) + HTMLText.element("dd", [:], value)
        }
        return HTMLText.element("dl", [:], items.joined())
    }

    private static func tool(_ tool: ResultTool) -> String {
        let commit = tool.git.map { ", commit \($0.prefix(12))" } ?? ""
        return tool.version + commit + (tool.dirty == true ? " with changes" : "")
    }

    private static func ceilings(_ document: ResultDocument) -> String {
        guard let around = document.ceilings else { return "" }
        var table = PageTable(groups: [
            ("", ["", "flushes/s", "flush p50 ms", "p99"]), ("loopback", ["round trips/s", "p50 ms", "p99"]),
            ("million steps/s of a CPU", ["alone", "with all busy"]),
        ])
        func add(_ name: String, _ found: ResultCeilings?, _ place: String) {
            guard let found else { return }
            let (flush, loopback) = (found.fsync.latency.summary, found.loopback.latency.summary)
            func million(_ steps: Double?, _ key: String) -> PageTable.Cell {
                .figure(.millions(steps, "\(place).cpu.\(key)"))
            }
            table.add([
                .name(name), .figure(.whole(found.fsync.flushesPerSecond, "\(place).fsync.flushes_per_s")),
                .figure(.milliseconds(flush.p50, "\(place).fsync.latency.p50_ns")),
                .figure(.milliseconds(flush.p99, "\(place).fsync.latency.p99_ns")),
                .figure(.whole(found.loopback.roundTripsPerSecond, "\(place).loopback.round_trips_per_s")),
                .figure(.milliseconds(loopback.p50, "\(place).loopback.latency.p50_ns")),
                .figure(.milliseconds(loopback.p99, "\(place).loopback.latency.p99_ns")),
                million(found.cpu?.stepsPerSecondAlone, "steps_per_s_alone"),
                million(found.cpu?.stepsPerSecondTogether, "steps_per_s_together"),
            ])
        }
        add("before the run", around.before, "ceilings.before")
        add("after", around.after, "ceilings.after")
        return table.text
    }

    // MARK: what was measured, and how

    private static func targets(_ document: ResultDocument) -> String {
        var table = PageTable(["target", "version", "program", "TLS between members", "TLS for clients", "settings"])
        for target in document.targets {
            func word(_ flag: Bool?) -> PageTable.Cell { .words(flag.map { $0 ? "yes" : "no" } ?? Numbers.absent) }
            table.add([
                .name(target.name), .words(target.version ?? Numbers.absent), .words(target.program ?? Numbers.absent),
                word(target.tls), .words(target.clientTLS == true ? "yes" : "no"),
                .words(target.settings.isEmpty ? Numbers.absent : target.settings.joined(separator: "; ")),
            ])
        }
        return table.text
    }

    /// As a shell takes it.
    static func command(_ words: [String]) -> String {
        let line = (["scripts/quorate"] + words).map(quoted).joined(separator: " ")
        return HTMLText.element("pre", ["class": "command", "tabindex": "0"], HTMLText.words(line))
    }

    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+")

    private static func quoted(_ word: String) -> String {
        guard word.isEmpty || !word.allSatisfy(plain.contains) else { return word }
        return "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
