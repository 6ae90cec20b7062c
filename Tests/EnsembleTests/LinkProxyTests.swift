// Each thing that may become of what is on its way between two members, by its effect on a plain connection through the proxy.

import CLinux
import Ensemble
import Glibc
import Testing

@Suite(.serialized) struct LinkProxyTests {
    /// Member 1 has connected to member 2 through the proxy.
    private struct Pair {
        let link = Link(from: 1, to: 2)
        let listener: SocketListener
        let proxy: LinkProxy
        let one: SocketEnd
        let two: SocketEnd

        init(_ state: LinkState = LinkState()) throws {
            listener = try #require(SocketListener())
            proxy = try LinkProxy([LinkProxy.Route(link, target: listener.port)], state: state)
            one = try #require(SocketEnd.connect(to: proxy.ports[0]))
            two = try #require(listener.accept())
        }
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let begin = quorate_monotonic_ns()
        try body()
        return Double(quorate_monotonic_ns() - begin) / 1e9
    }

    private func text(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(97 + $0 % 26) } }

    @Test func whatIsSentArrivesAndIsCounted() throws {
        let pair = try Pair()
        pair.one.say(text(200_000))
        #expect(pair.two.hear(count: 200_000) == text(200_000))
        pair.two.say([1, 2, 3])
        #expect(pair.one.hear() == .bytes([1, 2, 3]))
        #expect(eventually { pair.proxy.carried(pair.link) == 200_000 && pair.proxy.carried(pair.link.reversed) == 3 })
    }

    @Test func aDelayIsOfOneDirection() throws {
        let pair = try Pair()
        var slow = LinkState()
        slow.delayNanoseconds = 150_000_000
        pair.proxy.set(pair.link, slow)
        let there = seconds {
            pair.one.say([1])
            #expect(pair.two.hear() == .bytes([1]))
        }
        let back = seconds {
            pair.two.say([2])
            #expect(pair.one.hear() == .bytes([2]))
        }
        #expect(there >= 0.15 && there < 1 && back < 0.1, "\(there) \(back)")
        pair.proxy.set(pair.link, LinkState())
        let again = seconds {
            pair.one.say([3])
            #expect(pair.two.hear() == .bytes([3]))
        }
        #expect(again < 0.1, "what is set may be set back")
    }

    @Test func jitterKeepsTheOrder() throws {
        var state = LinkState()
        state.jitterNanoseconds = 40_000_000
        let pair = try Pair(state)
        for number in 0..<40 {
            pair.one.say([UInt8(number)])
            usleep(3_000)
        }
        #expect(pair.two.hear(count: 40) == (0..<40).map { UInt8($0) })
    }

    @Test func aRateIsKept() throws {
        var state = LinkState()
        state.bytesPerSecond = 200_000
        let pair = try Pair(state)
        let took = seconds {
            pair.one.say(text(100_000))
            #expect(pair.two.hear(count: 100_000) == text(100_000))
        }
        #expect(took >= 0.45 && took < 2, "half a second's worth took \(took) s")
    }

    @Test func aCutStopsOneDirectionAndHoldsWhatWasSent() throws {
        let pair = try Pair()
        var cut = LinkState()
        cut.isCut = true
        pair.proxy.set(pair.link, cut)
        pair.one.say([1])
        #expect(pair.two.hear(milliseconds: 200) == .silence)
        pair.two.say([2])
        #expect(pair.one.hear() == .bytes([2]), "the other direction is open")
        pair.proxy.set(pair.link, LinkState())
        #expect(pair.two.hear() == .bytes([1]), "what was lost is sent anew")
    }

    @Test func behindACutNobodyHearsOfAnEndOrOfANewConnection() throws {
        let listener = try #require(SocketListener())
        let link = Link(from: 1, to: 2)
        let proxy = try LinkProxy([LinkProxy.Route(link, target: listener.port)])
        var one = SocketEnd.connect(to: proxy.ports[0])
        let two = try #require(listener.accept())
        var cut = LinkState()
        cut.isCut = true
        for way in [link, link.reversed] { proxy.set(way, cut) }
        one = nil
        #expect(one == nil && two.hear(milliseconds: 200) == .silence)
        let next = try #require(SocketEnd.connect(to: proxy.ports[0]))
        next.say([7])
        #expect(listener.accept(milliseconds: 200) == nil)
        for way in [link, link.reversed] { proxy.set(way, LinkState()) }
        #expect(two.hear() == .end)
        let other = try #require(listener.accept())
        #expect(other.hear() == .bytes([7]))
    }

    @Test func aResetIsToldToBoth() throws {
        let pair = try Pair()
        pair.proxy.reset(pair.link)
        #expect(pair.one.hear() == .failure(ECONNRESET))
        #expect(pair.two.hear() == .failure(ECONNRESET))
        let next = try #require(SocketEnd.connect(to: pair.proxy.ports[0]))
        next.say([1])
        #expect(pair.listener.accept()?.hear() == .bytes([1]))
    }

    /// Whichever side is gone, and whoever had opened the connection.
    @Test(arguments: [Link(from: 1, to: 2), Link(from: 2, to: 1)]) func ofAHalfOpenConnectionOneEndIsSilent(gone: Link) throws {
        let pair = try Pair()
        let (lost, silent) = gone.from == 1 ? (pair.one, pair.two) : (pair.two, pair.one)
        pair.proxy.halfOpen(gone)
        #expect(lost.hear() == .failure(ECONNRESET))
        silent.say(text(100_000))
        #expect(silent.hear(milliseconds: 200) == .silence)
        let next = try #require(SocketEnd.connect(to: pair.proxy.ports[0]))
        next.say([1])
        #expect(pair.listener.accept()?.hear() == .bytes([1]), "new connections are whole")
    }

    @Test func corruptionTurnsOneBitOfAPieceRound() throws {
        let pair = try Pair()
        var corrupt = LinkState()
        corrupt.corruptsEvery = 1
        pair.proxy.set(pair.link, corrupt)
        let sent = text(500)
        pair.one.say(sent)
        let heard = pair.two.hear(count: 500)
        let bits = zip(sent, heard).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
        #expect(heard.count == 500 && bits >= 1 && bits <= 4, "one bit of each piece, and so few bytes are a piece or a few")
        pair.two.say(sent)
        #expect(pair.one.hear(count: 500) == sent)
    }
}
