// Finding an Apache ZooKeeper: in a release, in Debian's directory, or not at all, with a sentence that says what to do.

import Ensemble
import Foundation
import Testing

@Suite struct ApacheZooKeeperTests {
    private func place(_ files: [String]) throws -> String {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("zk-\(UUID().uuidString)").path
        for file in files {
            let url = URL(fileURLWithPath: "\(place)/\(file)")
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            _ = FileManager.default.createFile(atPath: url.path, contents: Data(), attributes: [.posixPermissions: 0o755])
        }
        return place
    }

    private func environment(_ place: String) -> (String) -> String? {
        { $0 == "PATH" ? "\(place)/bin" : nil }
    }

    @Test func aReleaseIsFoundWithItsVersion() throws {
        let place = try place(["bin/java", "lib/zookeeper-3.9.2.jar", "lib/zookeeper-jute-3.9.2.jar", "lib/netty-all.jar"])
        defer { try? FileManager.default.removeItem(atPath: place) }
        let found = try ApacheZooKeeper.find(home: place, environment: environment(place))
        #expect(found.version == "3.9.2" && found.java == "\(place)/bin/java")
        #expect(found.classPath.contains("\(place)/lib/*"))
        guard case .other(let command) = found.command() else {
            Issue.record("another server's command")
            return
        }
        #expect(command.arguments.last == "{config}" && command.arguments.contains("-Xmx1024m"))
    }

    @Test func debiansJarsAreFoundByName() throws {
        let place = try place(["bin/java", "zookeeper.jar", "zookeeper-3.8.0.jar", "zookeeper-it-3.8.0.jar", "slf4j-simple.jar"])
        defer { try? FileManager.default.removeItem(atPath: place) }
        let found = try ApacheZooKeeper.find(home: nil, environment: environment(place), debianDirectory: place)
        #expect(found.version == "3.8.0")
        #expect(found.classPath == ["\(place)/zookeeper.jar", "\(place)/slf4j-simple.jar"])
    }

    @Test func whereThereIsNoneTheRemedyIsNamed() throws {
        let place = try place(["bin/java", "zookeeper-it-3.8.0.jar"])
        defer { try? FileManager.default.removeItem(atPath: place) }
        let error = try #require(throws: EnsembleError.self) {
            try ApacheZooKeeper.find(home: nil, environment: environment(place), debianDirectory: place)
        }
        #expect(error.description.contains("apt-get install zookeeper") && error.description.contains("--zookeeper-home"))
        let noJava = try self.place(["lib/zookeeper-3.9.2.jar"])
        defer { try? FileManager.default.removeItem(atPath: noJava) }
        let other = try #require(throws: EnsembleError.self) {
            try ApacheZooKeeper.find(home: noJava, environment: environment(noJava))
        }
        #expect(other.description.contains("needs Java") && other.description.contains("default-jre-headless"))
    }
}
