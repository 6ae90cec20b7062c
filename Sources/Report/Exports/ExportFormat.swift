// The formats in which a result is handed to others: their names, what each of them can be asked for, and who writes it. What a
// reader must be told beside the text, such as figures that were left out, is a remark.

package import Results

package enum ExportFormat: String, Sendable, CaseIterable {
    case junit, markdown
    case githubActionBenchmark = "github-action-benchmark"
    case bencher, benchstat, openmetrics, hgrm, hlog, otava, openmessaging, csv

    /// The options, as they are typed, that mean something for it.
    package var options: Set<String> {
        switch self {
        case .junit: ["--strict"]
        case .githubActionBenchmark: ["--direction"]
        case .hgrm: ["--nodes", "--target", "--phase", "--role", "--op"]
        case .openmessaging: ["--nodes", "--target", "--phase"]
        default: []
        }
    }
}

package struct ExportOptions: Sendable {
    package enum Direction: String, Sendable, CaseIterable { case smaller, bigger }

    /// Figures that the generator made are errors, as with `quorate bench --strict`.
    package var isStrict = false
    package var direction: Direction?
    package var selection = ExportSelection()

    package init() {}
}

package struct Exported: Sendable, Equatable {
    package var text: String
    /// Sentences for whoever asked.
    package var remarks: [String] = []
}

extension ExportFormat {
    /// The result in this format. A history of Otava's is not made of one result alone: see ``OtavaHistory``.
    package func export(_ document: ResultDocument, _ options: ExportOptions) throws(ResultError) -> Exported {
        switch self {
        case .junit: Exported(text: JUnitExport(document, isStrict: options.isStrict).text)
        case .markdown: Exported(text: MarkdownExport(document).text)
        case .githubActionBenchmark: try GitHubActionBenchmarkExport.export(document, options.direction)
        case .bencher: try BencherExport.export(document)
        case .benchstat: try BenchstatExport.export(document)
        case .openmetrics: try OpenMetricsExport.export(document)
        case .hgrm: try PercentileTableExport.export(document, options.selection)
        case .hlog: try HistogramLogExport.export(document)
        case .otava: try OtavaHistory.begun(with: document)
        case .openmessaging: try OpenMessagingExport.export(document, options.selection)
        case .csv: try CSVExport.export(document)
        }
    }
}
