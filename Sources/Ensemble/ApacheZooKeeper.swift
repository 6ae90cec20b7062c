// An Apache ZooKeeper that lies on this machine: where its classes are, which version it is, how one server of it is started.
// A package's service is never started; the servers are children of this tool like our own.

internal import Glibc

package struct ApacheZooKeeper: Sendable, Equatable {
    /// The Java program.
    package let java: String
    /// What the class path consists of.
    package let classPath: [String]
    /// From the name of its jar, such as 3.8.0.
    package let version: String

    private static let remedy = "apt-get install zookeeper, or name an unpacked release with --zookeeper-home DIR"
    /// Debian's jar names most of what it needs in its manifest; these are what that leaves out, and a logger for the error
    /// output.
    private static let debianJars = [
        "zookeeper", "slf4j-simple", "netty-codec", "netty-resolver", "netty-transport-native-unix-common", "netty-tcnative",
    ]

    /// Looks in `home`, a release as the project ships it; without one in the environment's `ZOOKEEPER_HOME` and where Debian
    /// puts the package's jars.
    package static func find(
        home: String?, environment: (String) -> String? = { name in getenv(name).map { String(cString: $0) } },
        debianDirectory: String = "/usr/share/java"
    ) throws(EnsembleError) -> ApacheZooKeeper {
        let named = home ?? environment("ZOOKEEPER_HOME")
        let jars = named.map(release) ?? debian(debianDirectory)
        guard let core = jars.first else {
            let place = named ?? debianDirectory
            throw EnsembleError(
                .unusable, "There is no Apache ZooKeeper in \(place) (no zookeeper-VERSION.jar); type: \(remedy).")
        }
        guard let java = program("java", environment) else {
            throw EnsembleError(
                .unusable,
                "Apache ZooKeeper \(core.version) needs Java, which is not on the PATH; type: apt-get install default-jre-headless."
            )
        }
        return ApacheZooKeeper(java: java, classPath: core.classPath, version: core.version)
    }

    private typealias Jars = (version: String, classPath: [String])

    /// The jars of an unpacked release: beside each other in `lib`, or at the top in old ones.
    private static func release(_ home: String) -> [Jars] {
        [home + "/lib", home].compactMap { directory in
            guard let version = versionOfCore(in: ProcFile.names(in: directory)) else { return nil }
            return (version, ["\(home)/conf", "\(home)/*", "\(home)/lib/*"])
        }
    }

    private static func debian(_ directory: String) -> [Jars] {
        let names = ProcFile.names(in: directory)
        guard let version = versionOfCore(in: names) else { return [] }
        return [(version, debianJars.filter { names.contains("\($0).jar") }.map { "\(directory)/\($0).jar" })]
    }

    /// The newest of `zookeeper-3.8.0.jar` and its like; `zookeeper-jute-3.8.0.jar` is none of them.
    private static func versionOfCore(in names: [String]) -> String? {
        names.compactMap { name -> String? in
            guard name.hasPrefix("zookeeper-"), name.hasSuffix(".jar") else { return nil }
            let version = name.dropFirst("zookeeper-".count).dropLast(".jar".count)
            return version.first?.isNumber == true ? String(version) : nil
        }.max { numbers($0).lexicographicallyPrecedes(numbers($1)) }
    }

    private static func numbers(_ version: String) -> [Int] { version.split { !$0.isNumber }.map { Int($0) ?? 0 } }

    private static func program(_ name: String, _ environment: (String) -> String?) -> String? {
        let own = environment("JAVA_HOME").map { ["\($0)/bin"] } ?? []
        let path = (environment("PATH") ?? "").split(separator: ":").map(String.init)
        return (own + path).map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// How a member of an ensemble runs it. The heap is set to one size from the start, so that it does not grow while measured.
    package func command(heapMegabytes: Int = 1_024) -> MemberCommand {
        .other(
            ProcessCommand(
                program: java,
                arguments: [
                    "-Xms\(heapMegabytes)m", "-Xmx\(heapMegabytes)m", "-Djava.awt.headless=true",
                    "-Dzookeeper.jmx.log4j.disable=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp",
                    classPath.joined(separator: ":"), "org.apache.zookeeper.server.quorum.QuorumPeerMain", "{config}",
                ]))
    }
}
