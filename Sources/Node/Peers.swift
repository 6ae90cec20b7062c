// Connections to other members: dialing, greeting, frames in and out. What a message means is the core's; bundles and snapshot
// pieces, which the core never sees, are handled here and in Streams.

import Batch
import Journal
import Jute
import PeerProtocol
package import Zab

extension Node {
    private static let strangersAtMost = 64
    /// Bytes that a connection may send before it has said who it is.
    package static let strangersInput = 64 << 10
    private static let greetingNanoseconds: UInt64 = 10_000_000_000

    /// Bytes that may wait for a member. On a data connection the stream holds itself to less than one frame; a forwarded request
    /// may be another.
    private static func outputLimit(_ channel: Channel) -> Int {
        switch channel {
        case .election: 4 << 20
        case .data: 3 * PeerFrame.maxLength
        }
    }

    // MARK: connections

    /// A connection to this member has been begun under this number.
    package func peerDialing(_ member: MemberID, _ channel: Channel, connection: UInt64) {
        guard let index = dials.firstIndex(where: { $0.member == member && $0.channel == channel }), dials[index].isAsked else {
            outputs.append(.closePeer(connection, "it is no longer wanted"))
            return
        }
        dials[index].isAsked = false
        dials[index].connection = connection
        links.append(PeerLink(id: connection, channel: channel, dialed: true, member: member, openedAt: now))
    }

    package func peerConnected(_ connection: UInt64) {
        guard let link = openLink(connection) else { return }
        sendHello(link)
    }

    package func peerAccepted(_ connection: UInt64, _ channel: Channel) {
        // Rule B1: who says nothing of itself holds little, and only so many do. A member says it at once, so whoever has been
        // silent for longest gives way, and those who say nothing keep nobody out.
        if links.count(where: { !$0.isGreeted && !$0.dialed }) >= Node.strangersAtMost,
            let silent = links.first(where: { !$0.isGreeted && !$0.dialed })
        {
            closePeer(silent.id, "too many connections have not said who they are")
        }
        let link = PeerLink(id: connection, channel: channel, dialed: false, member: nil, openedAt: now)
        links.append(link)
        sendHello(link)
    }

    /// The socket is gone, or could not be opened.
    package func peerClosed(_ connection: UInt64) {
        guard let link = openLink(connection) else { return }
        drop(link, byThisSide: false)
    }

    /// Ends a link from this side.
    func closePeer(_ connection: UInt64, _ reason: String) {
        guard let link = openLink(connection) else { return }
        outputs.append(.closePeer(connection, reason))
        drop(link, byThisSide: true)
    }

    private func drop(_ link: PeerLink, byThisSide: Bool) {
        link.isClosed = true
        links.removeAll { $0 === link }
        abandonStream(link)
        if let index = dials.firstIndex(where: { $0.connection == link.id }) {
            dials[index].ended(byThisSide: byThisSide, now: now)
        }
        if link.isUp {
            link.isUp = false
            step(.connectionDown(link.number))
        }
    }

    func openLink(_ connection: UInt64) -> PeerLink? { links.first { $0.id == connection } }
    func link(_ connection: ConnectionNumber) -> PeerLink? { links.first { $0.id == connection.rawValue } }

    // MARK: dialing

    func wishFor(_ member: MemberID, _ channel: Channel) {
        if let index = dials.firstIndex(where: { $0.member == member && $0.channel == channel }) {
            dials[index].isWanted = true
            // The end of the connection before was no failure, but announced.
            if handover.isBetween { dials[index].forgetFailures(now: now) }
        } else {
            dials.append(Dial(member: member, channel: channel, nextAttempt: now))
        }
        retryDials()
    }

    func cancelDial(_ member: MemberID, _ channel: Channel) {
        guard let index = dials.firstIndex(where: { $0.member == member && $0.channel == channel }) else { return }
        dials[index].isWanted = false
        dials[index].isAsked = false
        if let link = openLink(dials[index].connection), !link.isUp { closePeer(link.id, "it is no longer wanted") }
    }

