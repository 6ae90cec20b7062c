// The bytes of a configuration, as a founding record and a member's log carry them, and the founding record around them.

import Batch
import Jute
import PeerProtocol
import StateMachine
import Zab

final class ConfigurationRecords: FuzzTarget {
    let name = "configuration-records"
    let corpus: [[UInt8]]
    let bound = AllocationBound.decoder

    init() throws {
        var recorded: [[UInt8]] = []
        for count in [1, 2, 3, 5, 7] {
            let members = (1...count).map {
                EnsembleMember(id: UInt32($0), host: "host-\($0)", incarnation: $0 == 2 ? nil : UInt128($0) << 70)
            }
            // Weights and an observer: the other layout.
            var weighed = members
            weighed[0].weight = 2
            weighed.append(EnsembleMember(id: 200, host: "watcher", isObserver: true))
            recorded.append(try Configuration(members: weighed).bytes)
            let bytes = try Configuration(members: members).bytes
            recorded.append(bytes)
            var founding = ByteBuffer()
            Founding(
                clusterID: [UInt8](0..<16), secret: [UInt8](0..<32), settings: [], configuration: bytes, text: Array("a".utf8)
            ).write(to: &founding)
            recorded.append(Array(founding.bytes))
        }
        corpus = recorded
    }

    func run(_ input: [UInt8]) {
        judge(input.span.bytes)
        guard let founding = try? Founding(reading: input.span.bytes) else { return }
        judge(founding.configuration.span.bytes)
    }

    private func judge(_ bytes: RawSpan) {
        guard let configuration = try? Configuration(decoding: bytes) else { return }
        let again = configuration.bytes
        expect(again.count <= bytes.byteCount * 3 + 5, "a configuration grows by being read")
        expect(
            (try? Configuration(decoding: again.span.bytes)) != nil, "what was read can't be read again: \(configuration.text)")
    }
}
