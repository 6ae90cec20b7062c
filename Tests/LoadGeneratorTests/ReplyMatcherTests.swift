// Tests of pairing replies with requests: in order, out of order, twice, never, unknown, and around the end of the xids.

import LoadGenerator
import Statistics
import Testing

@Suite struct ReplyMatcherTests {
    private func request(_ detail: Int64) -> InFlight {
        var request = InFlight(kind: .set, intended: 0, sent: UInt64(detail))
        request.detail = detail
        return request
    }

    private func detail(_ match: ReplyMatch) -> Int64? {
        if case .request(let request) = match { request.detail } else { nil }
    }

    private func isDoubled(_ match: ReplyMatch) -> Bool { if case .doubled = match { true } else { false } }
    private func isStray(_ match: ReplyMatch) -> Bool { if case .stray = match { true } else { false } }

    private func filled(_ count: Int64) -> ReplyMatcher {
        var matcher = ReplyMatcher(window: 16)
        for number in 1...count { #expect(matcher.sent(request(number)) == Int32(number)) }
        return matcher
    }

    @Test func repliesInOrderFindTheirRequests() {
        var matcher = filled(10)
        #expect(matcher.unanswered == 10 && matcher.oldestSent == 1)
        for xid in 1...10 { #expect(detail(matcher.match(xid: Int32(xid))) == Int64(xid)) }
        #expect(matcher.unanswered == 0 && matcher.swapped == 0 && matcher.abandon().isEmpty && matcher.oldestSent == nil)
        #expect(matcher.total == 10)
    }

    @Test func twoSwappedRepliesAreOneSwap() {
        var matcher = filled(4)
        #expect(detail(matcher.match(xid: 2)) == 2 && matcher.swapped == 0)
        #expect(detail(matcher.match(xid: 1)) == 1 && matcher.swapped == 1)
        #expect(detail(matcher.match(xid: 3)) == 3)
        #expect(detail(matcher.match(xid: 4)) == 4)
        #expect(matcher.swapped == 1 && matcher.unanswered == 0)
    }

    @Test func aReplyThatComesFirstOvertakesAllBeforeIt() {
        var matcher = filled(4)
        for xid in [4, 2, 1, 3] { #expect(detail(matcher.match(xid: Int32(xid))) == Int64(xid)) }
        #expect(matcher.swapped == 3)
    }

    @Test func aReplyThatNeverComesWasOvertaken() {
        var matcher = filled(3)
        _ = matcher.match(xid: 2)
        let left = matcher.abandon()
        #expect(left.map(\.request.detail) == [1, 3])
        #expect(left.map(\.isOvertaken) == [true, false])
        #expect(matcher.unanswered == 0)
    }

    @Test func theSameReplyTwiceIsDoubled() {
        var matcher = filled(5)
        _ = matcher.match(xid: 1)
        #expect(isDoubled(matcher.match(xid: 1)))
        _ = matcher.match(xid: 3)
        #expect(isDoubled(matcher.match(xid: 3)))
        #expect(matcher.unanswered == 3)
        #expect(detail(matcher.match(xid: 2)) == 2)
    }

    @Test(arguments: [0, -1, -7, 6, 100, Int32.max, Int32.min])
    func aReplyToNothingIsStray(xid: Int32) {
        var matcher = filled(5)
        #expect(isStray(matcher.match(xid: xid)))
        #expect(matcher.unanswered == 5)
    }

    @Test func aLostReplyDoesNotStopTheRing() {
        var matcher = filled(1)
        var lost: [Int64] = []
        for number in 2...1_000 as ClosedRange<Int64> {
            if let request = matcher.removeLost() { lost.append(request.detail) }
            let xid = matcher.sent(request(number))
            #expect(detail(matcher.match(xid: xid)) == number)
        }
        #expect(lost == [1] && matcher.unanswered == 0)
    }

    /// Any order of replies: each request is found once, and the swaps are those that came after a later one.
    @Test func randomOrdersAgreeWithASimpleCount() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<200 {
            var matcher = filled(12)
            let order = (1...12).map { Int32($0) }.shuffled(using: &random)
            var swaps: UInt64 = 0
            for (position, xid) in order.enumerated() {
                if order[..<position].contains(where: { $0 > xid }) { swaps += 1 }
                #expect(detail(matcher.match(xid: xid)) == Int64(xid))
            }
            #expect(matcher.swapped == swaps && matcher.unanswered == 0, "\(order)")
        }
    }
}