    func retryDials() {
        for index in dials.indices where dials[index].isDue && dials[index].nextAttempt <= now {
            dials[index].isAsked = true
            outputs.append(.dialPeer(dials[index].member, dials[index].channel))
        }
    }

    /// Connections whose other end has not said in time who it is.
    func closeSilentLinks() {
        for link in links where !link.isGreeted && now.since(link.openedAt) > Node.greetingNanoseconds {
            closePeer(link.id, "it has not said who it is")
        }
        // A frame leaves in one piece. If its rest does not come while the other side lives, its length was damaged on the way,
        // and everything behind it would be waited for in vain.
        // Rule B1: what is asked is answered only as far as the answers are read.
        for link in links where link.out.count > Node.outputLimit(link.channel) {
            counters.deafPeers += 1
            closePeer(link.id, "it reads nothing: \(link.out.count) bytes wait for it")
        }
        for link in links where link.partial > 0 && !link.isPaused && now.since(link.partialAt) > 2 * settings.timing.silence {
            counters.badPeerFrames += 1
            closePeer(link.id, "the rest of a frame has not come for twice the silence time-out")
        }
    }

    // MARK: frames in

    /// Takes whole frames from a peer's unconsumed bytes.
    package func peerReceived(_ connection: UInt64, _ bytes: UnsafeRawBufferPointer) -> Int {
        guard let link = openLink(connection) else { return bytes.count }
        var offset = 0
        do throws(PeerError) {
            while !link.isClosed {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                guard let length = try PeerFrame.length(at: rest.bytes) else { break }
                guard link.isGreeted || length <= Node.strangersInput else {
                    counters.badPeerFrames += 1
                    closePeer(connection, "it announced a frame of \(length) bytes before its HELLO")
                    break
                }
                guard length <= rest.count else { break }
                guard mayTake(link) else {
                    pause(link)
                    break
                }
                let frame = UnsafeRawBufferPointer(rebasing: rest[..<length])
                offset += length
                let (envelope, message) = try PeerDecoder.decode(frame: frame.bytes)
                take(link, envelope, message, frame)
            }
        } catch {
            counters.badPeerFrames += 1
            closePeer(connection, "it sent a frame that can't be read: \(error)")
        }
        guard !link.isClosed else { return bytes.count }
        noteProgress(link, offset, left: bytes.count - offset)
        return offset
    }

    /// More of a large frame has come: it is on its way.
    private func noteProgress(_ link: PeerLink, _ taken: Int, left: Int) {
        if taken == 0, left > link.partial, link.isUp, !link.isPaused { step(.heard(link.number)) }
        if left > 0, taken > 0 || left > link.partial { link.partialAt = now }
        link.partial = left
    }

    /// Rule B1: what a leader sends is taken in no faster than the own disk follows; the rest waits in its log. Heartbeats come
    /// on the other connection, so nobody is taken for silent meanwhile.
    private func mayTake(_ link: PeerLink) -> Bool {
        guard link.isGreeted, link.channel == .data, link.dialed else { return true }
        if loading != nil { return false }
        // Pieces of a snapshot may follow at once, and nobody could take them yet.
        if zab.isBetweenLogs { return false }
        if let reception, reception.isWhole || reception.chunksOnTheWay >= SnapshotReception.chunksAtMost { return false }
        return stages.unflushedBytes < settings.unflushedBytes
    }

    private func pause(_ link: PeerLink) {
        guard !link.isPaused else { return }
        link.isPaused = true
        counters.peerPauses += 1
        outputs.append(.setPeerReading(link.id, false))
    }

    /// Lets paused members go on; the server offers their buffered bytes anew.
    func resumePeers() {
        for link in links where link.isPaused && mayTake(link) {
            link.isPaused = false
            outputs.append(.setPeerReading(link.id, true))
        }
    }

