// What the configuration's tests share: reading from text with a disk made of strings. Every PEM file is there, but for gone.pem.

import Server

enum ConfigurationText {
    static let alone = "dataDir=data\nclientPort=2181\n"
    static let three =
        alone + "server.1=a:2888:3888\nserver.2=b:2888:3888\nserver.3=c:2888:3888\n"

    static func read(
        _ text: String, myid: String? = "1\n", strict: Bool = false
    ) throws(ConfigurationError) -> ServerConfiguration {
        try ServerConfiguration.reading(text, file: "zoo.cfg", strict: strict) { path in
            if path == "data/myid", let myid { return .text(myid) }
            if path == "secret.pem" { return .unreadable("Permission denied") }
            if path == "lone.pem" { return .text("-----BEGIN CERTIFICATE-----") }
            // What is in such a file matters to libssl only; it need not even be text.
            if path.hasSuffix(".pem"), path != "gone.pem" { return .unsuitable("it is not UTF-8 text") }
            return .missing
        }
    }

    /// The problems that a text has; empty if it is fine.
    static func problems(_ text: String, myid: String? = "1\n", strict: Bool = false) -> [ConfigurationProblem] {
        do {
            _ = try read(text, myid: myid, strict: strict)
            return []
        } catch {
            return error.problems
        }
    }
}
