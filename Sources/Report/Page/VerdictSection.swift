// The top of a result: what it is, what it came to in a sentence, whether its checks passed, and what speaks against its figures.

internal import Results

struct VerdictSection {
    /// More of one kind are told on demand.
    private static let shownOfAKind = 2

    static func text(_ subject: PageSubject) -> String {
        let document = subject.document
        let sentences = ResultWords.sentence(document).split(separator: "\n").map {
            HTMLText.element("p", ["class": "sentence"], HTMLText.words(String($0)))
        }
        let (found, word) = verdict(document)
        let checks = ResultWords.checks(document)
        return HTMLText.element(
            "section", ["id": subject.prefix + "verdict", "class": "verdict"],
            HTMLText.element("p", ["class": "badge \(found)"], HTMLText.words(word)) + sentences.joined()
                + HTMLText.list((ResultWords.failures(document) + checks).map(HTMLText.words)) + marks(document))
    }

    /// The worst that is to be said.
    private static func verdict(_ document: ResultDocument) -> (kind: String, word: String) {
        let rows = document.rows
        if rows.contains(where: { !$0.failedChecks.isEmpty }) { return ("bad", "✗ A check failed") }
        if rows.contains(where: { $0.failure != nil }) { return ("bad", "✗ A load failed") }
        if document.status == .partial { return ("fair", "! Partial: not everything that was asked for was run") }
        if rows.contains(where: { $0.phases.contains { $0.isVoid == true } }) {
            return ("fair", "! Void in part: the load generator made what carries a \(Numbers.void)")
        }
        if rows.contains(where: { $0.phases.contains(where: \.isUnsteady) }) {
            return (
                "fair",
                "! Not steady: phases that carry a \(Numbers.unsteady) did not reach steady state before they were recorded"
            )
        }
        let checks = rows.flatMap(\.checks)
        let undecided = checks.filter { $0.passed == nil }.count
        if undecided > 0 { return ("fair", "✓ No check failed, \(undecided) could not be decided") }
        if !document.marks.isEmpty {
            return ("good", "✓ Complete\(checks.isEmpty ? "" : ", all checks passed"); mind what is below")
        }
        return ("good", checks.isEmpty ? "✓ Complete" : "✓ Complete, all checks passed")
    }

    /// Marks of a kind together, as a long run may have many of the same.
    private static func marks(_ document: ResultDocument) -> String {
        var names: [ResultMark.Name] = []
        for mark in document.marks where !names.contains(mark.name) { names.append(mark.name) }
        guard !names.isEmpty else { return "" }
        let items = names.map { name in
            let sentences = document.marks.filter { $0.name == name }.map { HTMLText.words($0.sentence) }
            let shown = sentences.prefix(shownOfAKind).joined(separator: " ")
            let others = Array(sentences.dropFirst(shownOfAKind))
            return HTMLText.element("strong", [:], name.rawValue.replacing("_", with: " ")) + " " + shown
                + (others.isEmpty ? "" : HTMLText.details("\(others.count) more of this kind", HTMLText.list(others)))
        }
        return HTMLText.element("div", ["class": "marks"], HTMLText.element("h3", [:], "Mind") + HTMLText.list(items))
    }
}