    private func take(_ link: PeerLink, _ envelope: Envelope, _ message: Message, _ frame: UnsafeRawBufferPointer) {
        guard link.isGreeted else {
            greet(link, message)
            return
        }
        guard envelope.source == link.member else {
            closePeer(link.id, "member \(link.member ?? 0) sent a frame in the name of \(envelope.source)")
            return
        }
        if let objection = zab.objection(to: message, epoch: envelope.epoch) {
            counters.badPeerFrames += 1
            closePeer(link.id, objection)
            return
        }
        switch message {
        case .forward(let forward):
            takeForward(link, forward, UnsafeRawBufferPointer(rebasing: frame[forward.body]))
        case .forwardRefused:
            closePeer(link.id, "it does not lead")
        case .reject(let reject) where reject.reason == .configuration:
            closePeer(link.id, "refused by member \(envelope.source): \(reject.text)")
        case .proposal where reception?.connection == link.number && reception?.isWhole == false:
            counters.badPeerFrames += 1
            closePeer(link.id, "it sent a proposal in the middle of a snapshot")
        case .snapshotHeld(let held):
            link.held = held
            step(.heard(link.number))
        case .handover(let notice): takeHandover(link, notice)
        case .snapshotChunk(let chunk):
            takeSnapshotChunk(link, chunk, UnsafeRawBufferPointer(rebasing: frame[chunk.body]))
        default:
            note(message, link)
            step(.received(link.number, message))
        }
    }

    /// What rides on messages for the node alone.
    private func note(_ message: Message, _ link: PeerLink) {
        switch message {
        case .proposal(let proposal): noteCredit(proposal.credit, link, proposal.epoch)
        // On the other connection than JOIN: one from before it would speak of another session's credit.
        case .heartbeat(let heartbeat): if role == .following { noteCredit(heartbeat.credit, link, heartbeat.epoch) }
        case .ack(let ack): if ack.epoch == zab.epoch { touch(ack.touched) }
        case .echo(let echo): if echo.epoch == zab.epoch { touch(echo.touched) }
        case .join: link.taken = Credit()
        default: break
        }
    }

    private func noteCredit(_ credit: Credit, _ link: PeerLink, _ epoch: UInt32) {
        guard epoch == zab.epoch, link.member == leader ?? link.member else { return }
        creditFromLeader.requests = max(creditFromLeader.requests, credit.requests)
        creditFromLeader.bytes = max(creditFromLeader.bytes, credit.bytes)
    }

    private func takeForward(_ link: PeerLink, _ forward: Forward, _ bundle: UnsafeRawBufferPointer) {
        step(.heard(link.number))
        // Rule H2: behind what the core hands over nothing of this epoch is proposed.
        guard isLeading, forward.epoch == zab.epoch, handover.phase != .handing else {
            send(link.number, .forwardRefused(epoch: zab.epoch))
            return
        }
        if !takeBundle(link, bundle, count: Int(forward.count)) {
            counters.badPeerFrames += 1
            closePeer(link.id, "it forwarded a bundle that can't be read")
        }
    }

    // MARK: greeting

    private func sendHello(_ link: PeerLink) {
        var hello = zab.hello
        hello.run = settings.run
        encode(.hello(hello), to: link)
    }

