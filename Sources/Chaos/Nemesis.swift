// Who does harm while the clients work: faults drawn from the seed, each for a while, two at a time now and then. Members that
// end for another reason than a fault are reported.

import CLinux
import Ensemble
import Glibc
import Statistics
import Workload

final class Nemesis {
    private let ensemble: Ensemble
    let injector: FaultInjector
    private var random: SeededRandom
    private let tell: (String) -> Void
    private let isCancelled: () -> Bool
    private(set) var breaches: [String] = []
    private var outsideEnd: String?
    private var known: Set<String> = []
    let begin = quorate_monotonic_ns()

    init(_ ensemble: Ensemble, seed: UInt64, isCancelled: @escaping () -> Bool, tell: @escaping (String) -> Void) {
        self.ensemble = ensemble
        self.tell = tell
        self.isCancelled = isCancelled
        injector = FaultInjector(ensemble)
        random = SeededRandom(seed: seed)
    }

    private func below(_ limit: Int) -> Int { Int(random.below(UInt64(limit))) }
    private func milliseconds(_ range: ClosedRange<Int>) -> UInt64 {
        UInt64(range.lowerBound + below(range.count)) * 1_000_000
    }

    // MARK: Drawn

    func draw(from kinds: [FaultKind], seconds: Double) throws(EnsembleError) {
        let end = begin + UInt64(seconds * 1e9)
        var lasting: [(number: Int, until: UInt64)] = []
        var next = begin + milliseconds(200...800)
        while case let now = quorate_monotonic_ns(), now < end, !isStopped {
            for item in lasting where item.until <= now { try self.end(item.number) }
            lasting.removeAll { $0.until <= now }
            if now >= next, lasting.count < 2 {
                let fault = drawn(from: kinds)
                if let number = try self.begin(fault), fault.nanoseconds > 0 { lasting.append((number, now + fault.nanoseconds)) }
                // Now and then one falls into another.
                next = now + (below(3) == 0 ? milliseconds(50...300) : fault.nanoseconds + milliseconds(1_100...2_000))
            }
            lookAround()
            usleep(5_000)
        }
    }

    private func drawn(from kinds: [FaultKind]) -> Fault {
        let kind = kinds[below(kinds.count)]
        let lasting = kind.isMomentary ? 0 : milliseconds(200...2_500)
        var fault = Fault(kind, role(for: kind), nanoseconds: lasting)
        switch kind {
        case .delay:
            fault.delay = milliseconds(1...100)
            fault.jitter = milliseconds(0...50)
        case .slowFlush: fault.delay = milliseconds(1...200)
        case .rate: fault.bytesPerSecond = UInt64(8_192 << below(6))
        case .oneWay: fault.direction = below(2) == 0 ? .out : .in
        default: break
        }
        return fault
    }

    private func role(for kind: FaultKind) -> FaultRole {
        let count = ensemble.members.count
        if kind == .killAll { return .all }
        switch below(10) {
        case 0..<4: return .leader
        case 4..<5 where kind == .delay || kind == .rate || kind == .slowFlush || kind == .pause: return .all
        case 5..<8 where count > 3 && kind.isOfLinks:
            // A part of the ensemble that stays connected in itself.
            var ids = Array(1...count)
            for place in ids.indices.reversed() { ids.swapAt(place, below(place + 1)) }
            return .members(ids.prefix(1 + below(count - 1)).sorted())
        default: return .members([1 + below(count)])
        }
    }

    // MARK: One after the other

    /// Kills the leader, awaits another one that carries writes, starts the first again and awaits all.
    func killLeaders(_ times: Int, writes: () -> UInt64) throws(EnsembleError) {
        for round in 1...times where !isStopped {
            try strikeLeader(Fault(.kill, .leader), round, of: times, lasting: 0, writes)
        }
    }

    func partLeaders(_ times: Int, writes: () -> UInt64) throws(EnsembleError) {
        for round in 1...times where !isStopped {
            try strikeLeader(Fault(.partition, .leader), round, of: times, lasting: 3_000_000_000, writes)
        }
    }

