// One generator among several, as a process of its own: it takes its task and its orders from its standard input and tells its
// news on its standard output. Who starts it and puts the parts together stands in SharedLoad.swift.

internal import Foundation
internal import Synchronization
internal import Transport

package enum LoadPart {
    private static let input: Int32 = 0
    private static let output: Int32 = 1
    /// Held while a line is written, so that those of several threads stay whole.
    private static let writing = Mutex(())

    /// Runs one part to its end; nil if whoever gave the task is gone, or it can't be read: what the sentence is then.
    package static func run(cancel: CancelFlag) -> String? {
        var reader = LineReader(input)
        guard let line = reader.next(), case .load(let task)? = try? PartLine.words(PartOrder.self, in: line) else {
            return "a part of a load is started by quorate load --generators, which tells it what to do"
        }
        let joint = JointStart { step in tell(step == .laidOut ? .laidOut : .joined) }
        let rest = reader
        guard startDetachedThread(named: "orders", { follow(rest, joint, cancel) }),
            startDetachedThread(named: "alive", { tellOfLife() })
        else {
            tell(.failed(.outOfResources, "no thread could be started to hear orders"))
            return nil
        }
        do throws(LoadError) {
            let load = try LoadRun(workload: task.workload, hosts: task.hosts, options: task.options)
            let report = try load.runPart(
                joint, cancel: cancel, progress: { tell(.progress($0)) }, phaseChanged: { tell(.phase($0)) })
            tell(.done(report))
        } catch {
            tell(.failed(error.cause, error.description))
        }
        return nil
    }

    private static func follow(_ reader: LineReader, _ joint: JointStart, _ cancel: CancelFlag) {
        var reader = reader
        while let line = reader.next(), let order = try? PartLine.words(PartOrder.self, in: line) {
            switch order {
            case .join: joint.allowJoining()
            case .begin(let instant): joint.begin(at: instant)
            case .end, .load: cancel.set()
            }
        }
        // Nobody is left to hear of what is found.
        cancel.set()
    }

    /// Until the process ends: a part may have nothing else to tell while it lays out znodes or waits for late answers.
    private static func tellOfLife() {
        while true {
            tell(.alive)
            usleep(1_000_000)
        }
    }

    /// News that nobody hears need no end of their own: the input ends with the listener.
    private static func tell(_ news: PartNews) {
        guard let bytes = try? PartLine.bytes(of: news) else { return }
        writing.withLock { _ in _ = writeAll(bytes, to: output) }
    }
}
