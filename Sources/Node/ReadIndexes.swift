// Reads as fresh as a write would be: `sync`, and every read of a connection that asks for linearizable ones. Each waits for a
// read index that a quorum has confirmed behind its arrival. All that arrive in one turn share a ticket, that is one question to
// the core, and all questions that reach the leader during a round share the next one; none of it writes anything.

import Batch
import ClientProtocol
import Jute
import StateMachine
import Zab

struct ReadIndexes {
    struct Ticket {
        let id: UInt64
        var kind = ReadKind.read
        var isAsked = false
        /// As the leader vouched for it.
        var index: Zxid?
        /// Connections with something parked behind it.
        var clients: [UInt64] = []
    }

    /// In the order in which they were given out. The last one is open until it is asked for.
    var tickets: [Ticket] = []
    private var last: UInt64 = 0
    /// What waits for this ticket or an earlier one may run.
    var ready: UInt64 = 0

    /// Connections that wait, one counted for each of its tickets.
    var waiting: Int { tickets.reduce(0) { $0 + $1.clients.count } }

    /// The ticket of this turn's reads.
    mutating func open(_ kind: ReadKind) -> Int {
        if tickets.last?.isAsked ?? true {
            last += 1
            tickets.append(Ticket(id: last))
        }
        // A point that serves a sync serves a read, too.
        if kind == .sync { tickets[tickets.count - 1].kind = .sync }
        return tickets.count - 1
    }

    /// Those that have to be asked for now.
    mutating func takeUnasked() -> [Ticket] {
        guard tickets.contains(where: { !$0.isAsked }) else { return [] }
        let unasked = tickets.filter { !$0.isAsked }
        for place in tickets.indices { tickets[place].isAsked = true }
        return unasked
    }
}

extension Node {
    /// Rule R1: a read gets the ticket of the turn in which it arrived, which has not been asked for yet.
    func ticket(_ client: ClientConnection, _ kind: ReadKind) -> UInt64 {
        counters.readsConfirmed += 1
        let place = readIndexes.open(kind)
        let id = readIndexes.tickets[place].id
        if client.lastTicket != id {
            client.lastTicket = id
            readIndexes.tickets[place].clients.append(client.id)
        }
        return id
    }

    /// At the end of a turn's intake: one question for all that arrived in it.
    func askReadIndexes() {
        guard !readIndexes.tickets.isEmpty, !handover.isBetween else { return }
        // More than one only behind a change of leaders.
        for ticket in readIndexes.takeUnasked() {
            counters.readIndexesAsked += 1
            step(.readIndex(id: ticket.id, ticket.kind))
        }
    }

    func readReady(_ id: UInt64, _ zxid: Zxid) {
        guard let place = readIndexes.tickets.firstIndex(where: { $0.id == id }) else { return }
        readIndexes.tickets[place].index = zxid
        releaseReads()
    }

    /// Runs what has its read index, as soon as that much is applied here. Tickets are confirmed in the order in which they were
    /// asked for, so the first one that waits holds nobody up for long.
    func releaseReads() {
        while let ticket = readIndexes.tickets.first, let index = ticket.index, index <= stateMachine.applied {
            readIndexes.tickets.removeFirst()
            readIndexes.ready = ticket.id
            for id in ticket.clients { if let client = clients[id] { runParked(client) } }
        }
    }

    /// Rule R3: a read index that nobody can vouch for fails; the client sees a lost connection and asks elsewhere.
    func readFailed(_ id: UInt64) {
        guard let place = readIndexes.tickets.firstIndex(where: { $0.id == id }) else { return }
        // Rule R2: of the next leader it is asked anew, which is another round.
        if keepsRequests { return readIndexes.tickets[place].isAsked = false }
        let ticket = readIndexes.tickets.remove(at: place)
        closeWaiting(ticket)
    }

    /// With the leader all are lost, in the order in which they came, so that equal runs are equal.
    func failReads() {
        let tickets = readIndexes.tickets
        readIndexes.tickets.removeAll()
        for ticket in tickets { closeWaiting(ticket) }
    }

    private func closeWaiting(_ ticket: ReadIndexes.Ticket) {
        for id in ticket.clients {
            if let client = clients[id] { close(client, "its read or sync could not be confirmed by a quorum") }
        }
    }

    func answerSync(_ client: ClientConnection, _ xid: Int32, _ body: UnsafeRawBufferPointer) {
        var reader = JuteReader(body.bytes)
        let path: [UInt8]?
        do throws(JuteError) {
            path = try reader.copiedBuffer()
        } catch {
            return writeReply(client, xid: xid, zxid: stateMachine.applied.wire, error: ErrorCode.marshallingError)
        }
        replyScratch.removeAll()
        // As the client wrote it; null is echoed as null.
        if let path { replyScratch.writeBuffer(path) } else { replyScratch.writeNull() }
        writeReply(client, xid: xid, zxid: stateMachine.applied.wire, error: 0, body: replyScratch.bytes)
    }
}
