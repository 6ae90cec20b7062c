// One run: members, network, disks, clocks and clients in virtual time, from one seed. First the safety phase, in which faults
// strike while clients work; then the healing, in which everything is mended and the ensemble must come to rest: a leader, no
// request left, the same state on all members. What must always hold is checked as it happens, what clients saw at the end.

import Batch
import ClientProtocol
package import Histories
import Journal
import Jute
import Node
import StateMachine
import Zab

package final class Simulation {
    package let seed: UInt64
    package let swarm: Swarm
    package let plan: FaultPlan
    let configuration: Configuration

    var now: UInt64 = 1_000_000_000
    var heap = EventHeap()
    var members: [SimulatedMember] = []
    var clients: [SimulatedClient] = []
    var pipes: [UInt64: Pipe] = [:]
    var nextConnection: UInt64 = 1

    var network: Dice
    var disks: Dice
    var lives: Dice

    // The state of the network.
    /// Bit b of entry a: a can't be heard by b.
    var deaf: [UInt64]
    var clogged: [UInt64] = []

    /// Faults that wait for somebody to change its log, or to take a snapshot in.
    var armed: [Fault] = []

    // Checks.
    var chain = CommittedChain()
    package internal(set) var history = Histories.History()
    package internal(set) var breaches: [String] = []
    /// By what each of them was found.
    package internal(set) var finders: [Check] = []
    var leaders: [UInt32: Int] = [:]
    /// Who has promised an epoch to each member, by the epoch.
    var promises: [UInt32: [VoterSet]] = [:]
    /// What each leader began with, by its epoch.
    var initialHistories: [UInt32: LogEnd] = [:]
    /// How far each leader has committed, by its epoch.
    var commits: [UInt32: LogEnd] = [:]
    /// Of each leader, by its epoch.
    var rounds: [UInt32: LeaderRounds] = [:]
    /// Whether a member that stops for a rule's sake is worth a word. Off where only what is seen from outside counts.
    package var heedsHalts = true
    var isHealing = false
    /// What befell members goes beyond what the protocol can bear: nothing more is promised.
    var isBeyond = false
    /// Some leader has known that everybody takes part in what was founded.
    var wasBound = false
    var hasOperator = false
    /// The lasting damage to stored files falls on these members only, so that enough others are whole.
    let mayRot: Set<Int>

    // What happened.
    package internal(set) var steps: UInt64 = 0
    package internal(set) var faultsInjected = 0
    package internal(set) var marks = Marks()
    /// Over everything that happened, in order: equal runs have equal hashes.
    package internal(set) var trace: UInt64 = 0xcbf2_9ce4_8422_2325
    package var isTelling = false
    package internal(set) var story: [String] = []

    package init(seed: UInt64, swarm: Swarm? = nil, plan: FaultPlan? = nil) {
        self.seed = seed
        let swarm = swarm ?? Swarm(seed: seed)
        self.swarm = swarm
        self.plan = plan ?? FaultPlan(seed: seed, swarm: swarm, until: swarm.span)
        configuration = swarm.configuration
        network = Dice(seed: seed, stream: .network)
        disks = Dice(seed: seed, stream: .disks)
        lives = Dice(seed: seed, stream: .members)
        deaf = Array(repeating: 0, count: swarm.members)
        let quorum = configuration.quorum
        let spare = min(quorum.toleratedWhileLeading, quorum.toleratedAtElection)
        var rotten: Set<Int> = []
        while rotten.count < spare { rotten.insert(disks.below(configuration.voterCount)) }
        // Nothing depends on what observers remember.
        mayRot = rotten.union(configuration.voterCount..<swarm.members)
        members = (0..<swarm.members).map(SimulatedMember.init)
        for index in mayRot { members[index].disk.keepsFormer = swarm.families.contains(.rot) }
        var dice = Dice(seed: seed, stream: .clients)
        for index in 0..<swarm.clients {
            let quota = swarm.operations / swarm.clients + (index < swarm.operations % swarm.clients ? 1 : 0)
            clients.append(SimulatedClient(index: index, quota: quota, seed: dice.next()))
        }
    }

    /// Hundreds of times what a run takes.
    private static let mostSteps: UInt64 = 5_000_000
    private static let safetyEnd: UInt64 = 12_000_000_000
    /// The protocol's 30 T, and what a session needs to be moved or to end.
    private var healingTime: UInt64 { 30 * swarm.silence + 3 * UInt64(swarm.sessionTimeoutMs) * 1_000_000 }

    // MARK: running

    package func run() {
        for index in members.indices { heap.add(.start, at: now + network.within(0...20_000_000), index) }
        for index in clients.indices { heap.add(.client, at: now + network.within(0...50_000_000), index) }
        for (number, fault) in plan.faults.enumerated() { heap.add(.fault, at: 1_000_000_000 + fault.time, 0, UInt64(number)) }
        let begin = now
        turnEvents(until: begin + Simulation.safetyEnd) { self.now > begin + self.swarm.span && self.isLoadDone }
        heal()
        rest()
        finish()
    }

    /// Goes on until nothing is left to do.
    func rest() {
        let begin = now
        turnEvents(until: begin + healingTime) { self.isAtRest }
        if breaches.isEmpty, !isBeyond, !isAtRest {
            breach("no rest within \(healingTime / 1_000_000) ms of the healing: \(whatIsMissing)", by: .rest)
        }
    }

    private var isLoadDone: Bool { clients.allSatisfy(\.isDone) }

    private func turnEvents(until end: UInt64, isOver: () -> Bool) {
        var countdown = 0
        while breaches.isEmpty, !isBeyond, let time = heap.nextTime, time <= end {
            guard let event = heap.next() else { break }
            now = max(now, time)
            steps += 1
            if steps == Simulation.mostSteps { breach("no end after \(steps) steps", by: .rest) }
            note(event)
            handle(event)
            // Asking costs more than a step.
            countdown += 1
            if countdown >= 64 {
                countdown = 0
                if isOver() { return }
            }
        }
    }

    private func note(_ event: SimulationEvent) {
        trace = (trace ^ event.time) &* 0x0000_0100_0000_01b3
        trace = (trace ^ (UInt64(event.kind.rawValue) << 32 | UInt64(UInt32(bitPattern: event.index)))) &* 0x0000_0100_0000_01b3
    }

    func noteInTrace(_ value: UInt64) { trace = (trace ^ value) &* 0x0000_0100_0000_01b3 }

    private func handle(_ event: SimulationEvent) {
        let index = Int(event.index)
        switch event.kind {
        case .turn:
            guard members[index].turnAt == event.time, members[index].life == event.number else { return }
            members[index].turnAt = .max
            turn(members[index])
        case .arrival: arrive(event.number, end: index)
        case .flushed: if members[index].life == event.number { flushed(members[index]) }
        case .fall: if members[index].life == event.number { fall(members[index]) }
        case .chore: if members[index].life == event.number { chore(members[index]) }
        case .dial: connect(index, event.number)
        case .client: clientActs(clients[index], event.number)
        case .request: requestArrives(clients[index], event.number)
        case .reply: replyArrives(clients[index], event.number)
        case .fault: strike(Int(event.number))
        case .faultEnd: endFault(Int(event.number))
        case .start: startIfDown(members[index])
        case .operator: operate()
        }
    }

    // MARK: telling

    func tell(_ text: @autoclosure () -> String) {
        guard isTelling else { return }
        story.append("\(milliseconds) \(text())")
    }

    private var milliseconds: String {
        let micros = (now - 1_000_000_000) / 1_000
        let text = String(micros % 1_000)
        return "\(micros / 1_000).\(String(repeating: "0", count: 3 - text.count))\(text)"
    }

    func breach(_ text: String, by check: Check = .shadow) {
        if breaches.count < 5 {
            breaches.append(text)
            finders.append(check)
        }
        tell("BREACH: \(text)")
    }
}
