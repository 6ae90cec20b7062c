// When sessions expire: after the timeout and within one tick behind it, wherever the last packet lies on the grid, at whichever
// server the client is, and whether or not its socket outlives the packet.

import Batch
import Node
import NodeEnsemble
import StateMachine
import Testing
import Zab

@Suite struct SessionExpiryTests {
    private static let ms: UInt64 = 1_000_000

    /// Lets the timers run as the loop would, from deadline to deadline.
    /// - Returns: when the session expired.
    private func expiryTime(
        _ expiry: inout SessionExpiry, from start: UInt64, isBusy: (Instant) -> Bool = { _ in false }
    ) -> UInt64? {
        var now = Instant(nanoseconds: start)
        for _ in 0..<1_000 {
            guard let due = expiry.nextDeadline() else { return nil }
            now = max(now, due)
            let busy = isBusy(now)
            if !expiry.takeExpired(now: now, limit: 10, isBusy: { _ in busy }).isEmpty { return now.nanoseconds }
        }
        return nil
    }

    @Test("Rule S2: expiry lies in (timeout, timeout + tick] after the last touch, whatever its phase", arguments: 0..<40)
    func phases(phase: UInt64) throws {
        let ms = SessionExpiryTests.ms
        for timeout in [Int32(200), 250, 301] {
            var expiry = SessionExpiry(tickMs: 100)
            expiry.restart(now: Instant(nanoseconds: 5_000 * ms))
            expiry.add(1, timeoutMs: timeout, now: Instant(nanoseconds: 5_000 * ms))
            // The loop turns meanwhile, and the touch comes at some moment of a tick.
            let touched = 5_050 * ms + phase * ms * 5 / 2
            while let due = expiry.nextDeadline(), due.nanoseconds <= touched {
                #expect(expiry.takeExpired(now: due, limit: 10) { _ in false }.isEmpty)
            }
            expiry.touch(1, now: Instant(nanoseconds: touched))
            let end = try #require(expiryTime(&expiry, from: touched))
            #expect(end > touched + UInt64(timeout) * ms)
            #expect(end <= touched + UInt64(timeout) * ms + 100 * ms)
        }
    }

    @Test("A session that moves from server to server keeps one entry, and a shorter timeout counts at once")
    func movingLeavesNothing() throws {
        let ms = SessionExpiryTests.ms
        var expiry = SessionExpiry(tickMs: 100)
        expiry.restart(now: Instant(nanoseconds: 0))
        for i in 0..<10_000 as Range<UInt64> { expiry.add(1, timeoutMs: 10_000, now: Instant(nanoseconds: i * ms / 10)) }
        #expect(expiry.entryCount == 1)
        expiry.add(1, timeoutMs: 300, now: Instant(nanoseconds: 1_010 * ms))
        #expect(expiry.entryCount == 2)
        let end = try #require(expiryTime(&expiry, from: 1_010 * ms))
        #expect(end == 1_400 * ms)
        #expect(expiryTime(&expiry, from: end) == nil)
    }

    @Test("Rule S2: what is busy when its time comes lives for another timeout")
    func busyLives() throws {
        let ms = SessionExpiryTests.ms
        var expiry = SessionExpiry(tickMs: 100)
        expiry.restart(now: Instant(nanoseconds: 0))
        expiry.add(1, timeoutMs: 200, now: Instant(nanoseconds: 0))
        let end = try #require(expiryTime(&expiry, from: 0) { $0.nanoseconds < 1_000 * ms })
        #expect(end > 1_000 * ms)
        #expect(end <= 1_300 * ms)
    }

    // MARK: whole members

    enum Place: CaseIterable {
        case leader
        case follower
        case lostAtLeader
        case lostAtFollower
    }

    /// A tick is 100 ms. A follower's report may be a heartbeat late and is borne for another; the session's end needs a commit.
    @Test("A client expires in (timeout, timeout + tick] after its last packet, wherever it is", arguments: Place.allCases)
    func lastPacketCounts(place: Place) throws {
        let ms = SessionExpiryTests.ms
        let ensemble = try VirtualEnsemble(3)
        try ensemble.start()
        #expect(ensemble.run(within: 2_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        let leader = try #require(ensemble.leader)
        let isFollower = place == .follower || place == .lostAtFollower
        let member = try #require(ensemble.members.first { ($0.id != leader.id) == isFollower })
        for phase in 0..<20 {
            let client = ensemble.client(of: member.id)
            client.connect(timeout: 300)
            #expect(ensemble.run(within: 1_000) { client.hasSession })
            ensemble.run(milliseconds: 150 + (phase * 35 + 400 - Int(ensemble.now / ms % 100)) % 100)
            client.ping()
            let last = ensemble.now
            ensemble.run(within: 5) { client.unsent == 0 }
            if place == .lostAtLeader || place == .lostAtFollower {
                member.node?.clientClosed(client.id)
                ensemble.clients[client.id] = nil
            }
            let isGone = { leader.node?.stateMachine.session(client.session) == nil }
            #expect(ensemble.run(within: 1_000, until: isGone))
            let after = ensemble.now - last
            #expect(after > 300 * ms, "phase \(phase)")
            #expect(after <= (isFollower ? 505 : 405) * ms, "phase \(phase)")
        }
    }

    @Test("A client that pings is never expired, and many moves of one session leave it alive")
    func pingingLives() throws {
        let ensemble = try VirtualEnsemble(3)
        try ensemble.start()
        #expect(ensemble.run(within: 2_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        let clients = ensemble.members.map { member in
            let client = ensemble.client(of: member.id)
            client.connect(timeout: 200)
            return client
        }
        #expect(ensemble.run(within: 1_000) { clients.allSatisfy(\.hasSession) })
        for _ in 0..<30 {
            for client in clients { client.ping() }
            ensemble.run(milliseconds: 190)
        }
        #expect(clients.allSatisfy { !$0.isClosed })
    }
}
