// What the pages of searches have in common: the article that holds one, its head, and the verdict on top.

internal import Results

struct PlanSections {
    /// Before names of places within the page.
    let prefix: String
    let started: String

    func article(_ parts: [String]) -> String {
        HTMLText.element(
            "article", ["id": prefix + "top", "data-result": started],
            parts.filter { !$0.isEmpty }.joined(separator: "\n"))
    }

    func head(_ title: String, about: String) -> String {
        HTMLText.element("h1", [:], HTMLText.words(title))
            + HTMLText.element("p", ["class": "about"], HTMLText.words(about))
    }

    /// - Parameter lines: of a file, as they are to be written.
    func verdict(
        _ badge: (kind: String, word: String), _ sentences: [String], lines: String = "", _ marks: [ResultMark]
    ) -> String {
        let said = sentences.map { HTMLText.element("p", ["class": "sentence"], HTMLText.words($0)) }
        let mind = marks.map { HTMLText.words("\($0.name.rawValue.replacing("_", with: " ")): \($0.sentence)") }
        return HTMLText.element(
            "section", ["id": prefix + "verdict", "class": "verdict"],
            HTMLText.element("p", ["class": "badge \(badge.kind)"], HTMLText.words(badge.word)) + said.joined()
                + (lines.isEmpty ? "" : HTMLText.element("pre", [:], HTMLText.words(lines))) + HTMLText.list(mind))
    }

    func charts(_ all: [String]) -> String {
        let text = all.joined()
        return HTMLText.section(
            prefix + "charts", "Charts", text.isEmpty ? "" : HTMLText.element("div", ["class": "charts"], text))
    }

    func command(_ words: [String]) -> String {
        HTMLText.section(prefix + "command", "To repeat it", EnvironmentSection.command(words))
    }
}
