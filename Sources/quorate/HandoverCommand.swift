// `quorate handover`: asks a leader, by its admin port, to hand the lead over.

import ArgumentParser
import Ensemble
import Foundation
import Transport

struct HandoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "handover",
        abstract: "Let another member lead, without an interruption that clients would notice.",
        discussion: """
            Writes wait for some milliseconds, and no client is disconnected. To be run on the leader's own machine: the admin \
            port does what it is told from there only. Exit codes: 0 another member leads, 2 it was refused or did not succeed, \
            and the old leader goes on, 64 usage, 69 nobody answers at the admin port.
            """)

    @Option(help: "The leader's admin port: HOST:PORT.")
    var admin: String

    @Option(help: "The number of the member that is to lead; the one that is nearest by default.")
    var to: Int?

    @Option(help: ArgumentHelp("Where the admin commands are.", valueName: "path"))
    var commandUrl = "/commands"

    func run() throws {
        guard let separator = admin.lastIndex(of: ":"), let port = UInt16(admin[admin.index(after: separator)...]) else {
            throw Failure("--admin is HOST:PORT, not '\(admin)'.", code: 64)
        }
        if let to, !(1...255).contains(to) { throw Failure("--to is the number of a member, 1 to 255, not \(to).", code: 64) }
        let host = String(admin[..<separator]).trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        let found = SocketAddress(host: host, port: port) ?? (try? SocketAddress.resolve(host: host, port: port))?.first
        guard let address = found else { throw Failure("'\(host)' has no address here.", code: 64) }
        let path = "\(commandUrl)/handover" + (to.map { "?to=\($0)" } ?? "")
        guard let answer = Asking.post(path, at: address, nanoseconds: 10_000_000_000) else {
            throw Failure("nobody answers at \(address), or it is no admin port of a quorate server.", code: 69)
        }
        guard answer.status == 200 else {
            throw Failure(answer.body.trimmingCharacters(in: .whitespacesAndNewlines), code: 2)
        }
        try StandardOutput.write(answer.body)
    }
}
