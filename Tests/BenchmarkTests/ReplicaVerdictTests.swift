// Members are compared only where they have applied the same; one that is behind is not called different.

import Benchmark
import Results
import Testing

@Suite struct ReplicaVerdictTests {
    private func check(_ members: [(zxid: String?, digest: String?)], partial: Bool = false) -> ResultCheck {
        var cell = ResultCell(nodes: members.count)
        cell.isPartial = partial
        let found = members.enumerated().map { index, state in
            var member = ResultMember(id: index + 1)
            member.zxid = state.zxid
            member.digest = state.digest
            return member
        }
        cell.judgeReplicas(found, waitedSeconds: 10)
        return cell.checks[0]
    }

    @Test func equalStatesPass() {
        let found = check([("0x10", "a"), ("0x10", "a"), ("0x10", "a")])
        #expect(found.passed == true && found.sentence == "all 3 members came to the same state at zxid 0x10")
    }

    @Test func differentStatesAtOnePlaceFail() {
        let found = check([("0x10", "a"), ("0x10", "b"), ("0x9", "c")])
        #expect(found.passed == false && found.sentence == "the members' states differ at zxid 0x10: member 1 a, member 2 b")
    }

    @Test func whoIsBehindLags() {
        let found = check([("0x10", "a"), ("0x9", "b"), ("0x10", "a")])
        #expect(found.passed == false)
        #expect(
            found.sentence
                == "member 2 lags at zxid 0x9, others are at 0x10, after 10 s, so the states can't be compared")
        #expect(check([("0x10", "a"), ("0x9", "b")], partial: true).passed == nil)
    }

    @Test func silenceIsNoAgreement() {
        let found = check([("0x10", "a"), (nil, nil)])
        #expect(found.passed == false && found.sentence == "member 2 could not be asked for the state")
        #expect(check([("0x10", "a"), (nil, nil)], partial: true).passed == nil)
    }
}