    /// Rules F7, G6, G8: the first frame is a HELLO, and nothing counts from a member whose ensemble is another.
    private func greet(_ link: PeerLink, _ message: Message) {
        guard case .hello(let hello) = message else {
            closePeer(link.id, "it spoke before its HELLO")
            return
        }
        guard isPeerTrusted(link.id, hello.member) else {
            let members = zab.configuration.configuration.members
            let host = members.first { $0.id == hello.member }.map { " \($0.host)" } ?? ""
            closePeer(link.id, "refused member \(hello.member): its certificate does not name its host\(host)")
            return
        }
        let knew = zab.hearsOfFounding
        let refusal = zab.judge(hello, expected: link.member)
        if zab.hearsOfFounding, !knew {
            outputs.append(
                .log("member \(hello.member) belongs to the founded ensemble: this member is fresh, founds no other and waits"))
        }
        if let refusal {
            encode(.reject(Reject(reason: .configuration, epoch: zab.epoch, text: refusal)), to: link)
            closePeer(link.id, "refused: \(refusal)")
            return
        }
        noteRun(hello)
        link.member = hello.member
        link.isGreeted = true
        link.isUp = true
        // The wish is fulfilled; the core says so when it wants another connection.
        if let index = dials.firstIndex(where: { $0.connection == link.id }) {
            dials[index].isWanted = false
            dials[index].upSince = now
        }
        outputs.append(.peerGreeted(link.id))
        step(
            .connectionUp(
                link.number, link.channel, peer: hello.member, incarnation: hello.incarnation, dialed: link.dialed))
    }

    /// Two processes with one id and copies of one directory count as one member, and what one has acknowledged the other
    /// does not hold: nothing here can make that safe, but it can be said.
    private func noteRun(_ hello: Hello) {
        guard runs.areTwo(hello.member, run: hello.run) else { return }
        counters.duplicateMembers += 1
        outputs.append(
            .warning(
                "two processes speak for member \(hello.member) in turn, as with a copied dataDir: stop one, and empty the "
                    + "dataDir that was copied; until then acknowledged writes are not safe"))
    }

    // MARK: frames out

    func send(_ connection: ConnectionNumber, _ message: Message) {
        guard let link = link(connection), !link.isClosed else { return }
        if case .join = message { tellHeldSnapshot(link) }
        encode(riding(message, link), to: link)
    }

    /// Fills in what only the node knows.
    private func riding(_ message: Message, _ link: PeerLink) -> Message {
        switch message {
        case .ack(let ack):
            stages.noteAck(through: ack.last)
            return message
        case .echo(var echo):
            echo.touched = takeTouchedSessions()
            return .echo(echo)
        case .heartbeat(var heartbeat):
            heartbeat.credit = dataLink(of: link).map { credit(for: $0) } ?? Credit()
            return .heartbeat(heartbeat)
        default: return message
        }
    }

    /// The data connection on which this member's learner joined.
    private func dataLink(of link: PeerLink) -> PeerLink? {
        links.first { $0.member == link.member && $0.channel == .data && !$0.dialed && $0.isUp }
    }

    func encode(_ message: Message, to link: PeerLink) {
        link.out.append { encoder.encode(message, into: &$0) }
        markDirty(link)
    }

    func sendForward(_ link: PeerLink, _ chunk: GatheredChunk) {
        let forward = Message.forward(Forward(epoch: zab.epoch, count: UInt32(chunk.count), body: 0..<0))
        link.out.append { encoder.encode(forward, payload: chunk.records.bytes, into: &$0) }
        markDirty(link)
    }

    /// A peer's socket took less than it was offered and has room again.
    package func peerWritable(_ connection: UInt64) {
        if let link = openLink(connection) { markDirty(link) }
    }

    /// The next peer with bytes to send.
    package func takeDirtyPeer() -> PeerLink? {
        guard let link = dirtyPeers.popLast() else { return nil }
        link.isDirty = false
        return link
    }

    func markDirty(_ link: PeerLink) {
        guard !link.isDirty else { return }
        link.isDirty = true
        dirtyPeers.append(link)
    }

    /// Learners that got no PROPOSAL since the watermark moved get one without batches: unlike a heartbeat it asks for no echo.
    func announceCommit() {
        guard let zxid = commitToAnnounce else { return }
        commitToAnnounce = nil
        guard isLeading else { return }
        for link in links where link.channel == .data && !link.dialed && link.isUp {
            guard let stream = link.stream, stream.limit == nil, stream.toldCommit < zxid else { continue }
            sendProposal(link, [])
        }
    }
}
