// One load by one generator or by several. Each of several is a process of its own: they are started, begin together, their
// common progress is shown and their findings are put together. The first that fails ends all.

internal import CLinux
internal import Glibc
internal import Statistics
package import Workload

package struct SharedLoad {
    /// From the word that all have joined to the first phase.
    private static let notice: UInt64 = 100_000_000
    private static let turnMilliseconds = 20
    /// A part tells every second that it runs; one that says nothing for so long is stopped or hangs.
    private static let longestSilence: UInt64 = 15_000_000_000

    private let alone: LoadRun
    private let workload: Workload
    private let hosts: [String]
    private let options: LoadOptions
    private let generators: Int
    private let program: String

    /// `program` is the binary that knows `load-part`.
    package init(
        workload: Workload, hosts: [String], options: LoadOptions = LoadOptions(), generators: Int, program: String
    ) throws(LoadError) {
        alone = try LoadRun(workload: workload, hosts: hosts, options: options)
        if let objection = LoadShare.objection(to: generators, of: workload) { throw LoadError(.unshareable, objection) }
        self.workload = workload
        self.hosts = hosts
        self.options = options
        self.generators = generators
        self.program = program
    }

    /// As `LoadRun.run` does, which a single generator is left to; `progress` and `phaseChanged` are called on this thread.
    package func run(
        cancel: CancelFlag = CancelFlag(), progress: ((LoadProgress) -> Void)? = nil, phaseChanged: ((PhaseChange) -> Void)? = nil
    ) throws(LoadError) -> LoadReport {
        guard generators > 1 else { return try alone.run(cancel: cancel, progress: progress, phaseChanged: phaseChanged) }
        return try runShared(cancel, progress, phaseChanged)
    }

    private func runShared(
        _ cancel: CancelFlag, _ progress: ((LoadProgress) -> Void)?, _ phaseChanged: ((PhaseChange) -> Void)?
    ) throws(LoadError) -> LoadReport {
        let inbox = NewsInbox()
        var processes: [GeneratorProcess] = []
        defer { for process in processes { process.stop() } }
        var random = SeededRandom(seed: wallNanoseconds())
        let run = random.next() | 1
        for part in 0..<generators {
            let process = try GeneratorProcess(part: part, program: program, inbox: inbox)
            processes.append(process)
            process.order(.load(task(LoadShare(index: part, count: generators, run: run))))
        }
        var meeting = Meeting(generators)
        while meeting.parts.contains(where: { $0 == nil }) {
            if cancel.isSet && !meeting.isEnding {
                meeting.isEnding = true
                for process in processes { process.order(.end) }
            }
            meeting.turn(at: monotonicNanoseconds())
            if let silent = meeting.silent(longerThan: Self.longestSilence) { throw lost(silent, "has said nothing for 15 s") }
            guard let (part, news) = inbox.next(withinMilliseconds: Self.turnMilliseconds) else { continue }
            meeting.heard[part] = meeting.now
            try hear(news, of: processes[part], &meeting, processes, cancel, progress, phaseChanged)
        }
        return LoadReport.merged(meeting.parts.compactMap(\.self), of: workload)
    }

    private func task(_ share: LoadShare) -> PartTask {
        var options = options
        options.share = share
        return PartTask(workload: workload, hosts: hosts, options: options)
    }

    private func hear(
        _ news: PartNews?, of process: GeneratorProcess, _ meeting: inout Meeting, _ processes: [GeneratorProcess],
        _ cancel: CancelFlag, _ progress: ((LoadProgress) -> Void)?, _ phaseChanged: ((PhaseChange) -> Void)?
    ) throws(LoadError) {
        switch news {
        case .alive: break
        case .laidOut: for process in processes { process.order(.join) }
        case .joined:
            meeting.joined += 1
            guard meeting.joined == processes.count else { return }
            let instant = monotonicNanoseconds() + Self.notice
            for process in processes { process.order(.begin(instant)) }
        case .phase(let change): if process.part == 0 { phaseChanged?(change) }
        case .progress(let second): if let whole = meeting.took(second, from: process.part) { progress?(whole) }
        case .done(let report):
            if report.report.isInterrupted && !isWanted(cancel) { throw lost(process.part, "was ended by a signal of its own") }
            meeting.parts[process.part] = report
        case .failed(let cause, let text): throw LoadError(cause, text)
        case nil:
            guard meeting.parts[process.part] == nil else { return }
            throw lost(process.part, "ended \(process.end) before it had told what it found")
        }
    }

    /// Whether the end of a part was asked for here: a signal to the whole group reaches the parts as early as this process.
    private func isWanted(_ cancel: CancelFlag) -> Bool {
        for _ in 0..<20 where !cancel.isSet { usleep(10_000) }
        return cancel.isSet
    }

    private func lost(_ part: Int, _ how: String) -> LoadError {
        LoadError(
            .partLost,
            "generator \(part + 1) of \(generators) \(how); the others were ended, too, and nothing is known of this load: run "
                + "it again")
    }
}

/// How far the parts are.
private struct Meeting {
    var parts: [PartReport?]
    var joined = 0
    var isEnding = false
    /// When each part was heard of last.
    var heard: [UInt64]
    private(set) var now = monotonicNanoseconds()
    /// Seconds of which some parts have told.
    private var seconds: [Int: [Int: LoadProgress]] = [:]

    init(_ count: Int) {
        parts = [PartReport?](repeating: nil, count: count)
        heard = [UInt64](repeating: now, count: count)
    }

    /// Whoever stood still themselves could not hear the others.
    mutating func turn(at instant: UInt64) {
        if instant - now > 1_000_000_000 { heard = heard.map { _ in instant } }
        now = instant
    }

    func silent(longerThan limit: UInt64) -> Int? { parts.indices.first { parts[$0] == nil && now - heard[$0] > limit } }

    /// One part tells of a second; the whole second once all have that are still at work.
    mutating func took(_ progress: LoadProgress, from part: Int) -> LoadProgress? {
        let second = Int(progress.seconds.rounded())
        seconds[second, default: [:]][part] = progress
        guard let told = seconds[second], parts.indices.allSatisfy({ parts[$0] != nil || told[$0] != nil }) else { return nil }
        seconds[second] = nil
        return LoadProgress.merged(told.sorted { $0.key < $1.key }.map(\.value))
    }
}

extension LoadProgress {
    /// The same second of several parts.
    package static func merged(_ parts: [LoadProgress]) -> LoadProgress {
        var whole = parts[0]
        for part in parts.dropFirst() {
            whole.writes += part.writes
            whole.reads += part.reads
            whole.itemsTaken += part.itemsTaken
            whole.errors += part.errors
            whole.backlog += part.backlog
            whole.connected += part.connected
            whole.clients += part.clients
            whole.writeTimes.merge(part.writeTimes)
        }
        whole.p50 = whole.writeTimes.value(atPercentile: 50)
        whole.p99 = whole.writeTimes.value(atPercentile: 99)
        return whole
    }
}
