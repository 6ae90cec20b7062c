// What generators that share a load and the process that started them say to each other: one line of JSON each, orders one way
// and news the other.

internal import Foundation
internal import Workload

/// To a part, on its standard input. When that ends, so does the part.
enum PartOrder: Codable, Sendable {
    case load(PartTask)
    /// The znodes are there.
    case join
    /// The first phase begins at this instant of the monotonic clock.
    case begin(UInt64)
    case end
}

/// What one part is to do.
struct PartTask: Codable, Sendable {
    var workload: Workload
    var hosts: [String]
    /// The share is among them.
    var options: LoadOptions
}

/// From a part, on its standard output.
enum PartNews: Codable, Sendable {
    case laidOut, joined
    /// Nothing but that it runs, once a second.
    case alive
    case phase(PhaseChange)
    case progress(LoadProgress)
    case done(PartReport)
    case failed(LoadError.Cause, String)
}

enum PartLine {
    static func bytes(of words: some Encodable) throws -> [UInt8] { try Array(JSONEncoder().encode(words)) + [0x0a] }

    static func words<Words: Decodable>(_ type: Words.Type, in line: [UInt8]) throws -> Words {
        try JSONDecoder().decode(type, from: Data(line))
    }
}

/// Lines out of a descriptor, read by a thread that may wait.
struct LineReader {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// The next line without its end; nil once nothing more comes.
    mutating func next() -> [UInt8]? {
        var searched = 0
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0a) {
                defer { buffer.removeFirst(end + 1) }
                return Array(buffer[..<end])
            }
            searched = buffer.count
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return nil }
            buffer += chunk[..<count]
        }
    }
}

/// False if whoever should read it is gone.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 {
            rest = rest.dropFirst(count)
        } else if errno != EINTR {
            return false
        }
    }
    return true
}
