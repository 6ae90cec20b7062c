// maxClientCnxns on a real server: a connection counts while it is open, and once, however it ends.

import ClientProtocol
import Ensemble
import Foundation
import Testing

@Suite(.serialized) struct ConnectionLimitTests {
    @Test("Clients that end their sessions and hang up at once leave the count of the others right")
    func endedSessions() throws {
        try RealEnsemble.with(1, settings: [("maxClientCnxns", "3")]) { ensemble in
            let first = try RealEnsemble.client(ensemble)
            let second = try RealEnsemble.client(ensemble)
            let port = try #require(ensemble.members.first).ports.client
            for _ in 0..<30 {
                let client = try RealEnsemble.client(ensemble)
                #expect(try client.ask(OpCode.closeSession).error == 0)
                client.disconnect()
            }
            let third = try RealEnsemble.client(ensemble)
            #expect(throws: (any Error).self) { try WireClient(port: port) }
            for client in [first, second, third] { try client.ping() }
            third.disconnect()
            let fourth = try RealEnsemble.client(ensemble)
            try fourth.ping()
        }
    }
}
