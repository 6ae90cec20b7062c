// What the configuration's tests share: reading from text with a disk made of strings.

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
