// What one seed's run is like: sizes, settings and the families of faults that are on. Runs with everything on hide what two
// faults do together, so each family is on in half of the runs only.

package import Zab

package enum FaultFamily: Int, CaseIterable, Sendable {
    /// A process ends; what it wrote stays.
    case kill
    /// A machine loses power, alone or with all others.
    case power
    /// A process stands still for a while.
    case pause
    /// Members can't reach each other, both ways or one way.
    case partition
    /// Connections break, or one end does not hear that they did.
    case reset
    /// Links are slow, or stand still for a while.
    case delay
    /// A byte changes on its way.
    case corruption
    /// Flushes take a hundred times as long.
    case slowDisk
    /// Writes are short or interrupted; a flush fails once; the disk is full.
    case diskError
    /// Bits of a stored file change, files vanish, while the member is down.
    case rot
    /// Wall clocks jump, monotonic clocks run at other rates.
    case clock
    /// Clients vanish, come back elsewhere, stop reading.
    case clients
    /// The lead changes hands in order.
    case handover
}

package struct Swarm: Sendable {
    /// Set anew, the ensemble is a plain one.
    package var members: Int {
        didSet {
            weights = Array(repeating: 1, count: members)
            groups = Array(repeating: 0, count: members)
            observers = 0
            if case .weight = rule { rule = .half }
        }
    }
    package var rule: CommitRule
    package var families: Set<FaultFamily>
    /// Faults that are wanted while the load runs.
    package var faults: Int
    package var clients: Int
    /// Requests of all clients.
    package var operations: Int
    package var window: Int
    /// Nanoseconds in which faults strike; the load takes about as long.
    package var span: UInt64
    /// Nanoseconds that a client waits between two requests, at most.
    package var thinkTime: UInt64
    package var keys: Int
    /// Of 100 requests.
    package var reads: Int
    package var payload: Int
    package var linkDelay: ClosedRange<UInt64>
    package var flushDelay: ClosedRange<UInt64>
    package var heartbeat: UInt64 = 50_000_000
    package var silence: UInt64 = 500_000_000
    package var initLimit: UInt64
    package var segmentSize: Int
    package var snapshotRecords: Int
    package var maxBatchRequests: Int
    package var ringBytes: Int
    package var backlogBytes: Int
    package var flight: FlightLimits
    package var holdsUnflushed: Bool
    /// How long a batch that is not full waits, in nanoseconds.
    package var linger: UInt64 = 0
    package var applyBudget: Int
    /// Of 1,000 sectors that were not flushed when the power went.
    package var survival: Int
    package var sessionTimeoutMs: Int32
    /// Bytes between members arrive in pieces cut anywhere.
    package var cutsFrames: Bool
    /// By member.
    package var weights: [Int]
    /// By member; 0 without groups.
    package var groups: [Int]
    /// So many of the members, the last ones, only observe.
    package var observers = 0
    /// The operator has members replaced whose directories are lost.
    package var replaces = false

    package init(seed: UInt64) {
        var dice = Dice(seed: seed, stream: .swarm)
        members = dice.pick([1, 2, 3, 3, 3, 3, 4, 5, 5, 6, 7])
        rule = dice.chance(1, in: 5) ? .majority : .half
        weights = Array(repeating: 1, count: members)
        groups = Array(repeating: 0, count: members)
        families = Set(FaultFamily.allCases.filter { $0 != .handover && dice.chance(1, in: 2) })
        if families.count > 6 {
            families = Set(families.sorted { $0.rawValue < $1.rawValue }.filter { _ in dice.chance(2, in: 3) })
        }
        faults = Int(dice.within(3...12))
        clients = Int(dice.within(2...6))
        operations = Int(dice.within(200...260))
        window = dice.pick([1, 1, 2, 4, 16])
        span = dice.logarithmic(400_000_000...6_000_000_000)
        // On the average a client waits for half of this.
        thinkTime = max(100_000, 2 * span / UInt64(operations / clients))
        keys = dice.pick([1, 2, 3, 5, 20])
        reads = dice.pick([10, 30, 50])
        payload = dice.pick([8, 8, 100, 1000, 3000])
        let delay = dice.logarithmic(20_000...5_000_000)
        linkDelay = delay...(delay * UInt64(dice.pick([1, 2, 10])))
        let flush = dice.logarithmic(20_000...10_000_000)
        // What takes longer than 50 ms would take the load beyond all bounds of time.
        flushDelay = flush...max(flush, min(flush * UInt64(dice.pick([1, 2, 20])), 50_000_000))
        segmentSize = dice.pick([16 << 10, 16 << 10, 32 << 10, 256 << 10])
        snapshotRecords = dice.pick([0, 20, 20, 50])
        maxBatchRequests = dice.pick([1, 2, 4, 4096, 4096])
        ringBytes = dice.pick([1 << 10, 16 << 10, 64 << 20])
        backlogBytes = dice.pick([1 << 10, 64 << 20, 64 << 20])
        flight = FlightLimits(
            requests: dice.pick([1, 4, 65_536, 65_536]), bytes: dice.pick([4 << 10, 16 << 20, 16 << 20]))
        if dice.chance(1, in: 8) { flight.lastCounter = UInt32(dice.within(30...150)) }
        holdsUnflushed = dice.chance(1, in: 5)
        applyBudget = dice.pick([1, 1 << 20])
        survival = dice.pick([0, 200, 500, 900])
        // Whoever gave up before a write can be done would never get one.
        let slowest = 8 * (4 * linkDelay.upperBound + 3 * flushDelay.upperBound) / 1_000_000
        sessionTimeoutMs = max(dice.pick([400, 1_000, 4_000]), Int32(min(slowest, 10_000)))
        initLimit = dice.pick([1_000_000_000, 20_000_000_000, 20_000_000_000])
        cutsFrames = dice.chance(1, in: 3)
        if dice.chance(1, in: 2) { families.insert(.handover) }
        if dice.chance(1, in: 5) { flight.newEpochCounter = UInt32(dice.within(20...100)) }
        replaces = dice.chance(1, in: 2)
        shape(&dice)
        if dice.chance(1, in: 8) { linger = dice.logarithmic(50_000...5_000_000) }
    }

    /// Most ensembles are plain; some have observers, weights, groups or a commit quorum of their own.
    private mutating func shape(_ dice: inout Dice) {
        guard members >= 3, dice.chance(1, in: 3) else { return }
        switch dice.below(4) {
        case 0: observers = 1 + dice.below(members - 2)
        case 1:
            // A majority of weight may be a single heavy member, which no file may found.
            rule = .half
            weights = weights.map { _ in Int(dice.within(1...3)) }
        case 2:
            let count = members >= 6 && dice.chance(1, in: 2) ? 3 : 2
            groups = groups.indices.map { $0 % count + 1 }
        default: rule = .weight(Int(dice.within(2...UInt64(members))))
        }
    }

    /// The ensemble as its files have it.
    var configuration: Configuration {
        let list = (0..<members).map {
            EnsembleMember(
                id: MemberID($0 + 1), host: "m\($0 + 1)", weight: weights[$0], group: groups[$0],
                isObserver: $0 >= members - observers)
        }
        do {
            return try Configuration(members: list, rule: rule)
        } catch {
            preconditionFailure("an ensemble that no file could found: \(error)")
        }
    }

    private var shapeText: String {
        if observers > 0 { return ", \(observers) of them observers" }
        if groups.contains(where: { $0 > 0 }) { return ", \(Set(groups).count) groups" }
        return weights.contains(where: { $0 != 1 }) ? ", weights \(weights.map(String.init).joined(separator: " "))" : ""
    }

    package var description: String {
        "\(members) members (\(rule)\(shapeText)), \(clients) clients, \(operations) requests, window \(window), "
            + "faults: \(families.sorted { $0.rawValue < $1.rawValue }.map { "\($0)" }.joined(separator: " "))"
    }
}
