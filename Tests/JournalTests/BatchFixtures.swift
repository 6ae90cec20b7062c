// Batches and small drivers for the journal's tests: everything is made from numbers, so that a failure can be told by them.

import Batch
import Glibc
import Journal

/// A batch of `count` records behind `prev`, whose payload is `size` bytes that depend on the zxid.
func makeBatch(behind prev: Zxid, epoch: UInt32? = nil, count: UInt32 = 1, size: Int = 40) -> SealedBatch {
    let first =
        epoch == nil || epoch == prev.epoch
        ? Zxid(epoch: max(prev.epoch, 1), counter: prev.counter + 1) : Zxid(epoch: epoch!, counter: 1)
    var payload = [UInt8](repeating: 0, count: size)
    for i in payload.indices { payload[i] = UInt8(truncatingIfNeeded: UInt64(i) &* 31 &+ first.rawValue &* 7 &+ 1) }
    let header = BatchHeader(
        firstZxid: first, prevZxid: prev, wallTime: 1_000 + Int64(first.counter), logTime: UInt64(first.counter), count: count)
    return payload.withUnsafeBytes { SealedBatch(sealing: header, requests: $0) }
}

/// `n` batches in a row.
func makeBatches(_ n: Int, behind prev: Zxid = .zero, epoch: UInt32? = nil, size: Int = 40) -> [SealedBatch] {
    var batches: [SealedBatch] = []
    var last = prev
    for i in 0..<n {
        let batch = makeBatch(behind: last, epoch: i == 0 ? epoch : nil, size: size)
        batches.append(batch)
        last = batch.lastZxid
    }
    return batches
}

extension Journal {
    /// Appends `batches` in one group and returns what was completed.
    @discardableResult
    func append(_ batches: [SealedBatch], committedUpTo: Zxid = .zero, role: UInt64 = 1) -> [JournalCompletion] {
        process(batches.map { .append($0, committedUpTo: committedUpTo, role: role) })
    }

    @discardableResult
    func process(_ commands: [JournalCommand]) -> [JournalCompletion] {
        var completions: [JournalCompletion] = []
        process(commands, into: &completions)
        return completions
    }

    /// Carries out the background chores that the journal asked for, answers included, until there are none.
    func runJobs(_ work: BackgroundWork) {
        while !jobs.isEmpty || work.hasSteps {
            let commands = jobs
            jobs.removeAll()
            for command in commands { work.perform(command) }
            while work.hasSteps { work.step() }
            let answers = work.answers
            work.answers.removeAll()
            process(answers)
        }
    }
}

/// Zxids of the batches that a start would replay, then of those behind the commit.
func recordsOf(_ recovered: Recovered) throws -> (replayed: [Zxid], tail: [Zxid]) {
    var replayed: [Zxid] = []
    while true {
        let piece = try recovered.replay.next(through: recovered.committedUpTo)
        if piece.isEmpty { break }
        replayed += piece.map(\.lastZxid)
    }
    return (replayed, recovered.tail.map(\.lastZxid))
}

/// A directory of its own under the system's temporary one, removed at the end.
final class TemporaryDirectory {
    let path: String

    init() {
        var template = Array("/tmp/quorate-journal-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "no temporary directory could be made")
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit {
        if let stream = opendir(path) {
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { unlink(path + "/" + name) }
            }
            closedir(stream)
        }
        rmdir(path)
    }
}
