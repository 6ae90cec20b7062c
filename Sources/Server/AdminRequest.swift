// Reads the head of a request to the admin port out of the bytes that have come so far: a path, or the answer that says what is
// wrong with it. A pure function; how long anyone may take and how much may come is AdminConnection's business and in AdminLimits.

package enum AdminRequest: Hashable, Sendable {
    /// What is asked for, without query; a HEAD wants the answer's head alone.
    case path(String, isHead: Bool)
    case refused(AdminAnswer)

    /// - Returns: nil while the head is not complete and may still become one.
    package init?(reading bytes: [UInt8], limit: Int) {
        // Empty lines in front of a request are borne, as the standard asks for.
        let text = bytes.drop { $0 == 0x0d || $0 == 0x0a }
        guard let end = AdminRequest.endOfHead(text) else {
            guard bytes.count > limit else { return nil }
            let isLine = !text.contains(0x0a)
            self = .refused(isLine ? AdminAnswer.refusal(414, "The request line") : AdminAnswer.refusal(431, "The head"))
            return
        }
        guard end - bytes.startIndex <= limit else {
            self = .refused(AdminAnswer.refusal(431, "The head"))
            return
        }
        let lines = text[..<end].split(separator: 0x0a, omittingEmptySubsequences: false).map { line in
            line.last == 0x0d ? line.dropLast() : line
        }
        if let place = lines.dropFirst().firstIndex(where: { !$0.isEmpty && !AdminRequest.isField($0) }) {
            self = .refused(.unreadable("line \(place + 1) is no header field"))
        } else {
            self.init(line: lines[0])
        }
    }

    private init(line: ArraySlice<UInt8>) {
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3, AdminRequest.isToken(parts[0]), let path = AdminRequest.path(parts[1]) else {
            self = .refused(.unreadable("the first line is not METHOD /PATH HTTP/1.1"))
            return
        }
        let version = String(decoding: parts[2], as: UTF8.self)
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            self = .refused(
                version.hasPrefix("HTTP/")
                    ? AdminAnswer(status: 505, body: "Only HTTP/1.1 and HTTP/1.0 are spoken here.\n")
                    : .unreadable("the first line does not end in HTTP/1.1"))
            return
        }
        switch String(decoding: parts[0], as: UTF8.self) {
        case "GET": self = .path(path, isHead: false)
        case "HEAD": self = .path(path, isHead: true)
        default: self = .refused(AdminAnswer(status: 405, body: "Only GET and HEAD are answered here.\n"))
        }
    }

    /// The place behind the empty line that ends a head.
    private static func endOfHead(_ bytes: ArraySlice<UInt8>) -> Int? {
        var lineIsEmpty = false
        for place in bytes.indices {
            if bytes[place] == 0x0a {
                if lineIsEmpty { return place + 1 }
                lineIsEmpty = true
            } else if bytes[place] != 0x0d {
                lineIsEmpty = false
            }
        }
        return nil
    }

    /// A target in its usual form or with scheme and host, as a proxy sends it; nil if it is none.
    private static func path(_ target: ArraySlice<UInt8>) -> String? {
        guard target.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
        var text = Substring(decoding: target, as: UTF8.self)
        if let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) }) {
            let rest = text.dropFirst(scheme.count)
            text = rest.firstIndex(of: "/").map { rest[$0...] } ?? "/"
        }
        guard text.first == "/" else { return nil }
        return String(text.prefix { $0 != "?" && $0 != "#" })
    }

    /// A name, a colon, anything; no line that goes on from the one before.
    private static func isField(_ line: ArraySlice<UInt8>) -> Bool {
        guard let colon = line.firstIndex(of: 0x3a), !line.contains(0) else { return false }
        return isToken(line[..<colon])
    }

    private static func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
        let marks = Set("!#$%&'*+-.^_`|~".utf8)
        return !bytes.isEmpty
            && bytes.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || marks.contains($0)
            }
    }
}

extension AdminAnswer {
    static func unreadable(_ why: String) -> AdminAnswer {
        AdminAnswer(status: 400, body: "The request can't be read: \(why).\n")
    }

    fileprivate static func refusal(_ status: Int, _ what: String) -> AdminAnswer {
        AdminAnswer(status: status, body: "\(what) is too long.\n")
    }
}
