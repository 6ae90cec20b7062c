// What is found: seconds while the run lasts, the report at its end, and the verdicts of the workload's checks.

internal import Statistics
internal import Workload

extension LoadDriver {
    /// From the first phase until nothing of the load is awaited any more.
    var hasSeconds: Bool { startedAt > 0 && (stage == .running || stage == .finishing || stage == .draining) }

    /// Ends the seconds that are over.
    func closeSeconds(now: UInt64) {
        guard hasSeconds else { return }
        while now >= startedAt + UInt64(nextSecond + 1) * Self.second {
            tellProgress(now: now)
            let isSteady = becomesSteady(second: nextSecond)
            for stream in streams { stream.closeSecond(nextSecond) }
            nextSecond += 1
            if isSteady { endSettling(now: now) }
        }
    }

    private func tellProgress(now: UInt64) {
        guard let progress else { return }
        var all = LatencyHistogram()
        var tell = LoadProgress(
            seconds: Double(now - startedAt) / 1e9,
            plannedSeconds: Double(workload.phases.reduce(0) { $0 + $1.nanoseconds }) / 1e9,
            phase: currentPhase >= 0 ? workload.phases[currentPhase].name : (stage == .draining ? "drain" : "end"), writes: 0,
            reads: 0,
            itemsTaken: 0, errors: 0, p50: 0, p99: 0, backlog: ledger.waiting, connected: readyCount, clients: loadClients.count)
        for stream in streams {
            tell.errors += stream.errorsOfThisSecond
            if stream.isWrite {
                tell.writes += stream.second.count
                all.merge(stream.second)
            } else if stream.kind.isRequest {
                tell.reads += stream.second.count
            }
            if stream.kind == .take { tell.itemsTaken += stream.second.count }
        }
        tell.writeTimes = all
        tell.p50 = all.value(atPercentile: 50)
        tell.p99 = all.value(atPercentile: 99)
        progress(tell)
    }

    func report() -> LoadReport {
        let hasQueues = workload.hasQueues && roles.contains { ($0.take != nil || $0.tasks != nil) && !$0.clients.isEmpty }
        let drained = drainedIn ?? 0
        let queues = hasQueues ? ledger.settled(isDrained: drainedIn != nil, drainNanoseconds: drained) : nil
        let sets = verifiesSets ? setLedger.settled : nil
        let locks = roles.contains { $0.lock != nil && !$0.clients.isEmpty } ? lockLedger.accounting : nil
        let topics = topicReport()
        for client in clients {
            anomalies.swapped += client.matcher.swapped
            generator.requests += client.matcher.total
        }
        anomalies.wrongContent += ledger.misnamed
        return LoadReport(
            workloadName: workload.name, seed: options.seed ?? workload.seed, hosts: hosts.map(\.name.text),
            startedWallNanoseconds: startedWall, startedNanoseconds: startedAt, phases: startedAt > 0 ? phaseReports() : [],
            anomalies: anomalies, silences: silences,
            sessions: sessions, handshakes: tls == nil ? nil : handshakes.figures, reconnects: reconnects, queues: queues,
            sets: sets, locks: locks, topics: topics, replay: replayAccounting, recording: recording,
            checks: checkOutcomes(queues, sets, topics), writeGaps: gapReports(),
            writeGapSeries: gaps.series.longest, bins: course.bins, stretches: course.stretches, generator: generator,
            isInterrupted: isInterrupted)
    }

    private func phaseReports() -> [PhaseReport] {
        var reports: [PhaseReport] = []
        var start = startedAt
        for (index, phase) in workload.phases.enumerated() {
            let end = phaseEnds[index]
            // a run that was ended early has phases that never began
            guard end > start else { continue }
            let seconds = Int((start - startedAt) / Self.second)..<Int((end - startedAt + Self.second - 1) / Self.second)
            var operations: [OperationReport] = []
            for stream in streams {
                let report = stream.report(phase: index, role: roles[stream.role].name, seconds: seconds)
                if report.offered > 0 || report.acknowledged > 0 || report.answeredInside > 0 { operations.append(report) }
            }
            let cpu = phaseCPU.indices.contains(index + 1) ? phaseCPU[index + 1] - phaseCPU[index] : 0
            reports.append(
                PhaseReport(
                    name: phase.name, isRecorded: phase.isRecorded, startNanoseconds: start - startedAt,
                    durationNanoseconds: end - start, operations: operations, generatorCPUByPart: [cpu],
                    steadiness: steadiness[index]))
            start = end
        }
        return reports
    }

    private func gapReports() -> [WriteGap] {
        gaps.longest.map {
            WriteGap(
                startNanoseconds: $0.start - min(startedAt, $0.start), nanoseconds: $0.length,
                phase: workload.phases[$0.phase].name)
        }
    }
}
