// Does to the members of a running ensemble what a fault says, and takes it back. Several faults may be at work at a time: what a
// link or a disk is like follows from all of them. It belongs to the thread that the ensemble belongs to at that time.

internal import CLinux
internal import Glibc
package import Workload

package final class FaultInjector {
    /// A fault that has struck.
    package struct Strike: Sendable {
        package let fault: Fault
        /// Whom it struck.
        package let members: [Int]
        /// On the monotonic clock.
        package let begin: UInt64
        /// nil while it lasts.
        package fileprivate(set) var end: UInt64?

        /// As in `kill of member 2 (leader)`.
        package var name: String {
            let who = FaultRole.members(members).description
            switch fault.role {
            case .members: return "\(fault.kind.rawValue) of \(who)"
            default: return "\(fault.kind.rawValue) of \(who) (\(fault.role))"
            }
        }
    }

    private let ensemble: Ensemble
    /// All that have struck, in order.
    package private(set) var strikes: [Strike] = []
    /// A bit of each so many pieces is turned round by `corrupt`.
    private static let corruptsEvery = 20

    package init(_ ensemble: Ensemble) { self.ensemble = ensemble }

    // MARK: Striking

    /// Returns the number of the strike; nil if at this moment nobody has the fault's role.
    package func begin(_ fault: Fault) throws(EnsembleError) -> Int? {
        try checkMeans(fault)
        let found = members(of: fault.role)
        guard !found.isEmpty else { return nil }
        strikes.append(Strike(fault: fault, members: found.map(\.id), begin: quorate_monotonic_ns()))
        switch fault.kind {
        case .kill, .killAll:
            for member in found { member.sendKill() }
            for member in found { member.kill() }
        case .powerCut: cutPower(found)
        case .pause: for member in found { member.pause() }
        case .reset: for link in links(at: found.map(\.id)) { ensemble.links?.reset(link) }
        case .halfOpen:
            for link in links(at: found.map(\.id)) where found.contains(where: { $0.id == link.from }) {
                ensemble.links?.halfOpen(link)
            }
        case .partition, .oneWay, .delay, .rate, .corrupt: setLinks()
        case .slowFlush, .failFlush, .fullDisk:
            if fault.kind != .slowFlush { for member in found { member.expectEnd() } }
            try setDisks(found)
        }
        let number = strikes.count - 1
        if fault.kind.isMomentary { strikes[number].end = quorate_monotonic_ns() }
        return number
    }

    /// Takes it back; members that it has ended are started again, unless another fault still holds them down.
    package func end(_ number: Int) throws(EnsembleError) {
        guard strikes[number].end == nil else { return }
        strikes[number].end = quorate_monotonic_ns()
        let strike = strikes[number]
        let struck = ensemble.members.filter { strike.members.contains($0.id) }
        switch strike.fault.kind {
        case .kill, .killAll: try startAgain(struck)
        case .powerCut:
            setLinks()
            try startAgain(struck)
        case .pause: for member in struck where !isHeld(member, by: [.pause]) { member.resume() }
        case .partition, .oneWay, .delay, .rate, .corrupt: setLinks()
        case .reset, .halfOpen: break
        case .slowFlush, .failFlush, .fullDisk:
            try setDisks(struck)
            try startAgain(struck)
        }
    }

    /// Takes back everything that still lasts.
    package func endAll() throws(EnsembleError) {
        for number in strikes.indices { try end(number) }
    }

    /// The network goes a moment before: a member that answers clients in it without the others' copies loses what it answered.
    private func cutPower(_ members: [Member]) {
        let ids = members.map(\.id)
        setLinks()
        usleep(20_000)
        for link in links(at: ids) where ids.contains(link.from) { ensemble.links?.halfOpen(link) }
        for member in members { member.sendKill() }
        for member in members { member.kill() }
    }

    private func checkMeans(_ fault: Fault) throws(EnsembleError) {
        if fault.kind.isOfLinks || fault.kind == .powerCut, ensemble.members.count > 1, ensemble.links == nil {
            throw EnsembleError(.unusable, "Links between the members can't fail: the ensemble was started without that.")
        }
        if fault.kind.isOfDisks, ensemble.order.diskFaults == nil {
            throw EnsembleError(.unusable, "The members' disks can't fail: the ensemble was started without that.")
        }
        if case .members(let ids) = fault.role, let unknown = ids.first(where: { $0 < 1 || $0 > ensemble.members.count }) {
            throw EnsembleError(
                .unusable, "The fault \(fault.kind.rawValue) is for member \(unknown), and there are \(ensemble.members.count).")
        }
    }

    private func members(of role: FaultRole) -> [Member] {
        let running = ensemble.members.filter(\.isRunning)
        switch role {
        case .all: return running
        case .members(let ids): return running.filter { ids.contains($0.id) }
        case .leader: return running.first { $0.status(limitNanoseconds: 200_000_000)?.isLeading == true }.map { [$0] } ?? []
        case .follower:
            return running.first { $0.status(limitNanoseconds: 200_000_000)?.role == .follower }.map { [$0] } ?? []
        }
    }

    // MARK: What follows from all that last

    private var lasting: [Strike] { strikes.filter { $0.end == nil } }

    private func isHeld(_ member: Member, by kinds: [FaultKind]) -> Bool {
        lasting.contains { kinds.contains($0.fault.kind) && $0.members.contains(member.id) }
    }

    private func startAgain(_ members: [Member]) throws(EnsembleError) {
        for member in members where !member.isRunning && !isHeld(member, by: [.kill, .killAll, .powerCut, .failFlush]) {
            try member.restart()
        }
    }

    private func setDisks(_ members: [Member]) throws(EnsembleError) {
        for member in members {
            var state = DiskState()
            for strike in lasting where strike.members.contains(member.id) {
                switch strike.fault.kind {
                case .slowFlush: state.flushDelayNanoseconds += strike.fault.delay
                case .failFlush: state.flushError = EIO
                case .fullDisk: state.isFull = true
                default: break
                }
            }
            try member.setDisk(state)
        }
    }

    /// The links between these members and all others, in both directions; all there are if these are all.
    private func links(at members: [Int]) -> [Link] {
        let all = ensemble.members.map(\.id)
        return all.flatMap { from in all.filter { $0 != from }.map { Link(from: from, to: $0) } }.filter { link in
            members.count == all.count || members.contains(link.from) != members.contains(link.to)
        }
    }

    private func setLinks() {
        guard let proxy = ensemble.links else { return }
        var states: [Link: LinkState] = [:]
        for link in links(at: ensemble.members.map(\.id)) { states[link] = Ensemble.usualLinks(ensemble.order) }
        for strike in lasting where strike.fault.kind.isOfLinks || strike.fault.kind == .powerCut {
            let fault = strike.fault
            for link in links(at: strike.members) {
                let isOut = strike.members.contains(link.from)
                switch fault.kind {
                case .partition, .powerCut: states[link]!.isCut = true
                case .oneWay: if isOut == (fault.direction == .out) { states[link]!.isCut = true }
                case .delay:
                    states[link]!.delayNanoseconds += fault.delay
                    states[link]!.jitterNanoseconds += fault.jitter
                case .rate: states[link]!.bytesPerSecond = min(fault.bytesPerSecond, states[link]!.bytesPerSecond ?? .max)
                case .corrupt: states[link]!.corruptsEvery = Self.corruptsEvery
                default: break
                }
            }
        }
        for (link, state) in states { proxy.set(link, state) }
    }
}
