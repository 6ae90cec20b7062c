// A random schedule of the safe model that real members can follow: where the model's facts stay true for ever, here the leader
// that said them is still there, its own disk has what it proposed, and acknowledgements are those of the session that lasts.

struct Walk {
    let model: ProtocolModel
    private var random: Dice
    private(set) var state = ModelState()
    private(set) var schedule: [ModelStep] = []
    /// By member: records of the leader's log when its SYNC came, and whether it has acknowledged in this session.
    private var wanted: [Int]
    private var hasAcknowledged: [Bool]

    /// A generator of its own for every walk.
    struct Dice {
        var state: UInt64

        mutating func below(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
    }

    init(_ model: ProtocolModel, seed: UInt64) {
        self.model = model
        random = Dice(state: seed &* 0x9e37_79b9_7f4a_7c15 &+ 1)
        wanted = Array(repeating: 0, count: model.members)
        hasAcknowledged = Array(repeating: false, count: model.members)
    }

    mutating func go(_ steps: Int) {
        for _ in 0..<steps {
            var possible: [(ModelStep, ModelState)] = []
            model.forEachStep(state) { if canBePlayed($0) { possible.append(($0, $1)) } }
            // Crashes are possible everywhere and would end everything before it begins.
            if random.below(10) > 0 {
                let others = possible.filter { $0.0.kind != .crash && $0.0.kind != .start }
                if !others.isEmpty { possible = others }
            }
            guard !possible.isEmpty else { return }
            let (step, next) = possible[random.below(possible.count)]
            note(step, next)
            schedule.append(step)
            state = next
        }
    }

    private mutating func note(_ step: ModelStep, _ next: ModelState) {
        switch step.kind {
        case .accept:
            wanted[step.member] = state[attempt: step.attempt].log.recordCount
            hasAcknowledged[step.member] = false
        case .takeEpoch, .append: hasAcknowledged[step.member] = next[member: step.member].phase == .following
        case .start, .promise, .crash: hasAcknowledged[step.member] = false
        default: break
        }
    }

    private func starter(of attempt: Int) -> Int { model.voters.first { state[member: $0].isStarter(of: attempt) }! }

    private func canBePlayed(_ step: ModelStep) -> Bool {
        let member = state[member: step.member]
        let made = state[attempt: step.attempt]
        switch step.kind {
        case .start, .promise: return isSettled(step.member)
        case .accept:
            let leader = state[member: starter(of: step.attempt)]
            return isSettled(step.member) && (leader.isAt(step.attempt, .receiving) || leader.isAt(step.attempt, .following))
        case .append: return member.phase == .following || member.log.recordCount < wanted[step.member]
        case .takeEpoch: return member.isStarter(of: step.attempt) || member.log.recordCount >= wanted[step.member]
        case .propose:
            var set = 0
            for index in model.voters where state[member: index].isAt(step.attempt, .following) {
                if index == step.member || hasAcknowledged[index] { set |= 1 << index }
            }
            return model.commits[set] && made.hasLed
        default: return true
        }
    }

    /// Nothing that a running process would still finish in its old role.
    private func isSettled(_ index: Int) -> Bool {
        let member = state[member: index]
        switch member.phase {
        case .none: return true
        case .candidate: return true
        case .accepted: return false
        case .receiving, .following:
            guard member.isStarter(of: member.attempt) else { return true }
            return member.phase == .following && member.log.recordCount == state[attempt: member.attempt].log.recordCount
        }
    }
}
