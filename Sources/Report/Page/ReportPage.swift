// `quorate report`: one or several results as a page in one file, which needs no network and no script. The verdict comes first,
// then tables, charts with their numbers behind them, and in the end where it was measured and how to measure it again.

package import Results

package enum ReportPage {
    /// In each page, and in no other: whose file it is that would be written over.
    private static let mark = "<meta name=\"generator\" content=\"quorate report\"/>"

    package static func isReport(_ text: String) -> Bool { text.prefix(1_000).contains(mark) }

    package static func text(_ documents: [ResultDocument]) -> String { text(documents.map(ReportDocument.result)) }

    /// - Precondition: there is at least one document.
    package static func text(_ documents: [ReportDocument]) -> String {
        precondition(!documents.isEmpty, "a page is of at least one result")
        let title = Numbers.list(documents.map(\.title)) + " · quorate report"
        let head = [
            "<meta charset=\"utf-8\"/>", mark, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>",
            HTMLText.element("title", [:], HTMLText.words(title)), HTMLText.element("style", [:], PageLook.style),
        ]
        let articles = documents.enumerated().map { article($1, number: $0 + 1) }
        let body = [contents(documents)] + articles + [HTMLText.element("script", [:], PageLook.script)]
        return "<!DOCTYPE html>\n"
            + HTMLText.element(
                "html", ["lang": "en"],
                "\n" + HTMLText.element("head", [:], head.joined(separator: "\n")) + "\n"
                    + HTMLText.element("body", [:], body.joined(separator: "\n"))) + "\n"
    }

    /// Where there are several results, the way to each.
    private static func contents(_ documents: [ReportDocument]) -> String {
        guard documents.count > 1 else { return "" }
        let links = documents.enumerated().map { place, document in
            HTMLText.element("a", ["href": "#r\(place + 1)-top"], HTMLText.words(document.name))
        }
        return HTMLText.element("nav", [:], links.joined(separator: "\n"))
    }

    private static func article(_ document: ReportDocument, number: Int) -> String {
        switch document {
        case .result(let document): result(PageSubject(document, number: number))
        case .capacity(let document): CapacityPage(document, prefix: "r\(number)-").text
        case .tuning(let document): TuningPage(document, prefix: "r\(number)-").text
        }
    }

    private static func result(_ subject: PageSubject) -> String {
        let document = subject.document
        return HTMLText.element(
            "article", ["id": subject.prefix + "top", "data-result": document.id],
            [
                head(document), links(subject), VerdictSection.text(subject), tables(subject), charts(subject), books(subject),
                EnvironmentSection.text(subject),
            ].joined(separator: "\n"))
    }

    private static func head(_ document: ResultDocument) -> String {
        let targets = Numbers.list(
            document.targets.map { [$0.name, $0.version ?? ""].filter { !$0.isEmpty }.joined(separator: " ") })
        let sizes = Set(document.rows.map(\.nodes)).sorted().map { "\($0)" }
        let members = sizes.isEmpty ? "" : ", \(Numbers.list(sizes)) member\(sizes == ["1"] ? "" : "s")"
        return HTMLText.element("h1", [:], HTMLText.words(document.workload.name))
            + HTMLText.element(
                "p", ["class": "about"], HTMLText.words("\(targets)\(members) · \(document.started) · \(document.id)"))
    }

    private static func links(_ subject: PageSubject) -> String {
        let places = [
            ("verdict", "Verdict"), ("figures", "Figures"), ("charts", "Charts"), ("books", "Books"), ("machine", "Machine"),
            ("workload", "Workload"), ("command", "Command"),
        ]
        return HTMLText.element(
            "nav", [:],
            places.map { HTMLText.element("a", ["href": "#\(subject.prefix)\($0)"], $1) }.joined(separator: "\n"))
    }

    // MARK: sections

    private static func tables(_ subject: PageSubject) -> String {
        let legend = HTMLText.element("p", ["class": "legend"], HTMLText.words(ResultWords.legend(subject.document)))
        let seen = (ResultWords.bounds(subject.document) + ResultWords.courses(subject.document)).map(HTMLText.words)
        let phases = FigureTables.phases(subject)
        let operations = FigureTables.operations(subject)
        return section(
            subject, "figures", "Figures",
            [
                FigureTables.sizes(subject), legend,
                seen.isEmpty ? "" : HTMLText.element("h3", [:], "What else was seen") + HTMLText.list(seen),
                phases.isEmpty ? "" : HTMLText.element("h3", [:], "Every recorded phase") + phases,
                operations.isEmpty ? "" : HTMLText.details("Every operation", operations), summaries(subject),
            ].joined(separator: "\n"))
    }

    private static func summaries(_ subject: PageSubject) -> String {
        var table = PageTable(["phase"] + ["members", "target", "figure", "median of runs", "low", "high", "runs"])
        for (index, summary) in (subject.document.summaries ?? []).enumerated() {
            let place = "summaries.\(index)"
            let isVoid = subject.document.isVoid(summary.nodes, [summary.target], summary.phase, summary.metric)
            table.add(
                [
                    .name(summary.phase), .figure(.count(summary.nodes, "\(place).nodes")), .words(summary.target),
                    .words(summary.metric.title + (isVoid ? " \(Numbers.void)" : "")),
                ] + ScalingChart.interval(summary.value, "\(place).value", summary.metric))
        }
        return table.isEmpty ? "" : HTMLText.details("Every compared figure over its runs, with 95 % intervals", table.text)
    }

    private static func charts(_ subject: PageSubject) -> String {
        let all = [
            ForestChart.figures(subject), ScalingChart.figure(subject), SpectrumChart.figure(subject), TimeChart.figures(subject),
            StageChart.figures(subject),
        ].joined(separator: "\n")
        guard all.contains("<figure") else { return "" }
        return section(subject, "charts", "Charts", HTMLText.element("div", ["class": "charts"], all))
    }

    private static func books(_ subject: PageSubject) -> String {
        section(subject, "books", "Books", BooksSection.text(subject))
    }

    private static func section(_ subject: PageSubject, _ id: String, _ title: String, _ content: String) -> String {
        HTMLText.section(subject.prefix + id, title, content)
    }
}
