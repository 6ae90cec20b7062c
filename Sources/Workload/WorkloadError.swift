// What is wrong with a workload file, said in one sentence that names the place and the remedy.

/// Where a value came from: a line of the file, or a setting of the command line.
enum Place: Sendable, Equatable {
    case line(Int)
    case override(String)
}

package struct WorkloadError: Error, Equatable, CustomStringConvertible {
    package let file: String
    package let description: String

    init(file: String, place: Place?, _ sentence: String) {
        self.file = file
        switch place {
        case .line(let number): description = "\(file):\(number): \(sentence)"
        case .override(let setting): description = "--set \(setting): \(sentence) (\(file))"
        case nil: description = "\(file): \(sentence)"
        }
    }
}
