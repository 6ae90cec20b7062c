// Which release this is, in the forms that tools look for.

import Glibc

public enum Version {
    /// The release of this project.
    public static let text = "0.1.0"
    /// The ZooKeeper release whose client contract is kept; clients and monitoring tools compare it.
    static let zookeeper = "3.9.5"
    /// Tools cut the number out of this line.
    static var zookeeperText: String { "\(zookeeper)-quorate-\(text), built on 2026-11-23 00:00 UTC" }

    /// The lines of `envi`.
    static func environment() -> [(String, String)] {
        var name = utsname()
        uname(&name)
        func string<T>(_ field: T) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return [
            ("zookeeper.version", zookeeperText), ("quorate.version", text), ("host.name", string(name.nodename)),
            ("os.name", string(name.sysname)), ("os.arch", string(name.machine)), ("os.version", string(name.release)),
        ]
    }
}
