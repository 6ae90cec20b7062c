// Bytes between members: connections made, cut, reset and healed, and what arrives when.

import Batch
import Node
import PeerProtocol
import Zab

extension Simulation {
    private func bit(_ index: Int) -> UInt64 { 1 << UInt64(index) }

    /// Whether what `from` sends reaches `to` now.
    private func reaches(_ from: Int, _ to: Int) -> Bool { deaf[from] & bit(to) == 0 }

    private func linkDelay(_ from: Int, _ to: Int) -> UInt64 {
        let delay = network.within(swarm.linkDelay)
        return members[from].areLinksSlow || members[to].areLinksSlow ? delay * 20 : delay
    }

    // MARK: making connections

    func dial(_ member: SimulatedMember, _ node: Node, _ peer: Int, _ channel: Channel) {
        let pipe = Pipe(
            channel: channel, Pipe.End(member: member.index, number: nextConnection),
            Pipe.End(member: peer, number: nextConnection + 1))
        nextConnection += 2
        node.peerDialing(members[peer].id, channel, connection: pipe.ends.0.number)
        pipes[pipe.ends.0.number] = pipe
        pipes[pipe.ends.1.number] = pipe
        member.pipes.append(pipe)
        heap.add(.dial, at: now + linkDelay(member.index, peer), member.index, pipe.ends.0.number)
    }

    /// The wish to connect has got to the other side, or not.
    func connect(_ index: Int, _ number: UInt64) {
        guard let pipe = pipes[number], pipe.ends.0.isOpen, let node = members[index].node else { return }
        let other = members[pipe.ends.1.member]
        guard other.isUp, reaches(index, other.index), reaches(other.index, index) else {
            forget(pipe)
            members[index].pipes.removeAll { $0 === pipe }
            pipe.ends.0.isOpen = false
            node.peerClosed(number)
            carryOut(members[index], node)
            wake(members[index])
            return
        }
        // Who stands still accepts when it goes on: the kernel keeps the connection for it.
        if other.pausedUntil > now { return heap.add(.dial, at: other.pausedUntil, index, number) }
        if members[index].pausedUntil > now { return heap.add(.dial, at: members[index].pausedUntil, index, number) }
        other.pipes.append(pipe)
        other.node?.peerAccepted(pipe.ends.1.number, pipe.channel)
        node.peerConnected(number)
        carryOut(members[index], node)
        if let otherNode = other.node { carryOut(other, otherNode) }
        wake(members[index])
        wake(other)
    }

    private func forget(_ pipe: Pipe) {
        pipes[pipe.ends.0.number] = nil
        pipes[pipe.ends.1.number] = nil
    }

    // MARK: sending

    func send(_ member: SimulatedMember, _ link: PeerLink) {
        guard let pipe = pipes[link.id] else { return }
        let mine = pipe.end(of: link.id)
        let other = 1 - mine
        guard pipe[mine].isOpen else { return }
        let room = Pipe.room - pipe[other].bytesComing
        guard room > 0 else {
            pipe[mine].isBlocked = true
            return
        }
        var bytes: [UInt8] = []
        link.out.drain { piece, _ in
            let taken = min(piece.count, room - bytes.count)
            if taken > 0 { bytes.append(contentsOf: piece.prefix(taken)) }
            return max(taken, 0)
        }
        if link.out.count > 0 { pipe[mine].isBlocked = true }
        guard !bytes.isEmpty else { return }
        pipe[mine].sent += UInt64(bytes.count)
        checkFrames(member, bytes, pipe, mine)
        transmit(pipe, to: other, bytes)
    }

