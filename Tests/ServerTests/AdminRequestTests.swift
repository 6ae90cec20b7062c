// Heads of requests to the admin port: what is asked for, what is wrong, and when more has to come.

import Server
import Testing

@Suite struct AdminRequestTests {
    private func read(_ text: String, limit: Int = 200) -> AdminRequest? { AdminRequest(reading: Array(text.utf8), limit: limit) }

    private func status(_ text: String) -> Int? {
        guard case .refused(let answer) = read(text) else { return nil }
        return answer.status
    }

    @Test func aPathIsWhatIsAskedForWithoutItsQuery() {
        let path = AdminRequest.path("/metrics", isHead: false)
        #expect(read("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n") == path)
        #expect(read("GET /metrics?a=b HTTP/1.0\n\n") == path)
        #expect(read("\r\nGET http://host:8080/metrics#part HTTP/1.1\r\n\r\nrest") == path)
        #expect(read("GET http://host HTTP/1.1\r\n\r\n") == .path("/", isHead: false))
        #expect(read("HEAD /metrics HTTP/1.1\r\n\r\n") == .path("/metrics", isHead: true))
    }

    @Test func everyBeginningOfAHeadMayStillBecomeOne() {
        let whole = Array("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        for count in 0..<whole.count {
            #expect(AdminRequest(reading: Array(whole.prefix(count)), limit: 200) == nil, "\(count) bytes")
        }
    }

    @Test func whatIsNoRequestIsRefusedByKind() {
        for text in [
            "x", "GET", "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 x", "GET x HTTP/1.1", "G(T / HTTP/1.1", "GET / SIP/2",
        ] {
            #expect(status(text + "\r\n\r\n") == 400, "\(text)")
        }
        #expect(status("GET / HTTP/1.1\r\nA : b\r\n\r\n") == 400)
        #expect(status("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n") == 400)
        #expect(status("GET / HTTP/2\r\n\r\n") == 505)
        #expect(status("DELETE / HTTP/1.1\r\n\r\n") == 405)
        let long = String(repeating: "x", count: 300)
        #expect(status("GET /" + long) == 414)
        #expect(status("GET / HTTP/1.1\r\nA: " + long) == 431)
        #expect(status("GET / HTTP/1.1\r\nA: " + long + "\r\n\r\n") == 431)
        #expect(status(String(repeating: "\r\n", count: 300)) == 414)
    }
}
