// `quorate certs`: a development authority and one certificate per host, for members that know each other by TLS.
// The making is Transport's; this only takes arguments and says which lines of zoo.cfg go with the files.

import ArgumentParser
import Foundation
import Transport

struct Certs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a development CA and a certificate for each member.",
        discussion: """
            Writes ca.pem and ca-key.pem, and for each host HOST.pem and HOST-key.pem, and says which lines of zoo.cfg use them. \
            The authority's key lies beside the certificates without a password: for development and tests, not for production.
            """)

    @Option(help: "The directory to write to; made if it is missing.")
    var out: String

    @Option(help: "Hosts of the members, as in their server.N lines, with commas between them: node-1,node-2,10.0.0.3")
    var hosts: String

    private var names: [String] {
        hosts.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
    }

    func run() throws {
        if names.contains("") {
            throw Failure("--hosts has an empty name in '\(hosts)'; write for example --hosts node-1,node-2,node-3", code: 64)
        }
        try StandardOutput.check()
        do throws(TransportError) {
            try DevelopmentCA.make(directory: out, hosts: names)
        } catch {
            throw Failure(error.text, code: 64)
        }
        try StandardOutput.write(
            """
            Wrote \(out)/ca.pem and a certificate for \(names.joined(separator: ", ")). Lines for the zoo.cfg of \(names[0]):
            sslQuorum=true
            quorate.quorum.tls.cert=\(out)/\(names[0]).pem
            quorate.quorum.tls.key=\(out)/\(names[0])-key.pem
            quorate.quorum.tls.ca=\(out)/ca.pem

            """)
    }
}
