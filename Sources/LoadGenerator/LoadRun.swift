// The entrance of the load generator: a workload, the addresses of a ZooKeeper-protocol ensemble, and a report comes back.

internal import Synchronization
package import Workload

/// Asks a run to end early. May be set from any thread and from a signal handler.
package final class CancelFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    package init() {}

    package func set() { flag.store(true, ordering: .relaxed) }
    package var isSet: Bool { flag.load(ordering: .relaxed) }
}

/// What a run may be told beyond its workload. Durations in nanoseconds.
package struct LoadOptions: Sendable, Codable {
    /// Instead of the workload's own seed.
    package var seed: UInt64?
    /// nil: plain connections. Whoever starts the run decides, as with the addresses; the workload's own target is a proposal.
    package var tls: TargetTLS?
    /// How long the servers' names may take to be looked up.
    package var lookupLimitNanoseconds: UInt64 = 5_000_000_000
    /// How long the first session may take to open.
    package var connectLimitNanoseconds: UInt64 = 10_000_000_000
    /// How long no further session need be opened by servers that end connections, before the load is given up.
    package var refusalLimitNanoseconds: UInt64 = 5_000_000_000
    /// How long replies are awaited after the last phase.
    package var graceNanoseconds: UInt64 = 5_000_000_000
    /// How long workers may take to empty the queues in the end.
    package var drainLimitNanoseconds: UInt64 = 20_000_000_000
    /// How long reading again what was set may take.
    package var verifyLimitNanoseconds: UInt64 = 20_000_000_000
    package var leaveLimitNanoseconds: UInt64 = 1_000_000_000
    /// Where several generators share the load: which part of it is this one's.
    package var share: LoadShare?
    /// Where every request and reply is recorded, if anywhere.
    package var recordFile: String?

    package init() {}
}

/// One run of load. It blocks the calling thread, which does all the work.
package struct LoadRun {
    private let workload: Workload
    private let hosts: [ServerName]
    private let options: LoadOptions

    /// `hosts` are addresses of the form `host:port`, at least one.
    package init(workload: Workload, hosts: [String], options: LoadOptions = LoadOptions()) throws(LoadError) {
        self.workload = workload.withSettling
        self.options = options
        var parsed: [ServerName] = []
        for text in hosts { parsed.append(try ServerName(text)) }
        guard !parsed.isEmpty else {
            throw LoadError(.addressUnusable, "no server is named; give at least one as host:port")
        }
        self.hosts = parsed
    }

    /// Runs the workload; `progress` is called once a second, `phaseChanged` when a phase begins and after the last one. An
    /// interrupted run reports what there is.
    package func run(
        cancel: CancelFlag = CancelFlag(), progress: ((LoadProgress) -> Void)? = nil, phaseChanged: ((PhaseChange) -> Void)? = nil
    ) throws(LoadError) -> LoadReport {
        try drive(nil, cancel, progress, phaseChanged).report()
    }

    /// The same as one of several generators, which begin together.
    package func runPart(
        _ joint: JointStart, cancel: CancelFlag, progress: ((LoadProgress) -> Void)?, phaseChanged: ((PhaseChange) -> Void)?
    ) throws(LoadError) -> PartReport {
        try drive(joint, cancel, progress, phaseChanged).partReport()
    }

    private func drive(
        _ joint: JointStart?, _ cancel: CancelFlag, _ progress: ((LoadProgress) -> Void)?,
        _ phaseChanged: ((PhaseChange) -> Void)?
    ) throws(LoadError) -> LoadDriver {
        let servers = try HostLookup.resolve(hosts, limitNanoseconds: options.lookupLimitNanoseconds, cancel: cancel)
        let driver = try LoadDriver(
            workload: workload, hosts: servers, options: options, cancel: cancel, joint: joint, progress: progress,
            phaseChanged: phaseChanged)
        do throws(LoadError) {
            try driver.run()
            if driver.startedAt == 0 { throw LoadError(.interrupted, "the run was ended before its load began") }
        } catch {
            driver.recorder?.discard()
            throw error
        }
        driver.recording = driver.recorder?.finish()
        return driver
    }
}
