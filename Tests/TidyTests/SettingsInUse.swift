// A setting that is read from the file and then used by nobody would be a lie told to the operator: every stored property of
// `ServerConfiguration` is mentioned outside of the files that read it.

extension TidyRule {
    static let settingsInUse = TidyRule(name: "SettingsInUse") { tree in
        guard let file = tree.file("Sources/Server/ServerConfiguration.swift") else { return [] }
        let users = (tree.files(under: "Sources/Server") + tree.files(under: "Sources/quorate")).filter {
            $0.isSwift && !($0.parts.last ?? "").hasPrefix("Configuration") && $0.path != file.path
        }
        let code = users.flatMap { SwiftText.code($0.text) }
        return SwiftText.code(file.text).enumerated().compactMap { index, line in
            guard let match = line.firstMatch(of: #/^\s+public var (\w+): [^{]*$/#) else { return nil }
            let name = String(match.1)
            if code.contains(where: { $0.contains(".\(name)") }) { return nil }
            return TidyFinding(path: file.path, line: index + 1, says: "\(name) is read from the file and used by nobody")
        }
    }
}
