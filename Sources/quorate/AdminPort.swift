// The admin port of a running server, as commands that ask it to do something reach it.

import Ensemble
import Foundation
import Transport

struct AdminPort {
    private let address: SocketAddress
    private let commandURL: String

    /// - Parameter place: HOST:PORT.
    init(_ place: String, _ commandURL: String) throws {
        guard let separator = place.lastIndex(of: ":"), let port = UInt16(place[place.index(after: separator)...]) else {
            throw Failure("--admin is HOST:PORT, not '\(place)'.", code: 64)
        }
        let host = String(place[..<separator]).trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        let found = SocketAddress(host: host, port: port) ?? (try? SocketAddress.resolve(host: host, port: port))?.first
        guard let found else { throw Failure("'\(host)' has no address here.", code: 64) }
        (address, self.commandURL) = (found, commandURL)
    }

    /// - Returns: what the server says of it; a refusal is a failure with code 2, silence one with code 69.
    func post(_ order: String) throws -> String {
        guard let answer = Asking.post("\(commandURL)/\(order)", at: address, nanoseconds: 10_000_000_000) else {
            throw Failure(
                "nobody answers at \(address), or it is no admin port of a quorate server; name the leader's with --admin HOST:PORT.",
                code: 69)
        }
        guard answer.status == 200 else {
            throw Failure(answer.body.trimmingCharacters(in: .whitespacesAndNewlines), code: 2)
        }
        return answer.body
    }
}
