// A whole member in an ensemble, at any moment of its life, and frames of other members that say anything: each execution is a
// frame on one of its connections, or on a new one before or behind an honest HELLO. What can't be read is counted and ends its
// connection; nothing traps, other connections stay, and clients are answered.

import ApplyHarness
import ClientProtocol
import Node
import NodeEnsemble
import PeerProtocol
import Zab

final class PeerConnections: FuzzTarget {
    let name = "peer-connections"
    let corpus: [[UInt8]]
    let executionsPerState = 24
    let bound = AllocationBound.member
    private var ensemble: VirtualEnsemble?
    /// The member that is spoken to: one that leads, follows, or does neither yet.
    private var subject: MemberID = 1
    /// In whose name it is called on new connections.
    private var caller: MemberID { subject == 2 ? 3 : 2 }
    private var nextConnection: UInt64 = 1 << 40

    /// An input: which connection and how it is used, which life, at which moment of it, and a frame.
    private static let head = 3

    init(recorded: [[UInt8]]) {
        var corpus: [[UInt8]] = []
        for (index, frame) in (recorded + PeerRecordings.made).enumerated() {
            corpus.append(
                [UInt8(truncatingIfNeeded: index &* 37), UInt8(index % 4), UInt8(truncatingIfNeeded: index &* 29)] + frame)
        }
        self.corpus = corpus
    }

    func begin() {
        ensemble = nil
        nextConnection = 1 << 40
    }

    func change(_ input: inout [UInt8], _ mutator: inout Mutator) {
        var frame = Array(input.dropFirst(PeerConnections.head))
        // Every other frame goes out as it was recorded, so that the state moves on.
        if !mutator.chance.oneIn(3), frame.count > 8 { mutator.change(&frame, from: mutator.chance.oneIn(6) ? 4 : 28) }
        if !mutator.chance.oneIn(12) { mendPeerFrame(&frame) }
        input = (0..<PeerConnections.head).map { _ in UInt8(truncatingIfNeeded: mutator.chance.next()) } + frame
    }

    // MARK: running

    func run(_ input: [UInt8]) {
        guard input.count > PeerConnections.head else { return }
        if ensemble?.member(subject).node == nil { ensemble = life(input[1] & 3, moment: Int(input[2])) }
        guard let ensemble, let node = ensemble.member(subject).node else { return }
        let use = input[0]
        let member = ensemble.member(subject)
        var frame = Array(input[PeerConnections.head...])
        let connection = choose(use, ensemble, node)
        speak(as: member.links[connection]?.peer ?? caller, use, &frame)
        let isOpen = member.links[connection] != nil && !node.outputs.contains { Self.closed($0) == connection }
        let taken = take(frame, connection, node, isOpen: isOpen)
        ensemble.run(milliseconds: 1)
        if let taken, taken, member.isUp {
            expect(member.links[connection] == nil, "a connection stays open behind a frame that can't be read")
        }
        if use & 0x40 != 0 { ensemble.run(milliseconds: 40) }
        ask(ensemble)
    }

    /// Hands the frame over, and judges what the member does about it at once.
    /// - Returns: whether it was one that can't be read; nil if that can't be said.
    private func take(_ frame: [UInt8], _ connection: UInt64, _ node: Node, isOpen: Bool) -> Bool? {
        let isRead = (try? PeerDecoder.decode(frame: frame.span.bytes)) != nil
        // Too short or too long, and what is missing may still come.
        let isWhole = (try? PeerFrame.length(at: frame.span.bytes)).map { $0 == frame.count } ?? true
        let (counted, standing, said) = (node.counters.badPeerFrames, (node.currentRole, node.epoch), node.outputs.count)
        let taken = frame.withUnsafeBytes { node.peerReceived(connection, $0) }
        guard isOpen, !isRead, isWhole, frame.count >= 4, taken == frame.count else { return nil }
        expect(node.counters.badPeerFrames == counted + 1, "a frame that can't be read is not counted")
        let closed = node.outputs[said...].compactMap(Self.closed)
        expect(closed.contains(connection), "the connection of a frame that can't be read is not closed")
        // Who loses its leader or its quorum by it may well end more.
        if (node.currentRole, node.epoch) == standing {
            expect(closed.count == 1, "a bad frame ends \(closed.count) connections")
        }
        return true
    }

