// Files that people write: the configuration of a server with its properties, and workloads.

import Server
import Workload

final class ConfigurationFiles: FuzzTarget {
    let name = "configuration-files"
    let corpus: [[UInt8]]
    /// Problems are told in sentences, each with its place and remedy.
    let bound = AllocationBound(base: 1 << 20, perByte: 4 << 10)

    init() {
        let small = "dataDir=/var/lib/quorate\nclientPort=2181\n"
        let ensemble = """
            # three
            tickTime: 2000
            dataDir = /d\\u0061ta
            initLimit=10
            syncLimit=5
            server.1=node-1:2888:3888;2181
            server.2=[::1]:2888:3888:participant;[::2]:2181
            server.3=node-3:2888:3888\\
              :participant
            sslQuorum=true
            quorate.quorum.tls.cert=/c.pem
            quorate.quorum.tls.ca=/ca.pem
            4lw.commands.whitelist=stat, ruok ,*
            jute.maxbuffer=0x10000
            quorate.commitQuorum=majority
            quorate.minCopies=2
            autopurge.purgeInterval=0
            ssl.quorum.protocol=TLSv1.2
            superDigest=super:abc=

            """
        let refused = "group.1=1:2\nweight.1=3\npeerType=observer\nskipACL=yes\nunknownKey=1\nquorate.unknown=2\n"
        corpus = [small, ensemble, small + refused, ensemble + "secureClientPort=2281\nssl.clientAuth=want\n"].map {
            Array($0.utf8)
        }
    }

    func run(_ input: [UInt8]) {
        guard let text = String(validating: input, as: UTF8.self) else { return }
        for strict in [false, true] {
            do throws(ConfigurationError) {
                _ = try ServerConfiguration.reading(text, file: "zoo.cfg", strict: strict) { path in
                    path.hasSuffix("myid") ? .text("1\n") : .missing
                }
            } catch {
                expect(!error.problems.isEmpty, "a configuration is refused without a reason")
            }
        }
    }
}

final class WorkloadFiles: FuzzTarget {
    let name = "workload-files"
    let corpus: [[UInt8]]
    let bound = AllocationBound(base: 4 << 20, perByte: 16 << 10)

    init(files: [[UInt8]]) {
        let small = """
            version: 1
            name: small
            phases:
              - name: measure
                seconds: 1
            roles:
              - name: writers
                clients: 2
                operations:
                  - set: {path: /a, size: 100}
                rate: 10
            """
        corpus = files + [Array(small.utf8)]
    }

    func run(_ input: [UInt8]) {
        guard let text = String(validating: input, as: UTF8.self) else { return }
        _ = try? Workload(text: text, file: "workload.yaml")
    }
}