    private func transmit(_ pipe: Pipe, to other: Int, _ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            var count = rest.count
            if swarm.cutsFrames, count > 1, network.chance(1, in: 2) { count = 1 + network.below(count) }
            pipe[other].coming.append(Pipe.Chunk(bytes: Array(rest.prefix(count))))
            pipe[other].bytesComing += count
            rest = rest.dropFirst(count)
            announceArrival(pipe, at: other)
        }
    }

    private func announceArrival(_ pipe: Pipe, at end: Int) {
        let delay = linkDelay(pipe[1 - end].member, pipe[end].member)
        let time = max(now + delay, pipe[end].lastArrival)
        pipe[end].lastArrival = time
        heap.add(.arrival, at: time, end, pipe.ends.0.number)
    }

    // MARK: arriving

    func arrive(_ number: UInt64, end: Int) {
        guard let pipe = pipes[number] else { return }
        let (from, to) = (pipe[1 - end].member, pipe[end].member)
        guard reaches(from, to) else {
            pipe[end].held += 1
            return
        }
        // What a cut held up comes first.
        guard pipe[end].held == 0, !pipe[end].coming.isEmpty else { return }
        take(pipe, end)
    }

    private func take(_ pipe: Pipe, _ end: Int) {
        let chunk = pipe[end].coming.removeFirst()
        let member = members[pipe[end].member]
        guard pipe[end].isOpen else {
            // A machine that is back answers what belongs to no connection by ending it.
            if !chunk.isEnd, !pipe.isSilent, member.isUp { sendEnd(pipe, to: 1 - end) }
            return
        }
        if chunk.isEnd {
            pipe[end].hasEnded = true
        } else {
            pipe[end].received += chunk.bytes
            if pipe[end].isReading { makeRoom(pipe, end, chunk.bytes.count) } else { pipe[end].unread += chunk.bytes.count }
        }
        wake(member)
    }

    /// The process has read so much: as much may follow.
    private func makeRoom(_ pipe: Pipe, _ end: Int, _ count: Int) {
        pipe[end].bytesComing -= count
        if pipe[1 - end].isBlocked { wake(members[pipe[1 - end].member]) }
    }

    /// A cut has healed: what it held up arrives now, in order.
    func release(_ from: Int, _ to: Int) {
        for pipe in members[to].pipes {
            let end = pipe.ends.0.member == to ? 0 : 1
            guard pipe[1 - end].member == from, pipe[end].held > 0 else { continue }
            pipe[end].held = 0
            // One arrival for each chunk that is left: those still announced find nothing more.
            for _ in pipe[end].coming { announceArrival(pipe, at: end) }
        }
    }

    /// What the kernel holds for this member is offered to its node.
    func receive(_ member: SimulatedMember, _ node: Node) {
        for pipe in member.pipes where member.isUp {
            let end = pipe.ends.0.member == member.index ? 0 : 1
            guard pipe[end].isOpen else { continue }
            if pipe[end].isReading, !pipe[end].received.isEmpty { offer(pipe, end, node) }
            // The rest of a frame that will never be whole holds up nothing.
            if pipe[end].isOpen, pipe[end].hasEnded {
                pipe[end].isOpen = false
                member.pipes.removeAll { $0 === pipe }
                node.peerClosed(pipe[end].number)
            } else if pipe[end].isBlocked, pipe[1 - end].bytesComing < Pipe.room {
                pipe[end].isBlocked = false
                node.peerWritable(pipe[end].number)
            }
        }
        carryOut(member, node)
    }

    private func offer(_ pipe: Pipe, _ end: Int, _ node: Node) {
        let bytes = pipe[end].received
        let taken = bytes.withUnsafeBytes { node.peerReceived(pipe[end].number, $0) }
        guard taken > 0 else { return }
        pipe[end].taken += UInt64(taken)
        noteHeard(pipe, end)
        noteInTrace(UInt64(taken))
        if taken == bytes.count {
            pipe[end].received.removeAll(keepingCapacity: true)
        } else {
            pipe[end].received.removeFirst(taken)
        }
    }

    func setReading(_ member: SimulatedMember, _ connection: UInt64, _ isReading: Bool) {
        guard let pipe = pipes[connection] else { return }
        let end = pipe.end(of: connection)
        pipe[end].isReading = isReading
        guard isReading else { return }
        makeRoom(pipe, end, pipe[end].unread)
        pipe[end].unread = 0
        wake(member, at: now + 1_000)
    }

    // MARK: ending

    /// This member closes; the other end hears so behind what is under way.
    func close(_ member: SimulatedMember, _ connection: UInt64) {
        guard let pipe = pipes[connection] else { return }
        let mine = pipe.end(of: connection)
        guard pipe[mine].isOpen else { return }
        pipe[mine].isOpen = false
        member.pipes.removeAll { $0 === pipe }
        sendEnd(pipe, to: 1 - mine)
    }

    private func sendEnd(_ pipe: Pipe, to other: Int) {
        guard pipe[other].isOpen else { return forget(pipe) }
        pipe[other].coming.append(Pipe.Chunk(bytes: [], isEnd: true))
        announceArrival(pipe, at: other)
    }

    /// The process or the machine is gone. Of a machine without power nobody hears anything.
    func closeAll(_ member: SimulatedMember, silently: Bool) {
        for pipe in member.pipes {
            let mine = pipe.ends.0.member == member.index ? 0 : 1
            pipe[mine].isOpen = false
            if !silently { sendEnd(pipe, to: 1 - mine) }
        }
        member.pipes = []
    }

    /// All its connections break, or those of one kind. `onlyHere`: the other ends don't hear so.
    func reset(_ member: SimulatedMember, onlyHere: Bool, of channel: Channel? = nil) {
        for pipe in member.pipes where channel == nil || pipe.channel == channel {
            pipe.isSilent = onlyHere
            let mine = pipe.ends.0.member == member.index ? 0 : 1
            pipe[mine].received = []
            pipe[mine].hasEnded = true
            if !onlyHere {
                pipe[1 - mine].received = []
                pipe[1 - mine].hasEnded = true
                wake(members[pipe[1 - mine].member])
            }
            pipe[0].coming = []
            pipe[1].coming = []
        }
        wake(member)
    }

    func corrupt(_ member: SimulatedMember, _ chance: UInt64) {
        for pipe in member.pipes {
            let end = pipe.ends.0.member == member.index ? 0 : 1
            guard let place = pipe[end].coming.firstIndex(where: { !$0.bytes.isEmpty }) else { continue }
            let index = Int(chance % UInt64(pipe[end].coming[place].bytes.count))
            pipe.isGarbled = true
            pipe[end].coming[place].bytes[index] ^= 1 << UInt8(chance >> 32 & 7)
            marks.reach(.corruptedByte)
            return
        }
    }

    // MARK: cuts

    func cut(_ from: Int, _ to: Int) { deaf[from] |= bit(to) }

    func healLinks() {
        let cuts = deaf
        deaf = Array(repeating: 0, count: members.count)
        for from in members.indices {
            for to in members.indices where cuts[from] & bit(to) != 0 { release(from, to) }
        }
    }

    func heal(_ from: Int, _ to: Int) {
        guard deaf[from] & bit(to) != 0 else { return }
        deaf[from] &= ~bit(to)
        release(from, to)
    }
}