    private static func closed(_ output: NodeOutput) -> UInt64? {
        if case .closePeer(let id, _) = output { id } else { nil }
    }

    /// The frame says that it comes from whom the connection belongs to, as its decoder asks for, or it would go no further.
    private func speak(as peer: MemberID, _ use: UInt8, _ frame: inout [UInt8]) {
        guard use & 0x80 == 0, frame.count >= 28 else { return }
        let wasSound = (try? PeerDecoder.decode(frame: frame.span.bytes)) != nil
        frame.put(little: peer, at: 12)
        if wasSound { mendPeerFrame(&frame) }
    }

    private func choose(_ use: UInt8, _ ensemble: VirtualEnsemble, _ node: Node) -> UInt64 {
        let member = ensemble.member(subject)
        let open = member.links.keys.sorted()
        if use & 7 < 6, !open.isEmpty { return open[Int(use & 7) % open.count] }
        nextConnection += 1
        node.peerAccepted(nextConnection, use & 1 == 0 ? .election : .data)
        member.links[nextConnection] = (peer: caller, remote: 0)
        if use & 8 != 0, let hello = greeting() { _ = hello.withUnsafeBytes { node.peerReceived(nextConnection, $0) } }
        return nextConnection
    }

    /// The HELLO that the caller would send.
    private func greeting() -> [UInt8]? {
        corpus.lazy.map { Array($0.dropFirst(PeerConnections.head)) }.first { frame in
            frame.count > 28 && frame[4] == 0 && frame.little(UInt32.self, at: 12) == caller
        }
    }

    /// A client that has nothing but a question for the process is answered, whatever the member's role is.
    private func ask(_ ensemble: VirtualEnsemble) {
        guard ensemble.member(subject).isUp else { return }
        let client = ensemble.client(of: subject)
        client.ask("ruok")
        ensemble.run(milliseconds: 1)
        guard ensemble.member(subject).isUp else { return }
        expect(client.text == "imok", "a client gets no answer:\n\(ensemble.story)")
    }

    // MARK: lives

    /// An ensemble in which the others have stopped at that moment, with their connections open.
    private func life(_ kind: UInt8, moment: Int) -> VirtualEnsemble? {
        do {
            let ensemble = try Recordings.ensemble(3)
            subject = kind == 0 ? MemberID(1 + moment % 3) : 1
            switch kind {
            case 0: try ensemble.start()
            case 1:
                // It joins others that have a log.
                try ensemble.start([2, 3])
                settle(ensemble, [2, 3])
                write(ensemble, to: 2, count: 20)
                try ensemble.start([1])
            case 2:
                // It was away for so long that it is sent a snapshot.
                try ensemble.start()
                settle(ensemble, [1, 2, 3])
                ensemble.kill(1)
                settle(ensemble, [2, 3])
                write(ensemble, to: 2, count: 700)
                try ensemble.start([1])
            default:
                try ensemble.start()
                settle(ensemble, [1, 2, 3])
                write(ensemble, to: 1, count: 5)
                if let leader = ensemble.leader?.id { subject = moment % 3 > 0 ? leader : leader % 3 + 1 }
            }
            // Often while something is going on, at times long behind it.
            ensemble.run(milliseconds: moment < 128 ? moment : (moment - 128) * 12)
            for other in ensemble.members where other.id != subject { other.isPaused = true }
            return ensemble.member(subject).isUp ? ensemble : nil
        } catch {
            breach("an ensemble does not start: \(error)")
        }
    }

    private func settle(_ ensemble: VirtualEnsemble, _ ids: [MemberID]) {
        ensemble.run(within: 20_000) { ids.allSatisfy { ensemble.member($0).node?.isServing == true } }
    }

    private func write(_ ensemble: VirtualEnsemble, to member: MemberID, count: Int32) {
        let client = ensemble.client(of: member)
        client.connect()
        ensemble.run(within: 2_000) { client.hasSession || client.isClosed }
        for number in 1...count { client.create(number, "/n-\(number)", String(repeating: "x", count: 180)) }
        ensemble.run(within: 5_000) { client.isClosed || client.isAnswered(count) }
    }
}
