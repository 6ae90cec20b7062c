// How fresh a connection's reads are. A client of any library asks for it with an auth packet of the scheme `quorate`, which its
// library sends again by itself on every new connection; another server refuses the scheme, so nobody is served staler reads than
// he asked for.

import ClientProtocol
import Jute

package enum ReadMode: String, Sendable, CaseIterable {
    /// From this member's own state, behind the session's own writes.
    case sequential
    /// From a state that holds everything that was answered to anybody before the read was sent.
    case linearizable

    package static let scheme = "quorate"

    /// What an auth packet of the scheme asks for.
    enum Wish {
        case mode(ReadMode)
        /// The scheme is ours, its words are not.
        case unknown

        /// Nil if the packet is of another scheme.
        init?(authPacket: RawSpan) {
            var reader = JuteReader(authPacket)
            guard (try? reader.int()) != nil, let scheme = reader.optionalBytes(), scheme.elementsEqual(ReadMode.scheme.utf8)
            else { return nil }
            let words = reader.optionalBytes() ?? []
            let mode = ReadMode.allCases.first { words.elementsEqual("reads=\($0.rawValue)".utf8) }
            self = mode.map { .mode($0) } ?? .unknown
        }
    }
}

extension Node {
    /// From here on: what the connection sends behind an auth packet is read by it, whenever that is answered.
    func noteReadMode(_ client: ClientConnection, _ body: UnsafeRawBufferPointer) {
        switch ReadMode.Wish(authPacket: body.bytes) {
        case .mode(let mode): client.readsLinearizably = mode == .linearizable
        case .unknown:
            let modes = ReadMode.allCases.map { "reads=\($0.rawValue)" }.joined(separator: " or ")
            outputs.append(.warning("a client asked for a way to read that is none: addauth \(ReadMode.scheme) takes \(modes)"))
        case nil: break
        }
    }
}
