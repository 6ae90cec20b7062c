// Why an ensemble can't be started or reached: one sentence that names the place and the remedy.

internal import Glibc

package struct EnsembleError: Error, Equatable, CustomStringConvertible {
    package enum Cause: Sendable {
        /// The order itself can't be carried out: a wrong path, a wrong number of members.
        case unusable
        /// A member ended or never served.
        case notServing
        /// Not enough space, memory, descriptors or ports.
        case outOfResources
        case interrupted
    }

    package let cause: Cause
    package let description: String

    package init(_ cause: Cause, _ description: String) {
        self.cause = cause
        self.description = description
    }
}

func systemErrorText(_ code: Int32) -> String { String(cString: strerror(code)) }
