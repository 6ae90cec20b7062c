// What a server says to its operator is said in this project's words and the system's own: Foundation's texts name neither place
// nor remedy, and its errors print themselves as values.

extension TidyRule {
    /// Rooms of the running server. The harness is judged by its own tests.
    private static let servingRooms: Set<String> = ["Journal", "Transport", "Node", "Server"]
    private static let foreignWords = ["localizedDescription", "localizedFailureReason", "NSError", "FileManager"]

    static let ownSentences = TidyRule(name: "OwnSentences") { tree in
        tree.files(under: "Sources").filter { $0.isSwift && servingRooms.contains($0.room ?? "") }.flatMap { file in
            SwiftText.code(file.text).enumerated().flatMap { index, line in
                foreignWords.filter { line.contains($0) }.map {
                    TidyFinding(path: file.path, line: index + 1, says: "speaks in Foundation's words: \($0)")
                }
            }
        }
    }
}
