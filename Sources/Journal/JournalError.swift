// Why a journal refuses to start, or ends: one sentence each that names the file, the place and the remedy.

package enum JournalError: Error, Equatable, CustomStringConvertible {
    /// A call to the disk failed (rule F1: exit code 74).
    case disk(DiskError)
    /// Bytes that were once durable can't be read any more (rules F3, F4).
    case damaged(String)
    /// The directory belongs to another member, or to another incarnation of this one.
    case foreign(String)
    /// A newer release wrote this log (rule A4).
    case tooNew(String)

    package var description: String {
        switch self {
        case .disk(let error): "\(error)"
        case .damaged(let sentence), .foreign(let sentence), .tooNew(let sentence): sentence
        }
    }

    /// What the operator can do about it, to follow the sentence; empty where the sentence says it, or nobody knows.
    package func remedy(in place: String) -> String {
        guard case .disk(let error) = self, error.isNoSpace else { return "" }
        return "; make room on the file system of \(place) and start this member again: nothing that was acknowledged is lost"
    }

    /// What the process exits with.
    package var exitCode: Int32 { 74 }
}

/// Rule F3: what was once durable in the log, or in the snapshot that it builds on, can't be read any more.
struct LogDamage: Error, Equatable {
    /// Names the file and the place; no full stop.
    let sentence: String
    /// No frame is left that spoke of what is lost, so there may have been more of it than anything says.
    let isSilent: Bool

    init(_ sentence: String, isSilent: Bool = false) {
        self.sentence = sentence
        self.isSilent = isSilent
    }

    /// Without peers that could repair it.
    var refusal: JournalError { .damaged(sentence + "; this member must not vote: " + remedy) }
}

let remedy = "restore the file, or, if other members hold the data, start with an empty directory and have this member replaced"

/// Exit code of a process whose log, epoch file or snapshot could not be written, flushed or renamed (rule F1).
package let exitCodeStorage: Int32 = 74
