// What is found: seconds while the run lasts, the report at its end, and the verdicts of the workload's checks.

internal import Statistics
internal import Workload

extension LoadDriver {
    /// Ends the seconds that are over.
    func closeSeconds(now: UInt64) {
        guard startedAt > 0, stage == .running || stage == .finishing || stage == .draining else { return }
        while now >= startedAt + UInt64(nextSecond + 1) * Self.second {
            tellProgress(now: now)
            for stream in streams { stream.closeSecond(nextSecond) }
            nextSecond += 1
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
            } else if stream.kind != .dispatch {
                tell.reads += stream.second.count
            }
            if stream.kind == .take { tell.itemsTaken += stream.second.count }
        }
        tell.p50 = all.value(atPercentile: 50)
        tell.p99 = all.value(atPercentile: 99)
        progress(tell)
    }

    func report() -> LoadReport {
        let hasQueues = workload.hasQueues && roles.contains { $0.take != nil }
        let drained = drainedIn ?? 0
        let queues = hasQueues ? ledger.settled(isDrained: drainedIn != nil, drainNanoseconds: drained) : nil
        for client in clients {
            anomalies.swapped += client.matcher.swapped
            generator.requests += client.matcher.total
        }
        return LoadReport(
            workloadName: workload.name, seed: options.seed ?? workload.seed, hosts: hosts.map { "\($0.host):\($0.port)" },
            startedWallNanoseconds: startedWall, startedNanoseconds: startedAt, phases: startedAt > 0 ? phaseReports() : [],
            anomalies: anomalies,
            sessions: sessions, queues: queues, checks: checkOutcomes(queues), writeGaps: gapReports(), generator: generator,
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
                    durationNanoseconds: end - start, operations: operations, generatorCPUNanoseconds: cpu))
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

    private func checkOutcomes(_ queues: QueueAccounting?) -> [CheckOutcome] {
        var outcomes = [repliesCheck()]
        for check in workload.checks {
            switch check {
            case .noLoss: outcomes.append(lossCheck(queues))
            case .noDuplicates: outcomes.append(duplicatesCheck(queues))
            case .fifoPerProducer: outcomes.append(orderCheck(queues))
            case .replicasAgree:
                outcomes.append(
                    CheckOutcome(name: check.rawValue, passed: nil, sentence: "the members' states are compared by the benchmark")
                )
            }
        }
        return outcomes
    }

    private func repliesCheck() -> CheckOutcome {
        let found = anomalies
        let sentence =
            found.total == 0
            ? "every reply came once, in order, and fitted its request"
            : "replies: \(found.swapped) swapped, \(found.lost) lost, \(found.doubled) doubled, \(found.stray) stray, "
                + "\(found.malformed) unreadable, \(found.wrongContent) with wrong content, "
                + "\(found.wrongError) with an impossible error, \(found.zxidBack) with a zxid that went back, "
                + "\(found.missedWatch) watches missed"
        return CheckOutcome(name: "replies", passed: found.total == 0, sentence: sentence)
    }

    private func lossCheck(_ queues: QueueAccounting?) -> CheckOutcome {
        let name = Check.noLoss.rawValue
        guard let queues else {
            let missing = anomalies.lost + anomalies.unanswered
            return CheckOutcome(
                name: name, passed: missing == 0,
                sentence: missing == 0
                    ? "every request was answered or broke with its connection" : "\(missing) requests got no reply")
        }
        guard queues.isDrained else {
            return CheckOutcome(
                name: name, passed: isInterrupted ? nil : false,
                sentence: "the queues were not emptied, so \(queues.lost) acknowledged items are unaccounted for")
        }
        let bad = queues.lost + queues.damaged + anomalies.lost
        return CheckOutcome(
            name: name, passed: bad == 0,
            sentence: bad == 0
                ? "all \(queues.enqueued) acknowledged items were taken"
                : "\(queues.lost) acknowledged items lost, \(queues.damaged) damaged, \(anomalies.lost) replies lost")
    }

    private func duplicatesCheck(_ queues: QueueAccounting?) -> CheckOutcome {
        let doubled = queues?.doubled ?? 0
        return CheckOutcome(
            name: Check.noDuplicates.rawValue, passed: doubled == 0,
            sentence: doubled == 0 ? "no item was taken twice" : "\(doubled) items were taken twice")
    }

    private func orderCheck(_ queues: QueueAccounting?) -> CheckOutcome {
        let reordered = queues?.reordered
        return CheckOutcome(
            name: Check.fifoPerProducer.rawValue, passed: reordered.map { $0 == 0 },
            sentence: reordered.map {
                $0 == 0
                    ? "each producer's items were taken in their order"
                    : "\($0) items were taken after a later one of their producer"
            } ?? "the order can't be seen where several workers share a queue")
    }
}