    private func strikeLeader(
        _ fault: Fault, _ round: Int, of times: Int, lasting: UInt64, _ writes: () -> UInt64
    ) throws(EnsembleError) {
        awaitAll(seconds: 20)
        // Not in step with anything that the members do at intervals.
        rest(milliseconds(200...700))
        guard let number = try begin(fault, "\(round) of \(times): ") else { return }
        let struck = quorate_monotonic_ns()
        // Alone nobody takes over before it is back.
        if ensemble.members.count > 1 {
            while writes() < struck + 1_000_000, quorate_monotonic_ns() - struck < 10_000_000_000, !isStopped {
                usleep(2_000)
            }
        }
        let passed = quorate_monotonic_ns() - struck
        if passed < lasting { rest(lasting - passed) }
        try end(number)
    }

    func killCycles(_ times: Int) throws(EnsembleError) {
        for round in 1...times where !isStopped {
            let isAll = below(4) == 0
            let role: FaultRole = isAll ? .all : .members([1 + below(ensemble.members.count)])
            let number = try begin(Fault(isAll ? .killAll : .kill, role), "\(round) of \(times): ")
            rest(milliseconds(10...400))
            if let number { try end(number) }
            rest(milliseconds(50...900))
        }
    }

    /// Until every member serves and all follow one leader.
    private func awaitAll(seconds: Double) {
        let deadline = quorate_monotonic_ns() + UInt64(seconds * 1e9)
        while quorate_monotonic_ns() < deadline, !isStopped {
            lookAround()
            let states = ensemble.members.map { $0.status(limitNanoseconds: 200_000_000) }
            if states.allSatisfy({ $0 != nil }), states.contains(where: { $0?.isLeading == true }) { return }
            usleep(10_000)
        }
    }

    /// Until writes are acknowledged again, and half a second more, so that the last gap has its end.
    func awaitWrites(seconds: Double, _ writes: () -> UInt64) {
        let now = quorate_monotonic_ns()
        while writes() < now, quorate_monotonic_ns() - now < UInt64(seconds * 1e9), !isStopped { rest(10_000_000) }
        rest(500_000_000)
    }

    private func rest(_ nanoseconds: UInt64) {
        let until = quorate_monotonic_ns() + nanoseconds
        while case let now = quorate_monotonic_ns(), now < until, !isStopped {
            lookAround()
            usleep(UInt32(min(until - now, 20_000_000) / 1_000))
        }
    }

    // MARK: Striking

    private func begin(_ fault: Fault, _ prefix: String = "") throws(EnsembleError) -> Int? {
        let number = try injector.begin(fault)
        if let number {
            let lasting = fault.nanoseconds > 0 ? " for \(Seconds.text(fault.nanoseconds))" : ""
            tell("\(Seconds.text(quorate_monotonic_ns() - begin))  \(prefix)\(injector.strikes[number].name)\(lasting)")
        }
        return number
    }

    private func end(_ number: Int) throws(EnsembleError) {
        noteEnds(of: injector.strikes[number])
        try injector.end(number)
    }

    func endAll() throws(EnsembleError) {
        for number in injector.strikes.indices where injector.strikes[number].end == nil { try end(number) }
        lookAround()
    }

    /// A member whose disk fails ends with the code that says so, or goes on; anything else is a defect.
    private func noteEnds(of strike: FaultInjector.Strike) {
        guard strike.fault.kind == .failFlush || strike.fault.kind == .fullDisk else { return }
        for member in ensemble.members where strike.members.contains(member.id) {
            guard let ended = member.process?.ended else { continue }
            if ended == .exited(code: 74) || ended == .killed(signal: SIGKILL) { continue }
            note("member \(member.id) ended with \(ended) when its disk failed, not with exit code 74")
        }
    }

    private func lookAround() {
        for text in ensemble.unexpectedEnds() { note(text) }
        if outsideEnd == nil { outsideEnd = ensemble.endFromOutside() }
    }

    /// Whose end nobody here has caused says nothing about the members' promises.
    func checkNobodyInterfered() throws(ChaosError) {
        lookAround()
        if let outsideEnd { throw ChaosError("\(outsideEnd); let nothing else end the members while they are tested") }
    }

    private var isStopped: Bool { outsideEnd != nil || isCancelled() }

    private func note(_ text: String) {
        guard known.insert(text).inserted else { return }
        breaches.append(text)
        tell(text)
    }
}

/// Times as people read them.
enum Seconds {
    static func text(_ nanoseconds: UInt64) -> String {
        let hundredths = (nanoseconds + 5_000_000) / 10_000_000
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) s"
    }
}
