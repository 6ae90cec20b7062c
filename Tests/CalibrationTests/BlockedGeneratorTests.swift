// A generator that stands still is not the server's fault: its slip says so, and what it sent late counts from when it was due.

import Foundation
import LoadGenerator
import Statistics
import Synchronization
import Testing
import Workload

@Suite(.serialized) struct BlockedGeneratorTests {
    private static let stillness: UInt64 = 100_000_000

    @Test func aGeneratorThatStandsStillSaysSoInItsSlip() throws {
        let calibration = Calibration(
            pace: .fixed(2_000_000), coming: .rate, pipeline: 512, milliseconds: 1_500)
        let awakening = Awakening()
        let run = try calibrate(
            calibration,
            stall: {
                usleep(UInt32(Self.stillness / 1_000))
                awakening.instant.store(DispatchTime.now().uptimeNanoseconds, ordering: .relaxed)
            }
        ) { run in
            // What left the server meanwhile lay there unread to the end of it.
            let woken = awakening.instant.load(ordering: .relaxed)
            let response = zip(run.record, run.intended).map { served, due in
                (served.left < woken && served.left + Self.stillness > woken ? woken : served.left) - due
            }
            return Disagreement.between("slip", run.sets.slip, run.slip)
                + Disagreement.between("response", run.sets.response, response)
        }
        let slip = try #require(run.sets.slip)
        // A hundred requests were due meanwhile: the first of them waited for all of it, the last for nothing.
        #expect(slip.count == 1_500)
        #expect(slip.max >= Self.stillness * 97 / 100 && slip.max < Self.stillness * 3, "\(slip.max)")
        let late = slip.count(above: 10_000_000)
        #expect(late >= 85 && late <= 150, "\(late) late")
        #expect(slip.value(atPercentile: 99) > 80_000_000)
        // The server served each as quickly as ever, but for the replies that lay there unread.
        let service = try #require(run.sets.service)
        #expect(service.count(above: 20_000_000) <= 10, "\(service.count(above: 20_000_000))")
        #expect(run.sets.response.count(above: 20_000_000) >= 75)
        #expect(run.report.anomalies == ReplyAnomalies())
    }

    @Test func aGeneratorThatKeepsUpHasNoSlipAndUsesItsThreadALittle() throws {
        let calibration = Calibration(pace: .fixed(1_000_000), coming: .rate, pipeline: 64, milliseconds: 1_000)
        let run = try calibrate(calibration) { Disagreement.between("slip", $0.sets.slip, $0.slip) }
        #expect(try #require(run.sets.slip).value(atPercentile: 50) < 100_000)
        #expect(run.phase.generatorCPUNanoseconds > 0)
        #expect(run.phase.generatorCPUNanoseconds < run.phase.durationNanoseconds / 2)
    }
}

/// When the generator went on.
private final class Awakening: Sendable {
    let instant = Atomic<UInt64>(0)
}
