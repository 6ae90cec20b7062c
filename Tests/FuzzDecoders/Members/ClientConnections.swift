// A whole member with its log and state, and clients that send anything: one connection an execution. A bad connection is closed
// and counted, the others are served on, and what went into the log can be read by the next start.

import ApplyHarness
import Batch
import ClientProtocol
import Journal
import Node
import NodeEnsemble
import StateMachine

final class ClientConnections: FuzzTarget {
    let name = "client-connections"
    let corpus: [[UInt8]]
    let executionsPerState = 64
    let bound = AllocationBound.member
    private let planted: Planted?
    private var ensemble: VirtualEnsemble?
    private var witness: VirtualClient?
    private var asked: Int32 = 0
    private var taken = 0

    init(planted: Planted?) {
        corpus = ClientRecordings.dialogues
        self.planted = planted
    }

    func begin() {
        taken = 0
        asked = 0
        do {
            let ensemble = try Recordings.ensemble(1)
            try ensemble.start()
            ensemble.run(within: 5_000) { ensemble.member(1).node?.isServing == true }
            let client = ensemble.client(of: 1)
            client.connect(timeout: 10_000)
            ensemble.run(within: 5_000) { client.hasSession }
            expect(client.hasSession, "the witness gets no session")
            (self.ensemble, witness) = (ensemble, client)
        } catch {
            breach("a member on its own does not start: \(error)")
        }
    }

    // MARK: changing

    func change(_ input: inout [UInt8], _ mutator: inout Mutator) {
        if mutator.chance.oneIn(6) { return mutator.change(&input) }
        var frames = ClientConnections.frames(input)
        for _ in 0...mutator.chance.below(3) { change(&frames, &mutator) }
        input = frames.flatMap { $0 }
        if mutator.chance.oneIn(10) { mutator.changeOnce(&input) }
    }

    private func change(_ frames: inout [[UInt8]], _ mutator: inout Mutator) {
        guard !frames.isEmpty else { return }
        let index = mutator.chance.below(frames.count)
        switch mutator.chance.below(12) {
        case 0: frames.remove(at: index)
        case 1: frames.insert(frames[mutator.chance.below(frames.count)], at: index)
        case 2: frames.swapAt(index, mutator.chance.below(frames.count))
        case 3:
            let others = ClientConnections.frames(corpus[mutator.chance.below(corpus.count)])
            if let other = others.randomElement(using: &mutator.chance) { frames.append(other) }
        default:
            // The length is that of what stands behind it; types and numbers may become any.
            var frame = frames[index]
            mutator.change(&frame, from: min(4, frame.count))
            if frame.count >= 4 { frame.put(big: Int32(frame.count - 4), at: 0) }
            frames[index] = frame
        }
    }

    static func frames(_ stream: [UInt8]) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var place = 0
        while place + 4 <= stream.count {
            let length = Int(stream.big(Int32.self, at: place))
            guard length >= 0, length <= stream.count - place - 4 else { break }
            frames.append(Array(stream[place..<place + 4 + length]))
            place += 4 + length
        }
        if place < stream.count { frames.append(Array(stream[place...])) }
        return frames
    }

    // MARK: running

    func run(_ input: [UInt8]) {
        guard let ensemble, let node = ensemble.member(1).node else { breach("the member ended: \(ensemble?.story ?? "")") }
        let before = node.counters
        let client = ensemble.client(of: 1)
        // What it gets is its own affair; nobody reads it.
        client.takesText = true
        client.send(raw: input)
        ensemble.run(milliseconds: 2)
        guard let after = ensemble.member(1).node?.counters else { breach("the member ended:\n\(ensemble.story)") }
        judgeFirst(input, client, before, after)
        ask(ensemble)
        taken += 1
        if planted == .state, after.badFrames >= 3, after.authFailures >= 1 { preconditionFailure("planted") }
        if taken == executionsPerState { restart(ensemble) }
    }

    /// What can be told from the first four bytes alone.
    private func judgeFirst(_ input: [UInt8], _ client: VirtualClient, _ before: NodeCounters, _ after: NodeCounters) {
        guard input.count >= 4 else { return expect(!client.isClosed, "a connection with \(input.count) bytes is closed") }
        let length = Int(input.big(Int32.self, at: 0))
        if FourLetterWord(firstBytes: input.span.bytes) != nil {
            return expect(client.isClosed && after.badFrames == before.badFrames, "a four-letter word is not answered and ended")
        }
        guard length < 0 || length > Node.firstFrameAtMost else { return }
        expect(client.isClosed, "a connection that announces \(length) bytes is not closed")
        expect(after.badFrames == before.badFrames + 1, "a frame of \(length) bytes is not counted")
    }

    /// The others are served.
    private func ask(_ ensemble: VirtualEnsemble) {
        guard let witness else { return }
        asked += 1
        witness.exists(asked, "/zookeeper")
        ensemble.run(within: 200) { witness.isAnswered(asked) || witness.isClosed }
        expect(witness.isAnswered(asked), "another client gets no answer:\n\(ensemble.story)")
    }

    /// What the member has acknowledged, the next start reads, and comes to the same state.
    private func restart(_ ensemble: VirtualEnsemble) {
        let member = ensemble.member(1)
        guard let state = member.node?.stateMachine else { return }
        let (digest, applied) = (state.digest, state.applied)
        var settings = JournalSettings()
        settings.segmentSize = Recordings.segmentSize
        settings.durableIsCommitted = true
        do {
            let disk = member.disk.afterPowerLoss()
            let recovered = try Journal.recover(disk: disk, nodeID: 1, settings: settings)
            let node = try Node.start(
                settings: Recordings.settings(1), recovered: recovered, founding: ensemble.configuration, handlers: [],
                snapshots: disk, now: Instant(nanoseconds: 1))
            let again = (digest: node.stateMachine.digest, applied: node.stateMachine.applied)
            expect(again == (digest, applied), "after a restart the state is \(again), not \((digest, applied))")
        } catch {
            breach("what clients have written can't be read by the next start: \(error)")
        }
    }
}
