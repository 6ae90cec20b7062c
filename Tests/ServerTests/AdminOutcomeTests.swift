// What is said of a hand-over that is over.

import Node
import Server
import Testing

@Suite struct AdminOutcomeTests {
    @Test func anotherMemberLeads() {
        #expect(AdminOutcome(of: .none, leader: 2, isElectedAgain: false) == .leads(2))
        #expect(AdminOutcome(of: .none, leader: nil, isElectedAgain: false) == .leads(nil))
    }

    @Test func theOldLeaderGoesOn() {
        #expect(AdminOutcome(of: .failed("nobody is level"), leader: 1, isElectedAgain: false) == .refused("nobody is level"))
        let again = AdminOutcome(of: .none, leader: 1, isElectedAgain: true)
        #expect(again == .refused("this member was elected again and goes on; ask once more"))
    }
}
