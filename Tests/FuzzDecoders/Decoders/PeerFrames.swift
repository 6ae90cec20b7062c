// The decoder of the members' port by itself: a frame, and what the frame carries (batches, requests, a configuration).

import ApplyHarness
import Batch
import CLinux
import PeerProtocol
import Zab

final class PeerFrames: FuzzTarget {
    let name = "peer-frames"
    let corpus: [[UInt8]]
    let bound = AllocationBound.decoder
    private let planted: Planted?

    init(recorded: [[UInt8]], planted: Planted?) {
        corpus = PeerRecordings.made + recorded
        self.planted = planted
    }

    func change(_ input: inout [UInt8], _ mutator: inout Mutator) {
        let isHeadKept = !mutator.chance.oneIn(8)
        mutator.change(&input, from: isHeadKept && input.count > 8 ? 8 : 0)
        if !isHeadKept, mutator.chance.oneIn(2), input.count > 4 { input[4] = UInt8(mutator.chance.below(32)) }
        if !mutator.chance.oneIn(8) { mendPeerFrame(&input) }
    }

    func run(_ input: [UInt8]) {
        let frame = input.span.bytes
        guard let length = try? PeerFrame.length(at: frame), length == input.count else {
            expect((try? PeerDecoder.decode(frame: frame)) == nil, "a frame of \(input.count) bytes with another length is read")
            return
        }
        guard let (envelope, message) = try? PeerDecoder.decode(frame: frame) else { return }
        expect(envelope.type == input[4], "a frame of type \(input[4]) is read as one of \(envelope.type)")
        switch message {
        case .proposal(let proposal):
            for batch in proposal.batches { walk(batch.requests) }
        case .forward(let forward):
            input.withUnsafeBytes { walk(UnsafeRawBufferPointer(rebasing: $0[forward.body])) }
        case .snapshotChunk(let chunk): expect(chunk.body.upperBound == input.count, "a chunk passes its frame")
        default: break
        }
        if let planted { fall(into: planted, message) }
    }

    private func walk(_ requests: UnsafeRawBufferPointer) {
        var reader = RecordReader(requests.bytes)
        var bytes = 0
        while let head = (try? reader.next()) ?? nil {
            bytes += reader.body.byteCount + reader.identities.byteCount + (head.type == 0 ? 1 : 0)
        }
        expect(reader.position <= requests.count, "a record passes its bundle")
    }

    private func fall(into planted: Planted, _ message: Message) {
        switch (planted, message) {
        case (.trap, .heartbeat(let heartbeat)):
            if heartbeat.credit.requests >= 1 << 63, heartbeat.round > 0 { preconditionFailure("planted") }
        case (.allocation, .forward(let forward)):
            if forward.count >= 1 << 24 {
                var believed: [UInt64] = []
                believed.reserveCapacity(Int(forward.count))
                believed.append(forward.body.count == 0 ? 1 : 2)
                withExtendedLifetime(believed) {}
            }
        case (.hang, .echo(let echo)):
            while echo.round >= 1 << 63, quorate_monotonic_ns() > 0 {}
        default: break
        }
    }
}
