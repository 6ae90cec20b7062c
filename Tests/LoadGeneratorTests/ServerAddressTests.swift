// Servers as they are named: what is no address, names that stand for none, and that looking one up can be ended.

import LoadGenerator
import Testing
import Workload

@Suite struct ServerAddressTests {
    private func run(_ hosts: [String], _ options: LoadOptions = LoadOptions(), cancel: CancelFlag = CancelFlag()) throws {
        _ = try LoadRun(workload: setWorkload(arrivals: "closed"), hosts: hosts, options: options).run(cancel: cancel)
    }

    @Test(arguments: [
        ("localhost", "'localhost' is not an address of the form host:port, such as 127.0.0.1:2181"),
        ("a:0", "'a:0' is not an address of the form host:port, such as 127.0.0.1:2181"),
        (":2181", "':2181' has no host before the port; write 127.0.0.1:2181 for this machine"),
        ("[::1", "'[::1' has no host name or address before the port; write host:port, and an IPv6 address as [::1]:1"),
        ("[]:1", "'[]:1' has no host name or address before the port; write host:port, and an IPv6 address as [::1]:1"),
        ("[a]:1", "'[a]:1' has no host name or address before the port; write host:port, and an IPv6 address as [::1]:1"),
        ("a b:1", "'a b:1' has no host name or address before the port; write host:port, and an IPv6 address as [::1]:1"),
    ])
    func whatIsNoAddressIsNamed(text: String, sentence: String) throws {
        let error = try #require(throws: LoadError.self) { try run([text]) }
        #expect(error.cause == .addressUnusable && error.description == sentence)
    }

    @Test func aNameThatNobodyHasEndsTheRunSoon() throws {
        let begin = ContinuousClock.now
        let error = try #require(throws: LoadError.self) { try run(["127.0.0.1:1", "nobody-has-this-name.invalid:2181"]) }
        #expect(error.cause == .unreachable && error.description.contains("nobody-has-this-name.invalid"))
        #expect(!error.description.contains("\n"))
        #expect(ContinuousClock.now - begin < .seconds(8))
    }

    @Test func aLookUpIsEndedAsTheRunIs() throws {
        let cancel = CancelFlag()
        cancel.set()
        let error = try #require(throws: LoadError.self) { try run(["nobody-has-this-name.invalid:2181"], cancel: cancel) }
        #expect(error.cause == .interrupted || error.cause == .unreachable, "unless the answer was there already")
    }
}
